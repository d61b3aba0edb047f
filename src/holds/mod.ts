/** What is kept at its last good form, and the joining of pieces to a consistent EnvoySnapshot. */
export { applyHolds, applyHoldsInSlices } from "./apply_holds.ts";
export type { ApplyHoldsInput, HoldsResult } from "./apply_holds.ts";
export { ownersOf } from "./refused_owners.ts";
export type { Held, Served, ServedPieces } from "./served.ts";
