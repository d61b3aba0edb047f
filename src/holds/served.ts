import type { Origin } from "../api/mod.ts";
import type {
  ClusterPiece,
  FilterChainPiece,
  ListenerPiece,
  RouteConfigurationPiece,
  RoutePiece,
  VirtualHostPiece,
} from "../translator/mod.ts";
import type { EnvoySnapshot, XdsResource } from "../xds/mod.ts";

/** Pieces of every sort as they go to Envoy: rejected ones swapped for their last good form where there is one. */
export interface ServedPieces {
  readonly listeners: readonly ListenerPiece[];
  readonly routes: readonly RouteConfigurationPiece[];
  readonly clusters: readonly ClusterPiece[];
  readonly endpoints: readonly XdsResource[];
  readonly secrets: readonly XdsResource[];
}

/**
 * What was last handed to the cache for one proxy: where last good forms come from. Plain data. `snapshot` is `pieces`
 * joined; it is kept so that what did not change stays the same object.
 */
export interface Served {
  readonly pieces: ServedPieces;
  /** By the id of a held piece, since when, in milliseconds since the epoch. */
  readonly since: Readonly<Record<string, number>>;
  readonly snapshot: EnvoySnapshot;
}

/** A piece that is kept at its last good form. */
export interface Held {
  /** Where its faulty form is. */
  readonly origin: Origin;
  readonly what: "route" | "virtual host" | "route configuration" | "filter chain" | "listener" | "cluster";
  /** Milliseconds since the epoch. */
  readonly since: number;
}

/** True for a piece that Envoy was given as its resource says: neither rejected nor a stand-in. */
export function isGood(
  piece: RoutePiece | VirtualHostPiece | RouteConfigurationPiece | FilterChainPiece | ListenerPiece | ClusterPiece,
): boolean {
  return piece.rejected === undefined && piece.bytes !== undefined;
}
