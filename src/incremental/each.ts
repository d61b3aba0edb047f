import { nextDifference } from "../api/mod.ts";
import { beginMaking, type Entry, holds, isUntouched, madeEntry, noteHolds, type Same } from "./entry.ts";
import type { Shared } from "./entry.ts";

/** What a list of results is made of. */
export interface Elements {
  /** Each once. */
  readonly items: readonly object[];
  /** As many: what else the result of each rests on. */
  readonly beside?: readonly unknown[];
}

/** How many cheap steps are made between two yields: well under a millisecond. */
const BATCH = 256;

/** The results of one function for a list of items; see `Table.recallEach`. */
export interface EachResult extends Entry, Elements {}

export const EachResult = {
  /** The results for these elements, with those of `last` that still hold, and how many had to be made. */
  *of(
    shared: Shared,
    last: EachResult | undefined,
    elements: Elements,
    inputs: readonly unknown[],
    make: (index: number) => Generator<void, unknown>,
    same?: Same,
  ): Generator<void, { readonly entry: EachResult; readonly made: number }> {
    const walk = new Walk(last, elements, shared, same);
    if (last && walk.isDone) {
      noteHolds(last, shared);
      return { entry: last, made: 0 };
    }
    let made = 0;
    let steps = 0;
    for (let i = walk.next(0); i < elements.items.length; i = walk.next(i + 1)) {
      const known = walk.known(i);
      if (!known) made++;
      walk.put(i, known ?? (yield* madeOne(shared, () => make(i))));
      if (!known || ++steps % BATCH === 0) yield;
    }
    return { entry: walk.finished(inputs), made };
  },
};

/** One passage through the elements, beside those of the last. */
class Walk {
  readonly #last: EachResult | undefined;
  readonly #elements: Elements;
  readonly #shared: Shared;
  readonly #same: Same | undefined;
  /** No result of before can have changed but by its own element. */
  readonly #untouched: boolean;
  /** Elements that stand where they stood need not even be looked at. */
  readonly #skips: boolean;
  readonly #parts: Entry[];
  readonly #results: unknown[];
  #sorts: number;
  #isOther: boolean;
  /** Where items of before stood that do not stand there now. */
  #moved: Map<object, number> | undefined;

  constructor(last: EachResult | undefined, elements: Elements, shared: Shared, same: Same | undefined) {
    this.#last = last;
    this.#elements = elements;
    this.#shared = shared;
    this.#same = same;
    const { items, beside } = elements;
    const isAligned = last !== undefined && last.items.length === items.length;
    this.#untouched = last !== undefined && isUntouched(last, shared);
    this.#skips = isAligned && this.#untouched && last.beside === beside;
    this.#parts = isAligned ? last.parts.slice() : new Array(items.length);
    this.#results = isAligned ? (last.result as unknown[]).slice() : new Array(items.length);
    this.#sorts = last?.sorts ?? 0;
    this.#isOther = !isAligned;
  }

  get isDone(): boolean {
    return this.#skips && this.#last!.items === this.#elements.items;
  }

  /** The next element to look at. */
  next(from: number): number {
    return this.#skips ? nextDifference(this.#elements.items, this.#last!.items, from) : from;
  }

  /** The result of before for this element, wherever it stood, if it still holds. */
  known(i: number): Entry | undefined {
    const last = this.#last;
    if (!last) return undefined;
    const at = last.items[i] === this.#elements.items[i] ? i : this.#placeOf(this.#elements.items[i]!);
    if (at === undefined || !this.#hasSameBeside(at, i)) return undefined;
    const entry = last.parts[at]!;
    return this.#untouched || holds(entry, this.#shared) ? entry : undefined;
  }

  put(i: number, entry: Entry): void {
    this.#sorts |= entry.sorts;
    this.#isOther ||= this.#results[i] !== entry.result;
    this.#parts[i] = entry;
    this.#results[i] = entry.result;
  }

  finished(inputs: readonly unknown[]): EachResult {
    const result = this.#isOther ? this.#results : this.#last!.result;
    const rest = { questions: [], sorts: this.#sorts, revision: this.#shared.revision, asked: 0 };
    return { ...this.#elements, inputs, result, parts: this.#parts, ...rest };
  }

  #hasSameBeside(before: number, now: number): boolean {
    const [was, is] = [this.#last!.beside, this.#elements.beside];
    if (was === is && before === now || Object.is(was?.[before], is?.[now])) return true;
    return this.#same?.(was?.[before] as never, is?.[now] as never) ?? false;
  }

  #placeOf(item: object): number | undefined {
    this.#moved ??= leftPlaces(this.#last!.items, this.#elements.items);
    return this.#moved.get(item);
  }
}

/** Where the items of `before` stood that do not stand there now. */
function leftPlaces(before: readonly object[], now: readonly object[]): Map<object, number> {
  const places = new Map<object, number>();
  for (let i = nextDifference(before, now, 0); i < before.length; i = nextDifference(before, now, i + 1)) {
    places.set(before[i]!, i);
  }
  return places;
}

function* madeOne(shared: Shared, make: () => Generator<void, unknown>): Generator<void, Entry> {
  const making = beginMaking(shared);
  try {
    return madeEntry(shared, [], yield* make(), making);
  } finally {
    shared.making.pop();
  }
}
