import type { EnvoySnapshot } from "./resource.ts";
import { diffSets } from "./set_diff.ts";
import { LINGERING } from "./transition.ts";

/** What a client still has although its configuration dropped it, and when each may go. */
export class Leftovers {
  /** `<type>/<name>` -> the time it may go; Infinity until its grace begins. */
  readonly #until = new Map<string, number>();

  get size(): number {
    return this.#until.size;
  }

  /** The earliest time at which something may go. */
  get next(): number | undefined {
    const first = [...this.#until.values()].reduce((first, until) => Math.min(first, until), Infinity);
    return first === Infinity ? undefined : first;
  }

  /** Takes stock again after the view or the configuration changed. */
  update(view: EnvoySnapshot, target: EnvoySnapshot): void {
    const left = new Set<string>();
    if (view !== target) {
      for (const type of LINGERING) {
        for (const name of diffSets(view[type], target[type]).removed) left.add(`${type}/${name}`);
      }
    }
    for (const key of this.#until.keys()) {
      if (!left.has(key)) this.#until.delete(key);
    }
    for (const key of left) {
      if (!this.#until.has(key)) this.#until.set(key, Infinity);
    }
  }

  /** No route in use needs them any more: what has no end yet gets this one. */
  beginGrace(until: number): void {
    for (const [key, end] of this.#until) {
      if (end === Infinity) this.#until.set(key, until);
    }
  }

  /** What may go now. */
  over(now: number): ReadonlySet<string> {
    return new Set([...this.#until].filter(([, until]) => until <= now).map(([key]) => key));
  }
}
