import { type Clock, pause } from "../telemetry/mod.ts";

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
    if (this.#tokens < 1) await pause(this.#clock, (1 - this.#tokens) / this.#rate * 1000, signal);
    this.#refill();
    this.#tokens -= 1;
  }

  #refill(): void {
    const now = this.#clock.elapsed();
    this.#tokens = Math.min(this.#burst, this.#tokens + (now - this.#at) / 1000 * this.#rate);
    this.#at = now;
  }
}
