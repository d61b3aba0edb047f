import type { NackInfo } from "./client_info.ts";
import type { SnapshotSource } from "./cache.ts";
import type { StreamRefusalsOptions } from "./refusals/mod.ts";
import type { EnvoySnapshot } from "./resource.ts";
import type { RouteView } from "./route_view.ts";
import type { ReceivingState, Update } from "./type_state.ts";
import type { XdsType } from "./xds_type.ts";

/** Time, handed in. */
export interface StreamClock {
  /** Milliseconds since the epoch. */
  now(): number;
  /** Milliseconds from some moment; goes on evenly even where somebody sets the machine's clock. */
  elapsed(): number;
  /** Calls back once; gives what calls it off. */
  setTimeout(callback: () => void, ms: number): () => void;
}

/** What a stream needs. */
export interface XdsStreamOptions<Request> {
  readonly source: SnapshotSource;
  /** Makes the state of a type; undefined for a type that Sluice does not serve. */
  readonly newState: (type: XdsType | undefined) => ReceivingState<Request>;
  /** In which form this client is shown route configurations. Default: inline. */
  readonly routeView?: RouteView;
  readonly clock: StreamClock;
  readonly limits: XdsStreamLimits;
  /** What this client sees of its role's snapshot. Must give the same object for the same snapshot. Default: all of it. */
  readonly view?: (snapshot: EnvoySnapshot) => EnvoySnapshot;
  /** There may be something to take. */
  readonly onWork: () => void;
  readonly onNack: (nack: NackInfo) => void;
  /** What the client is known to refuse, and who is told when that changes. Default: nothing, nobody. */
  readonly refusals?: Omit<StreamRefusalsOptions, "clock">;
  /** These clusters were not ready in time; routes that name them go out all the same. */
  readonly onLate: (clusters: readonly string[]) => void;
}

/** The bounds of make-before-break. */
export interface XdsStreamLimits {
  /** How long routes wait for a new cluster that they name, in milliseconds. */
  readonly clusterWaitMs: number;
  /** How long removed clusters, endpoints and secrets stay after the last route that named them, in milliseconds. */
  readonly graceMs: number;
}

/** A response to send. */
export interface Outgoing extends Update {
  readonly typeUrl: string;
  readonly nonce: string;
}
