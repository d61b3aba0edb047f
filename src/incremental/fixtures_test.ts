import { type Change, type ComparableLookup, isSelected, type Kind, refKey, type Resource } from "../api/mod.ts";

/** A configuration of Upstreams. */
export class Upstreams implements ComparableLookup {
  readonly all: ReadonlyMap<string, Resource<"Upstream">>;

  constructor(...resources: readonly Resource<"Upstream">[]) {
    this.all = new Map(resources.map((one) => [refKey(one.metadata), one]));
  }

  get<K extends Kind>(_kind: K, ref: { name: string; namespace: string }): Resource<K> | undefined {
    return this.all.get(refKey(ref)) as unknown as Resource<K> | undefined;
  }

  select<K extends Kind>(_kind: K, selection: Parameters<ComparableLookup["select"]>[1]): readonly Resource<K>[] {
    return [...this.all.values()].filter((one) => isSelected(one, selection)) as unknown as Resource<K>[];
  }

  changesSince(before: Upstreams): ReadonlyMap<Kind, ReadonlyMap<string, Change>> {
    const changes = new Map<string, Change>();
    for (const key of new Set([...before.all.keys(), ...this.all.keys()])) {
      if (before.all.get(key) === this.all.get(key)) continue;
      changes.set(key, { before: before.all.get(key), after: this.all.get(key) });
    }
    return new Map([["Upstream", changes]]);
  }
}

export const upstream = (name: string, labels: Record<string, string> = {}): Resource<"Upstream"> => ({
  kind: "Upstream",
  metadata: { name, namespace: "n", labels },
  spec: {},
});

/** What work in slices gives in the end. */
export function done<T>(work: Generator<void, T>): T {
  for (;;) {
    const step = work.next();
    if (step.done) return step.value;
  }
}
