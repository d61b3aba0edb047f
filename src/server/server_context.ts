import type { EnvoySnapshot, XdsCache, XdsStreamLimits } from "../xds/mod.ts";
import type { ClientRoles } from "./access.ts";
import type { WriteTurns } from "./write_turns.ts";
import type { ServerClock, ServerLogger } from "./xds_server_options.ts";

/** What all streams of a server share. */
export interface ServerContext {
  readonly cache: XdsCache;
  readonly clock: ServerClock;
  readonly logger: ServerLogger;
  readonly limits: XdsStreamLimits;
  readonly counters: XdsCounters;
  readonly turns: WriteTurns;
  /** Undefined where anybody may read anything. */
  readonly clients: ClientRoles | undefined;
  readonly view: ((snapshot: EnvoySnapshot) => EnvoySnapshot) | undefined;
  /** A stream ended. */
  readonly closed: (stream: object) => void;
}

/** What is counted. */
export interface XdsCounters {
  sent(typeUrl: string): void;
  refused(type: string, role: string): void;
  streams(count: number): void;
}
