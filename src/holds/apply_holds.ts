import { fromNothing, type Revision } from "../incremental/mod.ts";
import type { ClusterPiece, ProxyTranslation } from "../translator/mod.ts";
import { EMPTY_ENVOY_SNAPSHOT, type EnvoySnapshot } from "../xds/mod.ts";
import { carryOver } from "./carry_over.ts";
import { consistentSnapshot } from "./consistency.ts";
import { holdListeners } from "./hold_listeners.ts";
import { HoldLog } from "./hold_log.ts";
import { holdRoutes } from "./hold_routes.ts";
import { type Held, isGood, type Served, type ServedPieces } from "./served.ts";

export interface ApplyHoldsInput {
  readonly translation: ProxyTranslation;
  /** What the last call for this proxy gave back. */
  readonly served: Served | undefined;
  /** Milliseconds since the epoch. */
  readonly now: number;
  /** Remembers what was joined for the last ApiSnapshot. */
  readonly revision: Revision;
}

export interface HoldsResult {
  /** For the next call. */
  readonly served: Served;
  readonly snapshot: EnvoySnapshot;
  readonly held: readonly Held[];
}

/**
 * Lays the last good forms over a translation: a rejected piece is swapped for the form in which it was last served, or
 * for its stand-in, or left out; all others go to Envoy as they are. Nothing else remembers. Pure.
 */
export function applyHolds(input: Omit<ApplyHoldsInput, "revision">): HoldsResult {
  const nothing = { get: () => undefined, select: () => [] };
  const work = applyHoldsInSlices({ ...input, revision: fromNothing(nothing) });
  for (;;) {
    const step = work.next();
    if (step.done) return step.value;
  }
}

/** As {@link applyHolds}; yields between units of work, so that the caller can slice it. */
export function* applyHoldsInSlices({ translation, served, now }: ApplyHoldsInput): Generator<void, HoldsResult> {
  const log = new HoldLog(served?.since ?? {}, now);
  const last = served?.pieces;
  const { endpoints, secrets } = translation;
  const substituted: ServedPieces = {
    routes: yield* holdRoutes(translation.routes, last, log),
    listeners: holdListeners(translation.listeners, last, log),
    clusters: holdClusters(translation.clusters, last, log),
    endpoints,
    secrets,
  };
  const pieces = log.held.length > 0 ? carryOver(substituted, heldOnly(substituted, translation), last) : substituted;
  const snapshot = yield* consistentSnapshot(pieces, served?.snapshot ?? EMPTY_ENVOY_SNAPSHOT);
  return { served: { pieces, since: log.since, snapshot }, snapshot, held: log.held };
}

/** A rejected cluster that was never served is left out (Gloo's UpstreamRemoving sanitizer). */
function holdClusters(next: readonly ClusterPiece[], served: ServedPieces | undefined, log: HoldLog): ClusterPiece[] {
  const before = new Map(served?.clusters.map((cluster) => [cluster.key, cluster]));
  return next.flatMap((cluster) => {
    if (!cluster.rejected) return [cluster];
    const last = before.get(cluster.key);
    if (!last || !isGood(last)) return [];
    log.hold("cluster", cluster.key, cluster.origin);
    return [{ ...last, origin: cluster.origin }];
  });
}

/** What of the substituted pieces is not of the translation itself. */
function heldOnly(substituted: ServedPieces, translation: ProxyTranslation): ServedPieces {
  const own = new Set<unknown>([
    ...translation.clusters,
    ...translation.listeners.flatMap(({ filterChains }) => filterChains),
    ...translation.routes.flatMap(({ virtualHosts }) => virtualHosts.flatMap(({ routes }) => routes)),
  ]);
  return {
    endpoints: [],
    secrets: [],
    clusters: substituted.clusters.filter((cluster) => !own.has(cluster)),
    listeners: substituted.listeners.map((listener) => ({
      ...listener,
      filterChains: listener.filterChains.filter((chain) => !own.has(chain)),
    })),
    routes: substituted.routes.map((configuration) => ({
      ...configuration,
      virtualHosts: configuration.virtualHosts.map((host) => ({
        ...host,
        routes: host.routes.filter((route) => !own.has(route)),
      })),
    })),
  };
}
