import type { Clock } from "./clock.ts";

interface Alarm {
  readonly at: number;
  readonly callback: () => void;
}

/** A clock that stands still until {@link advance} moves it. For tests. */
export class FakeClock implements Clock {
  #now: number;
  #start: number;
  readonly #alarms = new Set<Alarm>();

  /** @param start Milliseconds since the epoch. */
  constructor(start = 0) {
    this.#now = 0;
    this.#start = start;
  }

  now(): number {
    return this.#start + this.#now;
  }

  elapsed(): number {
    return this.#now;
  }

  /** Sets the clock on or back by so much, as an administrator does; no time passes. */
  set(ms: number): void {
    this.#start += ms;
  }

  setTimeout(callback: () => void, ms: number): () => void {
    const alarm = { at: this.#now + Math.max(0, ms), callback };
    this.#alarms.add(alarm);
    return () => void this.#alarms.delete(alarm);
  }

  /** How many timers are set. */
  get pending(): number {
    return this.#alarms.size;
  }

  /** Milliseconds until the next timer is due; undefined when none is set. */
  get untilNext(): number | undefined {
    const next = this.#next();
    return next && next.at - this.#now;
  }

  /**
   * Moves time on by `ms`. Timers that fall due run in order of their time, each at its own time; before the first,
   * between them and at the end, promises that can settle do.
   */
  async advance(ms: number): Promise<void> {
    const end = this.#now + ms;
    await settle();
    for (let next = this.#next(); next && next.at <= end; next = this.#next()) {
      this.#alarms.delete(next);
      this.#now = next.at;
      next.callback();
      await settle();
    }
    this.#now = end;
  }

  #next(): Alarm | undefined {
    let found: Alarm | undefined;
    for (const alarm of this.#alarms) {
      if (!found || alarm.at < found.at) found = alarm;
    }
    return found;
  }
}

/** Lets all promises that need no timer and no input or output run out (a macrotask comes after every microtask). */
const settle = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 0));
