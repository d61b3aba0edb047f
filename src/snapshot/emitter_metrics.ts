import type { Counter, Metrics } from "../telemetry/mod.ts";

/** Counters of an emitter. */
export interface EmitterMetrics {
  readonly resourcesIn: Counter;
  readonly snapshotsIn: Counter;
  readonly snapshotsOut: Counter;
  readonly snapshotsMissed: Counter;
}

const PREFIX = "api_gloosnapshot_gloo_solo_io_emitter";
const nothing: Counter = { add() {} };

/** The counters under the names that Gloo's have in Prometheus, so that its dashboards go on working. */
export function emitterMetrics(metrics?: Metrics): EmitterMetrics {
  const counter = (name: string, help: string) => metrics?.counter(`${PREFIX}_${name}`, help) ?? nothing;
  return {
    resourcesIn: counter("resources_in", "Changes that came from the sources."),
    snapshotsIn: counter("snap_in", "Times the state was compared with the last ApiSnapshot."),
    snapshotsOut: counter("snap_out", "ApiSnapshots that were emitted."),
    snapshotsMissed: counter("snap_missed", "ApiSnapshots that a newer one took the place of before they were synced."),
  };
}
