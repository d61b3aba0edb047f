import type { Clock } from "./clock.ts";

/** How work and rest take turns, in milliseconds. */
export interface Turns {
  /** How long work may keep the thread from streams at a stretch. */
  readonly work: number;
  /** How long others have the thread for themselves in between, at least. */
  readonly rest: number;
}

const USUAL: Turns = { work: 10, rest: 0 };

/** Runs a generator to its end in slices: after each slice timers, sockets and streams get their turn. */
export async function runInSlices<T>(work: Generator<void, T>, clock: Clock, turns: Turns = USUAL): Promise<T> {
  for (;;) {
    const end = clock.elapsed() + turns.work;
    do {
      const step = work.next();
      if (step.done) return step.value;
    } while (clock.elapsed() < end);
    // A timer, though it costs a millisecond: after setImmediate or a message to oneself Deno 2.9 gives sockets no turn.
    await new Promise<void>((resolve) => clock.setTimeout(resolve, turns.rest));
  }
}
