import type { Clock } from "../../src/telemetry/mod.ts";

/** A clock on which everything takes the `factor`th part of its time: waits of minutes, with real sockets. */
export function fastClock(factor: number): Clock {
  const start = performance.now();
  return {
    now: () => Date.now(),
    elapsed: () => (performance.now() - start) * factor,
    setTimeout(callback, ms) {
      const timer = setTimeout(callback, ms / factor);
      return () => clearTimeout(timer);
    },
  };
}
