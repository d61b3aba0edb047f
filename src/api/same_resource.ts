import type { Resource } from "./resource.ts";

/**
 * True where two resources of one identity mean the same. `metadata.resourceVersion` and `metadata.generation` do not
 * count: they tell of writes, not of content (Gloo leaves them out of its hashes too).
 */
export function sameResource(a: Resource, b: Resource): boolean {
  if (a === b) return true;
  const { resourceVersion: _aVersion, generation: _aGeneration, ...aMetadata } = a.metadata;
  const { resourceVersion: _bVersion, generation: _bGeneration, ...bMetadata } = b.metadata;
  return a.kind === b.kind && sameValue(aMetadata, bMetadata) && sameValue(a.spec, b.spec);
}

/**
 * Where two lists of one length have different objects, at `from` or after it; the length where they have none. Every list
 * that is looked through at each edit goes through this one loop, so that V8 keeps it compiled: where it does not, the same
 * loop takes fifty times as long.
 */
export function nextDifference(a: readonly object[], b: readonly object[], from: number): number {
  let i = from;
  while (i < a.length && a[i] === b[i]) i++;
  return i;
}

/** True where two lists have the same items in one order: the same objects, or as `same` says of those that are not. */
export function sameItems<T>(
  a: readonly T[],
  b: readonly T[],
  same: (a: T, b: T) => boolean = Object.is,
): boolean {
  if (a === b) return true;
  if (a.length !== b.length) return false;
  if (typeof a[0] !== "object") {
    for (let i = 0; i < a.length; i++) if (a[i] !== b[i] && !same(a[i]!, b[i]!)) return false;
    return true;
  }
  const [as, bs] = [a as readonly object[], b as readonly object[]];
  for (let i = nextDifference(as, bs, 0); i < a.length; i = nextDifference(as, bs, i + 1)) {
    if (!same(a[i]!, b[i]!)) return false;
  }
  return true;
}

/** Equality of JSON-like values; the order of an object's members does not count. */
export function sameValue(a: unknown, b: unknown): boolean {
  if (Object.is(a, b)) return true;
  if (typeof a !== "object" || typeof b !== "object" || a === null || b === null) return false;
  if (Array.isArray(a)) {
    return Array.isArray(b) && a.length === b.length && a.every((item, i) => sameValue(item, b[i]));
  }
  const keys = Object.keys(a);
  return !Array.isArray(b) && keys.length === Object.keys(b).length &&
    keys.every((key) => Object.hasOwn(b, key) && sameValue(a[key as keyof typeof a], b[key as keyof typeof b]));
}
