/**
 * Which resources of a type have files of their own, where not all can. Who has one keeps it, as Envoy drains a listener that
 * is given its routes in another way.
 */
export class OwnFiles {
  readonly #most: number;
  readonly #chosen = new Map<string, boolean>();
  #count = 0;

  constructor(most: number) {
    this.#most = most;
  }

  has(name: string): boolean {
    return this.#chosen.get(name) === true;
  }

  /** Settles it for those of these names for which it is open, first for those that had a file before. */
  choose(names: Iterable<string>, hadOne: (name: string) => boolean): void {
    const open = [...names].filter((name) => !this.#chosen.has(name));
    for (const name of [...open.filter(hadOne), ...open.filter((name) => !hadOne(name))]) {
      const has = this.#count < this.#most;
      this.#chosen.set(name, has);
      if (has) this.#count++;
    }
  }

  /** The resource is gone; another may have its place. Gives whether it had a file. */
  forget(name: string): boolean {
    const had = this.has(name);
    this.#chosen.delete(name);
    if (had) this.#count--;
    return had;
  }
}
