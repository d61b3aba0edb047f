/** So many writes, or bytes, begin before the thread is given back, so that a push to a thousand clients stops nothing else. */
const AT_ONCE = { writes: 64, bytes: 2 * 1024 * 1024 };

/**
 * Lets only so many bytes be on their way to all clients together, so that one push to a thousand of them does not need a
 * thousand copies at once; who waits is served in the order in which he came. A client that does not read keeps its share for
 * `patienceMs` at most; then the others go on.
 */
export class WriteTurns {
  readonly #most: number;
  readonly #patienceMs: number;
  readonly #clock: { setTimeout(callback: () => void, ms: number): () => void };
  readonly #queue: (() => void)[] = [];
  #taken = 0;
  /** What began since the thread was given back. */
  #round = { writes: 0, bytes: 0 };

  constructor(most: number, patienceMs: number, clock: { setTimeout(callback: () => void, ms: number): () => void }) {
    this.#most = most;
    this.#patienceMs = patienceMs;
    this.#clock = clock;
  }

  /** Whether a write may begin now. */
  get open(): boolean {
    const { writes, bytes } = this.#round;
    return this.#taken < this.#most && writes < AT_ONCE.writes && bytes < AT_ONCE.bytes;
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
    if (this.#round.writes++ === 0) this.#clock.setTimeout(() => this.#nextRound(), 1);
    this.#round.bytes += bytes;
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

  #nextRound(): void {
    this.#round = { writes: 0, bytes: 0 };
    this.#wake();
  }

  #wake(): void {
    while (this.open) {
      const next = this.#queue.shift();
      if (next === undefined) return;
      next();
    }
  }
}
