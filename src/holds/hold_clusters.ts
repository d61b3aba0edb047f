import type { ClusterPiece } from "../translator/mod.ts";
import type { HoldLog } from "./hold_log.ts";
import { samePlace } from "./same.ts";
import { isGood, type ServedPieces } from "./served.ts";

/** A rejected cluster that was never served is left out (Gloo's UpstreamRemoving sanitizer). */
export function holdClusters(
  next: readonly ClusterPiece[],
  served: ServedPieces | undefined,
  log: HoldLog,
): readonly ClusterPiece[] {
  const rejected = new Set(next.flatMap((cluster) => cluster.rejected ? [cluster.key] : []));
  if (rejected.size === 0) return next;
  const before = new Map(served?.clusters.flatMap((one) => rejected.has(one.key) ? [[one.key, one]] : []));
  return next.flatMap((cluster) => {
    if (!cluster.rejected) return [cluster];
    const last = before.get(cluster.key);
    if (!last || !isGood(last)) return [];
    log.hold("cluster", cluster.key, cluster.origin, [last]);
    return [samePlace(last.origin, cluster.origin) ? last : { ...last, origin: cluster.origin }];
  });
}
