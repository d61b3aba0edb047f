import { ALL_KINDS, isSelected } from "../api/mod.ts";
import type { Change, Changes, ComparableLookup, Kind, Ref, Resource, Selection } from "../api/mod.ts";
import { SortedResources } from "./resource_map.ts";
import type { ResourceMap } from "./resource_map.ts";

/**
 * What Sluice knows of its configuration at one moment (Gloo's ApiSnapshot): one list a kind. Immutable. A resource is
 * the same object in every ApiSnapshot in which its content is equal; a kind that did not change is the same map.
 */
export class ApiSnapshot implements ComparableLookup {
  /** Counts commits; a later ApiSnapshot has a larger number. */
  readonly sequence: number;
  readonly #kinds: ReadonlyMap<Kind, SortedResources>;

  constructor(sequence: number, kinds: { readonly [K in Kind]?: ResourceMap<K> }) {
    this.sequence = sequence;
    this.#kinds = new Map(
      ALL_KINDS.flatMap((kind) => {
        const map = kinds[kind] as ResourceMap | undefined;
        return map ? [[kind, SortedResources.of(map)]] : [];
      }),
    );
  }

  map<K extends Kind>(kind: K): ResourceMap<K> {
    return this.#of(kind);
  }

  get<K extends Kind>(kind: K, ref: Ref): Resource<K> | undefined {
    return this.#of(kind).find(ref);
  }

  /** In order of namespace, then name; the same array for as long as the kind does not change. */
  list<K extends Kind>(kind: K): readonly Resource<K>[] {
    return this.#of(kind).list;
  }

  select<K extends Kind>(kind: K, selection: Selection): readonly Resource<K>[] {
    const { namespaces, labels, expressions } = selection;
    const [label] = Object.entries(labels ?? {});
    const labelled = label && this.#of(kind).withLabel(...label);
    if (labelled) return labelled.filter((resource) => isSelected(resource, selection));
    const list = namespaces
      ? [...new Set(namespaces)].sort().flatMap((namespace) => this.#of(kind).inNamespace(namespace))
      : this.list(kind);
    return labels || expressions ? list.filter((resource) => isSelected(resource, { labels, expressions })) : list;
  }

  /** What differs from `before`, whichever of the two is the newer. Kinds that are the same map cost nothing. */
  changesSince(before: ApiSnapshot): Changes {
    const changes = new Map<Kind, ReadonlyMap<string, Change>>();
    for (const kind of ALL_KINDS) {
      const [old, now] = [before.#of(kind) as SortedResources, this.#of(kind) as SortedResources];
      const ofKind = old === now ? undefined : now.changesSince(old);
      if (ofKind && ofKind.size > 0) changes.set(kind, ofKind);
    }
    return changes;
  }

  /** The ApiSnapshot with the changes made, by kind, then `namespace/name`; itself where they change nothing. */
  with(changes: ReadonlyMap<Kind, ReadonlyMap<string, Resource | undefined>>): ApiSnapshot {
    const next: { [K in Kind]?: SortedResources } = Object.fromEntries(this.#kinds);
    let different = false;
    for (const [kind, ofKind] of changes) {
      const before = this.#of(kind) as SortedResources;
      const after = before.with(ofKind);
      next[kind] = after;
      different ||= after !== before;
    }
    return different ? new ApiSnapshot(this.sequence + 1, next as { [K in Kind]?: ResourceMap<K> }) : this;
  }

  /** How many resources there are of all kinds. */
  get size(): number {
    return ALL_KINDS.reduce((sum, kind) => sum + this.map(kind).size, 0);
  }

  #of<K extends Kind>(kind: K): SortedResources<K> {
    return (this.#kinds.get(kind) ?? EMPTY) as unknown as SortedResources<K>;
  }
}

const EMPTY = new SortedResources<never>([]);
