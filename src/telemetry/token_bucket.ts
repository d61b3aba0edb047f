import type { Clock } from "./clock.ts";
import { pause } from "./pause.ts";

/** A timer of more than 24 days would end at once, and whoever sets another rate is not to wait for the old one. */
const LONGEST_PAUSE_MS = 10_000;

/** Limits how often something is done: `burst` times at once, and `perSecond` times a second in the long run. */
export class TokenBucket {
  readonly #clock: Clock;
  #perSecond: number;
  #burst: number;
  #tokens: number;
  #filledAt: number;

  constructor(clock: Clock, perSecond: number, burst: number) {
    this.#clock = clock;
    this.#perSecond = perSecond;
    this.#burst = Math.max(1, burst);
    this.#tokens = this.#burst;
    this.#filledAt = clock.elapsed();
  }

  /** Goes by other limits from now on. */
  setRate(perSecond: number, burst: number): void {
    this.#fill();
    this.#perSecond = perSecond;
    this.#burst = Math.max(1, burst);
    this.#tokens = Math.min(this.#tokens, this.#burst);
  }

  /** Milliseconds until there is a token; 0 where there is one now. */
  get waitMs(): number {
    this.#fill();
    return this.#tokens >= 1 ? 0 : Math.ceil((1 - this.#tokens) * 1000 / this.#perSecond);
  }

  /** Takes one; to be called where {@link waitMs} is 0. */
  take(): void {
    this.#fill();
    this.#tokens -= 1;
  }

  /** Waits for one and takes it, unless `signal` is aborted. For one who waits at a time. */
  async wait(signal: AbortSignal): Promise<void> {
    for (let wait = this.waitMs; wait > 0 && !signal.aborted; wait = this.waitMs) {
      await pause(this.#clock, Math.min(wait, LONGEST_PAUSE_MS), signal);
    }
    this.take();
  }

  #fill(): void {
    const now = this.#clock.elapsed();
    this.#tokens = Math.min(this.#burst, this.#tokens + (now - this.#filledAt) * this.#perSecond / 1000);
    this.#filledAt = now;
  }
}
