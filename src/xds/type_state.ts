import type { Exchange } from "./exchange.ts";
import type { ResourceSet, XdsResource } from "./resource.ts";

/** The two forms of xDS: every response a whole state, or only what changed. */
export type XdsVariant = "sotw" | "delta";

/** What one response carries. */
export interface Update {
  readonly version: string;
  readonly resources: readonly XdsResource[];
  /** Delta only: names that do not, or no longer, exist. */
  readonly removed: readonly string[];
  /** All there is of the type: what is absent does not exist (state of the world, listeners and clusters). */
  readonly whole: boolean;
  /** Those of `resources` that the client had not been sent on this stream before. */
  readonly added: readonly XdsResource[];
  /** Those of `resources` that differ from what the client was sent before, or that had to be sent again. */
  readonly updated: readonly XdsResource[];
}

/** State of one type on one stream: what is wanted, what was sent, what the client thought of it. */
export interface TypeState {
  readonly exchange: Exchange;
  /** Whether anything was sent or taken as known on this stream. */
  readonly begun: boolean;
  /** The version of what the client kept from an earlier stream; empty when it came with nothing. */
  readonly cameWith: string;
  /** Whether the client wants this resource, by name or by wildcard. */
  covers(name: string): boolean;
  /** How many names are wanted one by one; undefined where the wildcard is. */
  readonly wanted: number | undefined;
  /** These must be sent (again) when wanted, even if the client has them. */
  owe(names: readonly string[]): void;
  /** Whether the client was told all of `set` that it wants. */
  told(set: ResourceSet): boolean;
  /** What to send so that the client knows `set`; undefined for nothing. What is given counts as sent. */
  take(set: ResourceSet): Update | undefined;
}
