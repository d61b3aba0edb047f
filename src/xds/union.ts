import { baseOf, editedSet, editsOf } from "./edited_set.ts";
import type { ResourceSet } from "./resource.ts";

interface Step {
  readonly next: WeakMap<ResourceSet, Step>;
  union?: ResourceSet;
}

const newStep = (): Step => ({ next: new WeakMap() });
const NOTHING: ResourceSet = new Map();
const start = newStep();

/**
 * All resources of sets that share no name. The same sets in the same order give the same object, so that streams that show
 * the same compare by identity.
 */
export function unionOf(sets: readonly ResourceSet[]): ResourceSet {
  if (sets.length < 2) return sets[0] ?? NOTHING;
  let step = start;
  for (const set of sets) {
    let next = step.next.get(set);
    if (next === undefined) step.next.set(set, next = newStep());
    step = next;
  }
  return step.union ??= joined(sets);
}

/** Edits of sets are edits of their union: what is the same in all that share a base is put together once. */
function joined(sets: readonly ResourceSet[]): ResourceSet {
  const bases = sets.map((set) => baseOf(set));
  if (bases.every((base, i) => base === sets[i])) return new Map(sets.flatMap((set) => [...set]));
  return editedSet(unionOf(bases), new Map(sets.flatMap((set) => [...editsOf(set)])));
}
