/** Remembers results with the inputs and look-ups that they were made from, and gives them again while those are the same. */
export { fromNothing, Incremental } from "./incremental.ts";
export type { Counts, Revision, Trial } from "./incremental.ts";
export type { Elements } from "./each.ts";
export type { Same } from "./entry.ts";
export type { Table } from "./table.ts";
