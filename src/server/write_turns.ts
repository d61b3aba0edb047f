/**
 * Lets only so many bytes be on their way to all clients together, so that one push to a thousand of them does not need a
 * thousand copies at once. A client that does not read keeps its share for `patienceMs` at most; then the others go on.
 */
export class WriteTurns {
  readonly #most: number;
  readonly #patienceMs: number;
  readonly #clock: { setTimeout(callback: () => void, ms: number): () => void };
  readonly #queue: (() => void)[] = [];
  #taken = 0;

  constructor(most: number, patienceMs: number, clock: { setTimeout(callback: () => void, ms: number): () => void }) {
    this.#most = most;
    this.#patienceMs = patienceMs;
    this.#clock = clock;
  }

  /** Whether a write may begin now. */
  get open(): boolean {
    return this.#taken < this.#most;
  }

  /** Calls back when a write may begin; callers try again then. Gives what calls it off. */
  wait(callback: () => void): () => void {
    this.#queue.push(callback);
    return () => {
      const index = this.#queue.indexOf(callback);
      if (index >= 0) this.#queue.splice(index, 1);
    };
  }

  /** A write of this many bytes begins; the function that it gives ends it. */
  begin(bytes: number): () => void {
    this.#taken += bytes;
    let ended = false;
    const end = () => {
      if (ended) return;
      ended = true;
      cancel();
      this.#taken -= bytes;
      this.#wake();
    };
    const cancel = this.#clock.setTimeout(end, this.#patienceMs);
    return end;
  }

  #wake(): void {
    while (this.open) {
      const next = this.#queue.shift();
      if (next === undefined) return;
      next();
    }
  }
}
