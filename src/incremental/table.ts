import { EachResult, type Elements } from "./each.ts";
import { beginMaking, type Entry, holds, madeEntry, type Making, noteAsked, sameInputs, setInputs } from "./entry.ts";
import type { Same, Shared } from "./entry.ts";
import { FlatList } from "./flat_list.ts";

/**
 * The results of one function, by key. A result lives as long as revisions ask for it, by itself or as a part of another
 * result; what they no longer ask for is forgotten some time later.
 */
export class Table<Key, Result> {
  readonly #shared: Shared;
  readonly #entries = new Map<Key, Entry>();
  made = 0;
  reused = 0;
  /** How many keys were new since {@link retain}. */
  added = 0;

  constructor(shared: Shared) {
    this.#shared = shared;
  }

  /**
   * The result of `make` for this key: the one of before while `inputs` are the same, one by one, and all look-ups that
   * were made for it give the same resources. `make` must depend on nothing else, and its result is never changed.
   */
  recall(key: Key, inputs: readonly unknown[], make: () => Result, same?: Same): Result {
    const known = this.#known(key, inputs, same);
    if (known) return known.result as Result;
    const making = beginMaking(this.#shared);
    let result: Result;
    try {
      result = make();
    } finally {
      this.#shared.making.pop();
    }
    return this.#keep(key, inputs, result, making);
  }

  /** What {@link recall} would give without making it: the result of before, if it still holds. `inputs` is not kept. */
  find(key: Key, inputs: readonly unknown[], same?: Same): Result | undefined {
    return this.#known(key, inputs, same)?.result as Result | undefined;
  }

  /** The value that was given under this key before, where the new one is as good; else the new one. */
  keep(key: Key, value: Result, same: (before: Result, now: Result) => boolean): Result {
    return this.recall(key, [value], () => value, same);
  }

  /** As {@link recall}, for a function that yields between units of work. */
  *recallInSlices(
    key: Key,
    inputs: readonly unknown[],
    make: () => Generator<void, Result>,
    same?: Same,
  ): Generator<void, Result> {
    const known = this.#known(key, inputs, same);
    if (known) return known.result as Result;
    const making = beginMaking(this.#shared);
    let result: Result;
    try {
      result = yield* make();
    } finally {
      this.#shared.making.pop();
    }
    return this.#keep(key, inputs, result, making);
  }

  /**
   * The results of `make` for all items, in their order: what {@link recallInSlices} would give for each of them, with the
   * item, what stands `beside` it and `inputs` as its inputs. It costs a comparison of pointers for each item that stands
   * where it stood, and no more than that while no look-up of a sort that any of them made gives another answer. The list
   * is the one of before while its results are.
   */
  *recallEach(
    key: Key,
    elements: Elements,
    inputs: readonly unknown[],
    make: (index: number) => Generator<void, Result>,
    same?: Same,
  ): Generator<void, readonly Result[]> {
    const known = this.#entries.get(key) as EachResult | undefined;
    const last = known && sameInputs(known.inputs, inputs, same) ? known : undefined;
    const next = yield* EachResult.of(this.#shared, last, elements, inputs, make, same);
    this.made += next.made;
    this.reused += elements.items.length - next.made;
    this.#set(key, next.entry);
    return next.entry.result as readonly Result[];
  }

  /**
   * What `project` gives for all items, as one list: the one of before while it is the same. It must depend on the item
   * alone, and is asked for those items again in whose neighbourhood something changed.
   */
  flatMap<Item extends object, Out extends object & Result>(
    key: Key,
    items: readonly Item[],
    project: (item: Item) => readonly Out[],
  ): readonly Out[] {
    const known = this.#entries.get(key);
    const last = known?.result as FlatList<Item, Out> | undefined;
    const next = last ? last.with(items, project) : FlatList.of(items, project);
    if (next === last) noteAsked(this.#shared, known!);
    else this.#set(key, madeEntry(this.#shared, [], next, { questions: new Set(), parts: new Set() }));
    return next.list;
  }

  /** Forgets the results that are not among these. */
  retain(living: ReadonlySet<Entry>): void {
    this.#entries.forEach((entry, key) => living.has(entry) || this.#entries.delete(key));
    this.added = 0;
  }

  /** Gives what sets the counts back to what they are now. */
  countsBack(): () => void {
    const { made, reused, added } = this;
    return () => void Object.assign(this, { made, reused, added });
  }

  entries(): Iterable<Entry> {
    return this.#entries.values();
  }

  get size(): number {
    return this.#entries.size;
  }

  #known(key: Key, inputs: readonly unknown[], same: Same | undefined): Entry | undefined {
    const entry = this.#entries.get(key);
    if (!entry) return undefined;
    const identical = sameInputs(entry.inputs, inputs);
    if (!identical && !(same && sameInputs(entry.inputs, inputs, same))) return undefined;
    if (!holds(entry, this.#shared)) return undefined;
    if (!identical) setInputs(entry, [...inputs], this.#shared);
    this.reused++;
    noteAsked(this.#shared, entry);
    return entry;
  }

  #keep(key: Key, inputs: readonly unknown[], result: Result, making: Making): Result {
    this.#set(key, madeEntry(this.#shared, inputs, result, making));
    this.made++;
    return result;
  }

  #set(key: Key, entry: Entry): void {
    const before = this.#entries.get(key);
    this.#shared.undo?.push(() => before ? this.#entries.set(key, before) : this.#entries.delete(key));
    if (!before) this.added++;
    this.#entries.set(key, entry);
    noteAsked(this.#shared, entry);
  }
}
