import { systemClock } from "../../telemetry/mod.ts";

/** How work and rest take turns, in milliseconds. */
export interface Turns {
  readonly work: number;
  readonly rest: number;
}

/** With most of the time left to others. */
export const GENTLY: Turns = { work: 3, rest: 20 };
/** Where nothing is served yet: each rest is a timer, and costs two milliseconds whatever it asks for. */
export const BRISKLY: Turns = { work: 50, rest: 0 };

/** Runs a generator to its end, or while `goOn` says so. */
export async function runWithRests(
  work: Generator<void, void>,
  turns: Turns,
  goOn: () => boolean = () => true,
): Promise<void> {
  while (goOn()) {
    const end = systemClock.elapsed() + turns.work;
    do {
      if (work.next().done) return;
    } while (systemClock.elapsed() < end);
    await rest(turns.rest);
  }
}

/** Leaves the thread to others for so many milliseconds. */
export function rest(ms: number): Promise<void> {
  return new Promise((resolve) => systemClock.setTimeout(resolve, ms));
}
