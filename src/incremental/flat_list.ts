import { nextDifference, sameItems } from "../api/mod.ts";

/** So many items at a time are projected again where one of them is another. */
const CHUNK = 128;

/** A list that was made of another, item by item, in chunks that are kept while their items are. */
export class FlatList<Item extends object, Out extends object> {
  readonly list: readonly Out[];
  readonly #items: readonly Item[];
  readonly #chunks: readonly (readonly Out[])[];

  private constructor(items: readonly Item[], chunks: readonly (readonly Out[])[], list: readonly Out[]) {
    this.#items = items;
    this.#chunks = chunks;
    this.list = list;
  }

  static of<Item extends object, Out extends object>(
    items: readonly Item[],
    project: (item: Item) => readonly Out[],
  ): FlatList<Item, Out> {
    const chunks: (readonly Out[])[] = [];
    for (let at = 0; at < items.length; at += CHUNK) chunks.push(projected(items, at, project));
    return new FlatList(items, chunks, joined(chunks));
  }

  /** The list of these items; with the very list of before, where that is the same. */
  with(items: readonly Item[], project: (item: Item) => readonly Out[]): FlatList<Item, Out> {
    if (items === this.#items) return this;
    if (items.length !== this.#items.length) {
      const other = FlatList.of(items, project);
      return sameItems(other.list, this.list) ? new FlatList(items, other.#chunks, this.list) : other;
    }
    let chunks: (readonly Out[])[] | undefined;
    let i = nextDifference(items, this.#items, 0);
    while (i < items.length) {
      const number = Math.floor(i / CHUNK);
      const chunk = projected(items, number * CHUNK, project);
      if (!sameItems(chunk, this.#chunks[number]!)) (chunks ??= [...this.#chunks])[number] = chunk;
      i = nextDifference(items, this.#items, (number + 1) * CHUNK);
    }
    return new FlatList(items, chunks ?? this.#chunks, chunks ? joined(chunks) : this.list);
  }
}

function projected<Item, Out>(
  items: readonly Item[],
  from: number,
  project: (item: Item) => readonly Out[],
): readonly Out[] {
  return items.slice(from, from + CHUNK).flatMap(project);
}

function joined<Out>(chunks: readonly (readonly Out[])[]): readonly Out[] {
  return ([] as Out[]).concat(...chunks);
}
