import { ALL_KINDS, isSelected, refKey } from "../api/mod.ts";
import type { Change, Changes, ComparableLookup, Kind, Ref, Resource, Selection } from "../api/mod.ts";
import type { ResourceMap } from "./resource_map.ts";

/**
 * What Sluice knows of its configuration at one moment (Gloo's ApiSnapshot): one list a kind. Immutable. A resource is
 * the same object in every ApiSnapshot in which its content is equal; a kind that did not change is the same map.
 */
export class ApiSnapshot implements ComparableLookup {
  /** Counts commits; a later ApiSnapshot has a larger number. */
  readonly sequence: number;
  readonly #kinds: { readonly [K in Kind]?: ResourceMap<K> };

  constructor(sequence: number, kinds: { readonly [K in Kind]?: ResourceMap<K> }) {
    this.sequence = sequence;
    this.#kinds = kinds;
  }

  map<K extends Kind>(kind: K): ResourceMap<K> {
    return (this.#kinds[kind] ?? EMPTY) as unknown as ResourceMap<K>;
  }

  get<K extends Kind>(kind: K, ref: Ref): Resource<K> | undefined {
    return this.map(kind).get(refKey(ref));
  }

  /** In order of namespace, then name; the same array for as long as the kind does not change. */
  list<K extends Kind>(kind: K): readonly Resource<K>[] {
    return listOf(this.map(kind));
  }

  select<K extends Kind>(kind: K, selection: Selection): readonly Resource<K>[] {
    const list = this.list(kind);
    const { namespaces, labels, expressions } = selection;
    return namespaces || labels || expressions ? list.filter((resource) => isSelected(resource, selection)) : list;
  }

  /** What differs from `before`, whichever of the two is the newer. */
  changesSince(before: ApiSnapshot): Changes {
    const changes = new Map<Kind, ReadonlyMap<string, Change>>();
    for (const kind of ALL_KINDS) {
      const ofKind = changesOf(before.map(kind), this.map(kind));
      if (ofKind.size > 0) changes.set(kind, ofKind);
    }
    return changes;
  }

  /** How many resources there are of all kinds. */
  get size(): number {
    return ALL_KINDS.reduce((sum, kind) => sum + this.map(kind).size, 0);
  }
}

function changesOf(before: ResourceMap, after: ResourceMap): ReadonlyMap<string, Change> {
  const changes = new Map<string, Change>();
  if (before === after) return changes;
  for (const [key, resource] of after) {
    const old = before.get(key);
    if (old !== resource) changes.set(key, old ? { before: old, after: resource } : { after: resource });
  }
  for (const [key, old] of before) if (!after.has(key)) changes.set(key, { before: old });
  return changes;
}

const EMPTY: ReadonlyMap<string, never> = new Map<string, never>();

const lists = new WeakMap<object, readonly Resource[]>();

function listOf<K extends Kind>(map: ResourceMap<K>): readonly Resource<K>[] {
  const known = lists.get(map);
  if (known) return known as readonly Resource<K>[];
  const list: readonly Resource<K>[] = Object.freeze([...map.values()]);
  lists.set(map, list as readonly Resource[]);
  return list;
}
