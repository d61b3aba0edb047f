import type { Origin } from "../api/mod.ts";
import type { Held } from "./served.ts";

/** Collects what is held in one application of holds. */
export class HoldLog {
  readonly held: Held[] = [];
  readonly since: Record<string, number> = {};
  readonly #before: Readonly<Record<string, number>>;
  readonly #now: number;

  constructor(before: Readonly<Record<string, number>>, now: number) {
    this.#before = before;
    this.#now = now;
  }

  /** `id` names the piece among all of the proxy; one held before keeps the time since when it is. */
  hold(what: Held["what"], id: string, origin: Origin): void {
    const since = this.#before[`${what} ${id}`] ?? this.#now;
    this.since[`${what} ${id}`] = since;
    this.held.push({ origin, what, since });
  }
}
