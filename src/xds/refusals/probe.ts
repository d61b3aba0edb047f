import type { ClientHold } from "./client_hold.ts";
import { Search } from "./search.ts";
import type { Unit } from "./units.ts";

/**
 * One search for what a client refuses of a type: which holds to lay for the next try, and in the end which to keep. The last
 * try shows what is to be kept; while that is refused too, weaker forms are tried.
 */
export class Probe {
  readonly #search: Search<Unit>;
  /** Which of its forms a refused unit is held in. */
  readonly #form = new Map<Unit, number>();
  #over = false;
  /** The client's words when it last refused. */
  detail: string;
  /** The response that the client is to answer, by its sequence; undefined until it is sent. */
  waiting: number | undefined;

  /** @param likely Whether a unit is likely to be what is refused; others are tried first. */
  constructor(units: readonly Unit[], detail: string, likely: (unit: Unit) => boolean) {
    this.#search = new Search(units, likely);
    this.detail = detail;
  }

  /** Nothing is left to try. What the client accepted before needs no try. */
  get ended(): boolean {
    return this.#over || (this.#search.done && this.#unsure(this.#search.guilty).length === 0);
  }

  /** What the client refuses, as far as it is known now. */
  get found(): readonly ClientHold[] {
    return this.#search.guilty.flatMap((unit) => this.#held(unit));
  }

  /** What to hold for the next try. While others are tried, nothing is shown that the client never accepted. */
  get holds(): readonly ClientHold[] {
    if (this.#search.done) return this.found;
    return [...this.#search.guilty, ...this.#search.back].flatMap(({ kept }) => kept);
  }

  /** The client answered what was shown with {@link holds}. */
  answered(ok: boolean): void {
    this.waiting = undefined;
    if (!this.#search.done) this.#search.answered(ok);
    else if (ok || !this.#weaken()) this.#over = true;
  }

  /** Ends the search; what is not known to be accepted is held. Called again, ends the probe. */
  giveUp(): void {
    this.waiting = undefined;
    if (this.#search.done) this.#over = true;
    else this.#search.giveUp();
  }

  /** Those that are held in a form which the client did not have before. */
  #unsure(units: readonly Unit[]): readonly Unit[] {
    return units.filter((unit) => this.#held(unit) !== unit.kept);
  }

  #held(unit: Unit): readonly ClientHold[] {
    return unit.forms[this.#form.get(unit) ?? 0]!;
  }

  /** Of what is held, that which the client never accepted comes first. Gives whether there was a weaker form of anything. */
  #weaken(): boolean {
    const weak = this.#search.guilty.filter((unit) => (this.#form.get(unit) ?? 0) + 1 < unit.forms.length);
    const unsure = this.#unsure(weak);
    for (const unit of unsure.length > 0 ? unsure : weak) this.#form.set(unit, (this.#form.get(unit) ?? 0) + 1);
    return weak.length > 0;
  }
}
