import type { Clock } from "../../telemetry/mod.ts";

interface Lane {
  readonly keys: Set<string>;
  failures: number;
  /** On the clock of `elapsed()`. */
  restsUntil: number;
}

/** How long a lane rests after a failure, in milliseconds; twice as long after each further one. */
const FIRST_REST_MS = 1_000;
const LONGEST_REST_MS = 60_000;

/**
 * What is to be done, in lanes that take turns: much of one kind keeps nothing of another waiting, and where things of one
 * lane fail, the lane rests, and the others go on.
 */
export class Lanes {
  readonly #clock: Clock;
  /** In the order of their turns. */
  readonly #lanes = new Map<string, Lane>();
  #size = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** How much is to be done. */
  get size(): number {
    return this.#size;
  }

  has(lane: string, key: string): boolean {
    return this.#lanes.get(lane)?.keys.has(key) ?? false;
  }

  add(name: string, key: string): void {
    let lane = this.#lanes.get(name);
    if (!lane) this.#lanes.set(name, lane = { keys: new Set(), failures: 0, restsUntil: -Infinity });
    if (lane.keys.has(key)) return;
    lane.keys.add(key);
    this.#size++;
  }

  delete(lane: string, key: string): void {
    if (this.#lanes.get(lane)?.keys.delete(key)) this.#size--;
  }

  /** Milliseconds until there is something to do; 0 for at once, undefined where nothing is. */
  get wait(): number | undefined {
    let first: number | undefined;
    for (const { keys, restsUntil } of this.#lanes.values()) {
      if (keys.size > 0 && (first === undefined || restsUntil < first)) first = restsUntil;
    }
    return first === undefined ? undefined : Math.max(0, first - this.#clock.elapsed());
  }

  /** Takes out what is next; the lane has its next turn after all others. */
  take(): string | undefined {
    const now = this.#clock.elapsed();
    for (const [name, lane] of this.#lanes) {
      const [key] = lane.keys;
      if (key === undefined || lane.restsUntil > now) continue;
      this.#lanes.delete(name);
      this.#lanes.set(name, lane);
      this.delete(name, key);
      return key;
    }
    return undefined;
  }

  /** Something of the lane has worked. */
  worked(name: string): void {
    const lane = this.#lanes.get(name);
    if (lane) lane.failures = 0;
  }

  /** Something of the lane has failed, and is to be done again; `leastMs`: not before. Gives whether it is the first of a row. */
  failed(name: string, key: string, leastMs: number): boolean {
    this.add(name, key);
    const lane = this.#lanes.get(name)!;
    const rest = Math.min(FIRST_REST_MS * 2 ** lane.failures, LONGEST_REST_MS);
    lane.restsUntil = this.#clock.elapsed() + Math.max(rest, leastMs);
    return lane.failures++ === 0;
  }
}
