import { systemClock, type Turns } from "../../telemetry/mod.ts";

/** With most of the time left to others. */
export const GENTLY: Turns = { work: 3, rest: 20 };
/** Where nothing is served yet: each rest is a timer, and costs two milliseconds whatever it asks for. */
export const BRISKLY: Turns = { work: 50, rest: 0 };

/** Leaves the thread to others for so many milliseconds. */
export function rest(ms: number): Promise<void> {
  return new Promise((resolve) => systemClock.setTimeout(resolve, ms));
}
