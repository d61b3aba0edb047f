/** Random choices that a seed repeats (mulberry32). */
export class Random {
  #state: number;

  constructor(seed: number) {
    this.#state = seed >>> 0;
  }

  /** A whole number from 0 to `limit` - 1. */
  below(limit: number): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0;
    let value = Math.imul(this.#state ^ (this.#state >>> 15), this.#state | 1);
    value ^= value + Math.imul(value ^ (value >>> 7), value | 61);
    return Math.floor((((value ^ (value >>> 14)) >>> 0) / 4294967296) * limit);
  }

  /** True once in `times`. */
  oneIn(times: number): boolean {
    return this.below(times) === 0;
  }

  pick<T>(list: readonly T[]): T {
    return list[this.below(list.length)]!;
  }

  /** One of the good ones; once in a while a bad one. */
  mostly<T>(good: readonly T[], bad: T): T {
    return this.oneIn(25) ? bad : this.pick(good);
  }

  /** Each member of the list with a chance of one in `times`, in the order of the list. */
  some<T>(list: readonly T[], times: number): T[] {
    return list.filter(() => this.oneIn(times));
  }

  /** Up to `most` of what `make` gives. */
  upTo<T>(most: number, make: () => T): T[] {
    return Array.from({ length: this.below(most + 1) }, make);
  }

  /** What `make` gives, once in `times`; else no fields. */
  maybe(times: number, make: () => object): object {
    return this.oneIn(times) ? make() : {};
  }

  /** One of the makers, each as often as its weight says. */
  weighed<T>(choices: readonly (readonly [weight: number, make: () => T])[]): T {
    let at = this.below(choices.reduce((sum, [weight]) => sum + weight, 0));
    for (const [weight, make] of choices) {
      if (at < weight) return make();
      at -= weight;
    }
    throw new Error("no choice has a weight");
  }
}
