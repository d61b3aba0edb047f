/** Time, logs and metrics: interfaces that are handed in, and their makers. */
export { systemClock } from "./clock.ts";
export type { Clock } from "./clock.ts";
export { createLogger, LOG_LEVELS, silentLogger } from "./logger.ts";
export type { LogFields, Logger, LogLevel } from "./logger.ts";
export { createMetrics } from "./metrics.ts";
export type { Counter, Gauge, Histogram, Labels, Metrics } from "./metrics.ts";
export { pause } from "./pause.ts";
export { TokenBucket } from "./token_bucket.ts";
export { BRISKLY, rest, runInSlices } from "./slices.ts";
export type { Turns } from "./slices.ts";
export { measureStalls } from "./stalls.ts";
