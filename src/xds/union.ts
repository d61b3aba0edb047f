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
  return step.union ??= new Map(sets.flatMap((set) => [...set]));
}
