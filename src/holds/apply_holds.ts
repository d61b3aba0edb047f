import { fromNothing, type Revision } from "../incremental/mod.ts";
import type { ProxyTranslation } from "../translator/mod.ts";
import type { EnvoySnapshot } from "../xds/mod.ts";
import { carryOver } from "./carry_over.ts";
import { consistentSnapshot } from "./consistency.ts";
import { holdClusters } from "./hold_clusters.ts";
import { holdListeners } from "./hold_listeners.ts";
import { HoldLog } from "./hold_log.ts";
import { holdRoutes } from "./hold_routes.ts";
import type { Held, Served, ServedPieces } from "./served.ts";

export interface ApplyHoldsInput {
  readonly translation: ProxyTranslation;
  /** What the last call for this proxy gave back. */
  readonly served: Served | undefined;
  /** Milliseconds since the epoch. */
  readonly now: number;
  /** Remembers what was held for the last ApiSnapshot. */
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
 * for its stand-in, or left out; all others go to Envoy as they are. Nothing else remembers last good forms. Pure.
 */
export function applyHolds(input: Omit<ApplyHoldsInput, "revision">): HoldsResult {
  const nothing = { get: () => undefined, select: () => [] };
  const work = applyHoldsInSlices({ ...input, revision: fromNothing(nothing) });
  for (;;) {
    const step = work.next();
    if (step.done) return step.value;
  }
}

/**
 * As {@link applyHolds}; yields between units of work, so that the caller can slice it. The work grows with what is another
 * object than in `served`, and with what is rejected.
 */
export function* applyHoldsInSlices(input: ApplyHoldsInput): Generator<void, HoldsResult> {
  const { translation, served, now, revision } = input;
  const log = new HoldLog(served?.since ?? {}, now);
  const last = served?.pieces;
  const { namespace, name } = translation.proxy;
  const { endpoints, secrets } = translation;
  const substituted: ServedPieces = {
    routes: yield* holdRoutes(translation.routes, last, log),
    listeners: holdListeners(revision, `${namespace}/${name}`, translation.listeners, last, log),
    clusters: holdClusters(translation.clusters, last, log),
    endpoints,
    secrets,
  };
  const pieces = log.held.length > 0 ? carryOver(substituted, log.refs, last) : substituted;
  const snapshot = yield* consistentSnapshot(pieces, served);
  return { served: { pieces, since: log.since, snapshot }, snapshot, held: log.held };
}
