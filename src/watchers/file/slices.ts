/** Milliseconds that a look may keep the thread at a stretch. */
const SLICE_MS = 8;

/** Runs a generator to its end; after each slice timers, sockets and streams get their turn. */
export async function inSlices<T>(work: Generator<void, T>): Promise<T> {
  for (;;) {
    const end = performance.now() + SLICE_MS;
    do {
      const step = work.next();
      if (step.done) return step.value;
    } while (performance.now() < end);
    await new Promise<void>((resolve) => setTimeout(resolve, 0));
  }
}
