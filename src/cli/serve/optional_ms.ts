import { durationMs } from "../../envoy/mod.ts";

/** A duration of Settings in milliseconds. */
export const optionalMs = (text: string | undefined): number | undefined =>
  text === undefined ? undefined : durationMs(text);
