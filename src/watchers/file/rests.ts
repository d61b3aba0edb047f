import type { Turns } from "../../telemetry/mod.ts";

/** With most of the time left to others. */
export const GENTLY: Turns = { work: 3, rest: 20 };
