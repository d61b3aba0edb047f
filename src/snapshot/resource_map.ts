import { refKey } from "../api/mod.ts";
import type { Change, Kind, Ref, Resource } from "../api/mod.ts";

/** Resources of one kind by `namespace/name`, in order of namespace, then name. Never changed once made. */
export type ResourceMap<K extends Kind = Kind> = ReadonlyMap<string, Resource<K>>;

/** The new state of some resources by `namespace/name`; undefined means gone. */
export type ResourceChanges = ReadonlyMap<string, Resource | undefined>;

/** Order of namespace, then name. (Not that of their keys as text, where `a-b/x` comes before `a/x`.) */
export function compareRefs(a: Ref, b: Ref): number {
  if (a.namespace !== b.namespace) return a.namespace < b.namespace ? -1 : 1;
  return a.name < b.name ? -1 : a.name > b.name ? 1 : 0;
}

/**
 * A {@link ResourceMap} over one sorted array: to copy an array of ten thousand for a single change takes microseconds,
 * to copy a Map milliseconds; and a namespace is a stretch of it.
 */
export class SortedResources<K extends Kind = Kind> implements ReadonlyMap<string, Resource<K>> {
  /** In order. (Not frozen: V8 copies a frozen array fifty times slower.) */
  readonly list: readonly Resource<K>[];
  /** What it was made from by edits. Weak, so that not all states that there ever were are kept. */
  #from: { readonly before: WeakRef<SortedResources>; readonly edits: readonly Edit[] } | undefined;
  /** By key of a label, the resources by its value; undefined after the first time that the key was asked for. */
  #byLabel: Map<string, ReadonlyMap<string | undefined, readonly Resource<K>[]> | undefined> | undefined;

  constructor(sorted: readonly Resource<K>[]) {
    this.list = sorted;
  }

  /** The same resources, whatever their order is. */
  static of<K extends Kind>(map: ReadonlyMap<string, Resource<K>>): SortedResources<K> {
    if (map instanceof SortedResources) return map;
    return new SortedResources([...map.values()].sort((a, b) => compareRefs(a.metadata, b.metadata)));
  }

  get size(): number {
    return this.list.length;
  }

  get(key: string): Resource<K> | undefined {
    return this.find(refOf(key));
  }

  has(key: string): boolean {
    return this.get(key) !== undefined;
  }

  find(ref: Ref): Resource<K> | undefined {
    const found = this.list[this.#position(ref)];
    return found && compareRefs(found.metadata, ref) === 0 ? found : undefined;
  }

  /** Those of one namespace. */
  inNamespace(namespace: string): readonly Resource<K>[] {
    const start = this.#position({ namespace, name: "" });
    // No namespace has this character, and none that begins with it comes between.
    const end = this.#position({ namespace: `${namespace}\0`, name: "" });
    return this.list.slice(start, end);
  }

  /**
   * Those with this label, from an index; undefined at the first time that a key is asked for, as going through all of them
   * once is as good as making the index.
   */
  withLabel(key: string, value: string): readonly Resource<K>[] | undefined {
    const known = this.#byLabel ??= new Map();
    if (!known.has(key)) {
      known.set(key, undefined);
      return undefined;
    }
    let byValue = known.get(key);
    if (!byValue) known.set(key, byValue = Map.groupBy(this.list, ({ metadata }) => metadata.labels?.[key]));
    return byValue.get(value) ?? [];
  }

  /** These resources with the changes made; itself where they change nothing. */
  with(changes: ResourceChanges): SortedResources {
    const edits: Edit[] = [];
    for (const [key, after] of changes) {
      const ref = refOf(key);
      const at = this.#position(ref);
      const found = this.list[at] as Resource | undefined;
      const before = found && compareRefs(found.metadata, ref) === 0 ? found : undefined;
      if (before !== after) edits.push({ ref, at, before, after });
    }
    const self = this as unknown as SortedResources;
    if (edits.length === 0) return self;
    edits.sort((a, b) => compareRefs(a.ref, b.ref));
    const after = new SortedResources(edited(this.list, edits));
    after.#from = { before: new WeakRef(self), edits };
    return after;
  }

  /** What differs from `before`, by `namespace/name`; costs no more than the change where this was made from it. */
  changesSince(before: SortedResources): ReadonlyMap<string, Change> {
    if (this.#from?.before.deref() !== before) return changesBetween(before, this as unknown as SortedResources);
    return new Map(this.#from.edits.map((edit) => [refKey(edit.ref), changeOf(edit.before, edit.after)]));
  }

  keys(): MapIterator<string> {
    return this.list.values().map(keyOf) as MapIterator<string>;
  }

  values(): MapIterator<Resource<K>> {
    return this.list.values() as MapIterator<Resource<K>>;
  }

  entries(): MapIterator<[string, Resource<K>]> {
    return this.list.values().map((one): [string, Resource<K>] => [keyOf(one), one]) as MapIterator<
      [string, Resource<K>]
    >;
  }

  [Symbol.iterator](): MapIterator<[string, Resource<K>]> {
    return this.entries();
  }

  forEach(action: (resource: Resource<K>, key: string, map: ReadonlyMap<string, Resource<K>>) => void): void {
    for (const [key, resource] of this) action(resource, key, this);
  }

  /** Where the resource is, or would be put. */
  #position(ref: Ref): number {
    let [low, high] = [0, this.list.length];
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (compareRefs(this.list[middle]!.metadata, ref) < 0) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

/** What differs between two states of a kind, by `namespace/name`: one pass that mostly compares pointers. */
function changesBetween(before: SortedResources, after: SortedResources): ReadonlyMap<string, Change> {
  const changes = new Map<string, Change>();
  const [olds, news] = [before.list, after.list];
  for (let i = 0, j = 0; i < olds.length || j < news.length;) {
    const [old, now] = [olds[i], news[j]];
    if (old === now) {
      i++;
      j++;
      continue;
    }
    const order = !old ? 1 : !now ? -1 : compareRefs(old.metadata, now.metadata);
    const change = changeOf(order <= 0 ? old : undefined, order >= 0 ? now : undefined);
    changes.set(keyOf((change.before ?? change.after)!), change);
    if (order <= 0) i++;
    if (order >= 0) j++;
  }
  return changes;
}

function changeOf(before: Resource | undefined, after: Resource | undefined): Change {
  return { ...(before && { before }), ...(after && { after }) };
}

interface Edit {
  readonly ref: Ref;
  readonly at: number;
  readonly before: Resource | undefined;
  readonly after: Resource | undefined;
}

/** The edits are in order. */
function edited(list: readonly Resource[], edits: readonly Edit[]): Resource[] {
  if (edits.every(({ before, after }) => before && after)) {
    const next = list.slice();
    for (const { at, after } of edits) next[at] = after!;
    return next;
  }
  const next: Resource[] = [];
  let from = 0;
  for (const { at, before, after } of edits) {
    for (; from < at; from++) next.push(list[from]!);
    if (after) next.push(after);
    if (before) from++;
  }
  for (; from < list.length; from++) next.push(list[from]!);
  return next;
}

const keyOf = (resource: Resource): string => refKey(resource.metadata);

/** Neither namespaces nor names hold a slash. */
function refOf(key: string): Ref {
  const slash = key.indexOf("/");
  return { namespace: key.slice(0, slash), name: key.slice(slash + 1) };
}
