import type { Clock } from "./clock.ts";

/** How work and rest take turns, in milliseconds. */
export interface Turns {
  /** How long work may keep the thread from streams at a stretch. */
  readonly work: number;
  /** How long others have the thread for themselves in between, at least. */
  readonly rest: number;
}

const USUAL: Turns = { work: 10, rest: 0 };
/** Where nothing is served yet: each rest is a timer, and costs two milliseconds whatever it asks for. */
export const BRISKLY: Turns = { work: 50, rest: 0 };

/** Runs a generator to its end in slices: after each slice timers, sockets and streams get their turn. */
export async function runInSlices<T>(work: Generator<void, T>, clock: Clock, turns: Turns = USUAL): Promise<T> {
  for (;;) {
    const end = clock.elapsed() + turns.work;
    do {
      const step = work.next();
      if (step.done) return step.value;
    } while (clock.elapsed() < end);
    await rest(clock, turns.rest);
  }
}

/**
 * Leaves the thread to others for so many milliseconds, at least. A timer, though it costs two: after setImmediate or a
 * message to oneself Deno 2.9 gives sockets no turn.
 */
export function rest(clock: Clock, ms = 0): Promise<void> {
  return new Promise((resolve) => clock.setTimeout(resolve, ms));
}
