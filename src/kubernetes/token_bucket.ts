import { type Clock, pause } from "../telemetry/mod.ts";

/** A timer of more than 24 days would end at once, and whoever sets another rate is not to wait for the old one. */
const LONGEST_PAUSE_MS = 10_000;

/** Lets so many through a second, and a burst of more at once. */
export class TokenBucket {
  readonly #clock: Clock;
  #rate: number;
  #burst: number;
  #tokens: number;
  #at: number;

  /** @param rate A second. */
  constructor(clock: Clock, rate: number, burst: number) {
    this.#clock = clock;
    this.#rate = rate;
    this.#burst = this.#tokens = burst;
    this.#at = clock.elapsed();
  }

  /** Goes by another rate from now on. */
  setRate(rate: number, burst: number): void {
    this.#refill();
    this.#rate = rate;
    this.#burst = burst;
    this.#tokens = Math.min(this.#tokens, burst);
  }

  /** Resolves when one may go, or when `signal` is aborted. One at a time. */
  async take(signal: AbortSignal): Promise<void> {
    this.#refill();
    while (this.#tokens < 1 && !signal.aborted) {
      await pause(this.#clock, Math.min((1 - this.#tokens) / this.#rate * 1000, LONGEST_PAUSE_MS), signal);
      this.#refill();
    }
    this.#tokens -= 1;
  }

  #refill(): void {
    const now = this.#clock.elapsed();
    this.#tokens = Math.min(this.#burst, this.#tokens + (now - this.#at) / 1000 * this.#rate);
    this.#at = now;
  }
}
