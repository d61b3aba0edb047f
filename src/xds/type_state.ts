import type { Exchange, Nack, SentResponse } from "./exchange.ts";
import type { ResourceSet, XdsResource } from "./resource.ts";

/** The two forms of xDS: every response a whole state, or only what changed. */
export type XdsVariant = "sotw" | "delta";

/** What a client has to be told. */
export interface News {
  readonly resources: readonly XdsResource[];
  /** Delta only: names that do not, or no longer, exist. */
  readonly removed: readonly string[];
  /** Those of `resources` that are new to the client, or differ from what it was sent before, or had to be sent again. */
  readonly changed: readonly XdsResource[];
  /** Those of `changed` that the client had not been sent on this stream before. */
  readonly added: readonly XdsResource[];
}

/** What one response carries. */
export interface Update extends News {
  readonly version: string;
  /** All there is of the type: what is absent does not exist (state of the world, listeners and clusters). */
  readonly whole: boolean;
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
  /**
   * From now on the client counts as holding `held` and nothing else, whatever it was told; before the first response: what
   * it says that it kept must be sent all the same.
   */
  assume(held: ResourceSet): void;
  /** Whether the client was told all of `set` that it wants. */
  told(set: ResourceSet): boolean;
  /**
   * What to send so that the client knows `set`; undefined for nothing. What is given counts as sent. Of names that are in
   * `coming` and not yet in `set` the client is told nothing; in particular not that there are none such.
   */
  take(set: ResourceSet, coming?: ResourceSet): Update | undefined;
}

/** A type's state that takes requests of one variant. */
export interface ReceivingState<Request> extends TypeState {
  receive(request: Request): { accepted: readonly SentResponse[]; nack?: Nack };
}
