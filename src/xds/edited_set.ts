import type { ResourceSet, XdsResource } from "./resource.ts";

/** A smaller set is quicker copied than looked through beside its edits. */
const LEAST = 256;
/** One of so many resources may be an edit, before the set is copied. */
const SHARE = 64;

/**
 * The set with other resources under some of its names. It costs what is edited and not what is in the set: until edits are
 * many, they are kept beside the set that they were made in, which is never changed.
 * @param edits All names are in the set.
 */
export function editedSet<R extends XdsResource>(set: ResourceSet<R>, edits: ReadonlyMap<string, R>): ResourceSet<R> {
  if (edits.size === 0) return set;
  const all = set instanceof EditedSet ? new Map([...(set as EditedSet<R>).edits, ...edits]) : edits;
  const base = baseOf(set);
  if (base.size >= LEAST && all.size <= base.size / SHARE) return new EditedSet(base, all);
  const copy = new Map(set);
  edits.forEach((resource, name) => copy.set(name, resource));
  return copy;
}

/** The set in which the edits of this one were made; itself where it has none. */
export function baseOf<R extends XdsResource>(set: ResourceSet<R>): ResourceSet<R> {
  return set instanceof EditedSet ? (set as EditedSet<R>).base : set;
}

/** What is another in the set than in its {@link baseOf base}. */
export function editsOf<R extends XdsResource>(set: ResourceSet<R>): ReadonlyMap<string, R> {
  return set instanceof EditedSet ? (set as EditedSet<R>).edits : new Map();
}

/**
 * The names under which two sets may hold different resources, where both were made by edits of one set: they have the same
 * names in one order then. Undefined where that is not so.
 */
export function editedNames(a: ResourceSet, b: ResourceSet): ReadonlySet<string> | undefined {
  if (baseOf(a) !== baseOf(b)) return undefined;
  return new Set([...editsOf(a).keys(), ...editsOf(b).keys()]);
}

class EditedSet<R extends XdsResource> implements ReadonlyMap<string, R> {
  readonly base: ResourceSet<R>;
  readonly edits: ReadonlyMap<string, R>;

  constructor(base: ResourceSet<R>, edits: ReadonlyMap<string, R>) {
    this.base = base;
    this.edits = edits;
  }

  get size(): number {
    return this.base.size;
  }

  get(name: string): R | undefined {
    return this.edits.get(name) ?? this.base.get(name);
  }

  has(name: string): boolean {
    return this.base.has(name);
  }

  forEach(action: (resource: R, name: string, set: ResourceSet<R>) => void): void {
    this.base.forEach((resource, name) => action(this.edits.get(name) ?? resource, name, this));
  }

  keys(): MapIterator<string> {
    return this.base.keys();
  }

  values(): MapIterator<R> {
    const all: R[] = [];
    // Not by pairs: there may be thousands.
    this.forEach((resource) => all.push(resource));
    return all.values() as MapIterator<R>;
  }

  entries(): MapIterator<[string, R]> {
    return this.base.entries().map((
      [name, resource],
    ): [string, R] => [name, this.edits.get(name) ?? resource]) as MapIterator<
      [string, R]
    >;
  }

  [Symbol.iterator](): MapIterator<[string, R]> {
    return this.entries();
  }
}
