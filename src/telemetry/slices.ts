import type { Clock } from "./clock.ts";

/** How long work may keep the thread from streams at a stretch, in milliseconds. */
const SLICE_MS = 10;

/** Runs a generator to its end in slices: after each slice timers, sockets and streams get their turn. */
export async function runInSlices<T>(work: Generator<void, T>, clock: Clock): Promise<T> {
  for (;;) {
    const end = clock.elapsed() + SLICE_MS;
    do {
      const step = work.next();
      if (step.done) return step.value;
    } while (clock.elapsed() < end);
    // A timer, though it costs a millisecond: after setImmediate or a message to oneself Deno 2.9 gives sockets no turn.
    await new Promise<void>((resolve) => clock.setTimeout(resolve, 0));
  }
}
