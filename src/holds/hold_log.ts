import type { Origin } from "../api/mod.ts";
import type { Piece } from "../translator/mod.ts";
import type { ResourceRefs } from "../xds/mod.ts";
import type { Held } from "./served.ts";

/** Collects what is held in one application of holds. */
export class HoldLog {
  readonly held: Held[] = [];
  readonly since: Record<string, number> = {};
  /** What held forms refer to. */
  readonly refs: ResourceRefs[] = [];
  readonly #before: Readonly<Record<string, number>>;
  readonly #now: number;

  constructor(before: Readonly<Record<string, number>>, now: number) {
    this.#before = before;
    this.#now = now;
  }

  /**
   * `id` names the piece among all of the proxy; one held before keeps the time since when it is. `forms` are served in its
   * place, or lend it their parts.
   */
  hold(what: Held["what"], id: string, origin: Origin, forms: readonly Piece[]): void {
    const since = this.#before[`${what} ${id}`] ?? this.#now;
    this.since[`${what} ${id}`] = since;
    this.held.push({ origin, what, since });
    for (const { refs } of forms) this.refs.push(refs);
  }
}
