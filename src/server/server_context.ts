import type { EnvoySnapshot, RefusalBook, RouteView, XdsCache, XdsStreamLimits, XdsVariant } from "../xds/mod.ts";
import type { ClientRoles } from "./access.ts";
import type { ResponseBodies } from "./response_bodies.ts";
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
  /** How many bytes may be queued for one connection whose client does not read. */
  readonly mostQueued: () => number;
  readonly bodies: Readonly<Record<XdsVariant, ResponseBodies>>;
  /** Undefined where anybody may read anything. */
  readonly clients: ClientRoles | undefined;
  readonly view: ((snapshot: EnvoySnapshot) => EnvoySnapshot) | undefined;
  /** Hides secrets in what clients say. */
  readonly hide: (text: string) => string;
  /** What clients refuse. */
  readonly refusals: RefusalBook;
  /** The form of route configurations for Envoys that take virtual hosts apart and connect now. */
  readonly routeView: () => RouteView;
  /** A stream ended. */
  readonly closed: (stream: object) => void;
}

/** What is counted. */
export interface XdsCounters {
  /** A response with so many bytes of resources. */
  sent(typeUrl: string, bytes: number): void;
  /** So many bytes of resources were encoded, for one response or for many. */
  encoded(bytes: number): void;
  /** A change was written to a client, so many milliseconds after it was heard of. */
  told(ms: number): void;
  refused(type: string, role: string): void;
  streams(count: number): void;
}
