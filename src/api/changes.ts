import type { Kind } from "./kinds.ts";
import type { Lookup } from "./lookup.ts";
import type { Resource } from "./resource.ts";

/** What became of one resource; without `before` it is new, without `after` it is gone. */
export interface Change {
  readonly before?: Resource;
  readonly after?: Resource;
}

/** What differs between two states of the configuration: by kind, then by `namespace/name`. Kinds without change are absent. */
export type Changes = ReadonlyMap<Kind, ReadonlyMap<string, Change>>;

/** A state of the configuration that can be told from another one. */
export interface ComparableLookup extends Lookup {
  /** What differs from `before`, which is a state of the same configuration. */
  changesSince(before: ComparableLookup): Changes;
}
