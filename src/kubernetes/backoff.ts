import { type Clock, pause } from "../telemetry/mod.ts";

const FIRST_MS = 100;
/** A source that is back is read soon: few clients ask, so few that a longer wait would spare nobody. */
const LONGEST_MS = 1_000;

/** Waits that grow with each failure in a row, with jitter, so that many who failed together do not come back together. */
export class Backoff {
  readonly #clock: Clock;
  readonly #random: () => number;
  #next = FIRST_MS;

  /** @param random Numbers from 0 to 1. */
  constructor(clock: Clock, random: () => number = Math.random) {
    this.#clock = clock;
    this.#random = random;
  }

  /** All is well again: the next wait is a short one. */
  reset(): void {
    this.#next = FIRST_MS;
  }

  /** Waits; at least `leastMs`. Resolves at once when `signal` is aborted. */
  async wait(signal: AbortSignal, leastMs = 0): Promise<void> {
    const ms = Math.max(leastMs, this.#next * (0.5 + this.#random() / 2));
    this.#next = Math.min(this.#next * 2, LONGEST_MS);
    await pause(this.#clock, ms, signal);
  }
}
