import type { Clock } from "./clock.ts";
import type { Metrics } from "./metrics.ts";

/** Milliseconds from one look at the clock to the next. */
const LOOK_MS = 5;
/** Milliseconds after which a longest stall is forgotten; it is shown for as long and up to twice as long. */
const WINDOW_MS = 30_000;
const BUCKETS = [0.005, 0.01, 0.015, 0.02, 0.03, 0.05, 0.1, 0.2, 0.5, 1];

/**
 * Measures how long this thread kept timers, sockets and streams waiting, whatever the reason: work, collection of
 * garbage, a machine that is too busy. Looks at the clock 200 times a second, which itself costs about a hundredth of a
 * core: for measurements, not for every day. Gives what ends it.
 */
export function measureStalls(clock: Clock, metrics: Metrics, windowMs = WINDOW_MS): () => void {
  const stalls = metrics.histogram("sluice_stall_seconds", "Stretches in which the thread served no stream.", BUCKETS);
  const longest = metrics.gauge("sluice_longest_stall_seconds", "Longest stall of the last 30 to 60 seconds.");
  let [before, current] = [0, 0];
  let windowEnds = clock.elapsed() + windowMs;
  let cancel = () => {};
  const look = (due: number) => {
    const now = clock.elapsed();
    const stall = Math.max(0, now - due);
    stalls.observe(stall / 1000);
    if (now >= windowEnds) {
      [before, current] = [current, 0];
      windowEnds = now + windowMs;
    }
    current = Math.max(current, stall);
    longest.set(Math.max(before, current) / 1000);
    arm();
  };
  const arm = () => {
    const due = clock.elapsed() + LOOK_MS;
    cancel = clock.setTimeout(() => look(due), LOOK_MS);
  };
  arm();
  return () => cancel();
}
