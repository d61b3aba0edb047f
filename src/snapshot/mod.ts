/** ApiSnapshot, and the Emitter that makes them. */
export { ApiSnapshot } from "./api_snapshot.ts";
export { Emitter } from "./emitter.ts";
export type { EmitterOptions, SnapshotListener } from "./emitter.ts";
export type { ResourceMap } from "./resource_map.ts";
