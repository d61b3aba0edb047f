/** Something that a client may accept or refuse by itself. */
export interface Suspect {
  /** Where this is not shown, neither is the suspect. Stands before it among the suspects. */
  readonly parent?: Suspect;
  /** What is tried one by one once the suspect itself is known to be refused. */
  readonly within?: readonly Suspect[];
}

/** How many things refused within one suspect, with none accepted, mean that it is the rest of it that is refused. */
const STRIKES = 2;

/**
 * Finds which of several things a client refuses, by what it says to some of them at a time: halves, so that one refused
 * among n is found in about log2(n) answers, and g of them in g times as many (generalized binary splitting; Hwang, 1972).
 * What was shown and accepted stays shown.
 */
export class Search<S extends Suspect> {
  readonly #guilty = new Set<S>();
  /** One of them at least is refused; in the order in which they are tried. */
  #tainted: S[];
  /** Not known to be refused. */
  #later: S[] = [];
  #trying: S[] = [];
  #within: { readonly whole: S; strikes: number } | undefined;

  /** @param last Is it likely that this one is refused? The others are tried first. Default: halves. */
  constructor(suspects: readonly S[], last: (suspect: S) => boolean = () => false) {
    const likely = suspects.filter(last);
    const others = suspects.filter((suspect) => !last(suspect));
    this.#tainted = [...others, ...likely];
    if (this.#tainted.length === 1) this.#narrow();
    else this.#try(this.#tainted, likely.length > 0 && others.length > 0 ? others.length : undefined);
  }

  /** Nothing is left to try. */
  get done(): boolean {
    return this.#trying.length === 0;
  }

  /** Those that are refused, as far as it is known. */
  get guilty(): readonly S[] {
    return [...this.#guilty];
  }

  /** Those that are not to be shown now, because they are refused or because others are being tried. */
  get back(): readonly S[] {
    return [...this.#tainted, ...this.#later].filter((suspect) => !this.#trying.includes(suspect));
  }

  /** What the client says to all that was accepted together with what is being tried. */
  answered(ok: boolean): void {
    const trying = new Set(this.#trying);
    if (ok) {
      if (this.#within?.whole.within?.some((part) => trying.has(part as S))) this.#within.strikes = -Infinity;
      this.#tainted = this.#tainted.filter((suspect) => !trying.has(suspect));
      // All of what was not known to be refused is accepted.
      if (this.#tainted.length === 0) return this.#finish();
    } else {
      this.#later = [...this.#tainted.filter((suspect) => !trying.has(suspect)), ...this.#later];
      this.#tainted = this.#trying;
    }
    this.#narrow();
  }

  /** Ends the search: all that is not known to be accepted counts as refused. */
  giveUp(): void {
    for (const suspect of [...this.#tainted, ...this.#later]) this.#guilty.add(suspect);
    this.#finish();
  }

  /** `#tainted` is known to hold something refused. */
  #narrow(): void {
    if (this.#tainted.length > 1) return this.#try(this.#tainted);
    const found = this.#tainted[0]!;
    this.#tainted = [];
    if (found.within && !this.#within) {
      this.#within = { whole: found, strikes: 0 };
      this.#tainted = [...found.within] as S[];
      return this.#try(this.#tainted);
    }
    this.#guilty.add(found);
    this.#later = this.#later.filter((suspect) => suspect.parent !== found);
    if (this.#within?.whole.within?.includes(found) && ++this.#within.strikes >= STRIKES) {
      this.#blameWhole(this.#within.whole);
    }
    this.#next();
  }

  #blameWhole(whole: S): void {
    for (const part of whole.within!) this.#guilty.delete(part as S);
    this.#later = this.#later.filter((suspect) => !whole.within!.includes(suspect));
    this.#guilty.add(whole);
  }

  /** What is left is not known to hold anything refused: all of it is tried at once. */
  #next(): void {
    this.#tainted = this.#later;
    this.#later = [];
    if (this.#tainted.length === 0) return this.#finish();
    this.#trying = this.#tainted;
  }

  #try(suspects: readonly S[], count = Math.ceil(suspects.length / 2)): void {
    this.#trying = suspects.slice(0, count);
  }

  #finish(): void {
    this.#tainted = this.#later = this.#trying = [];
  }
}
