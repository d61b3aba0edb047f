import { editedNames } from "./edited_set.ts";
import type { ResourceSet, XdsResource } from "./resource.ts";

/** What changed from one set to another. */
export interface SetDiff {
  readonly added: readonly XdsResource[];
  /** In both sets, with another version. */
  readonly updated: readonly XdsResource[];
  /** `added`, then `updated`. */
  readonly changed: readonly XdsResource[];
  readonly removed: readonly string[];
}

const NOTHING: SetDiff = { added: [], updated: [], changed: [], removed: [] };

/** One comparison serves all streams that make the same step, so it is remembered as long as both sets live. */
const known = new WeakMap<ResourceSet, WeakMap<ResourceSet, SetDiff>>();

/**
 * Compares two sets by name and version. The same two sets give the same object. Sets must not be changed after they
 * were given here.
 */
export function diffSets(before: ResourceSet, after: ResourceSet): SetDiff {
  if (before === after) return NOTHING;
  let from = known.get(before);
  if (from === undefined) known.set(before, from = new WeakMap());
  let diff = from.get(after);
  if (diff === undefined) from.set(after, diff = compare(before, after));
  return diff;
}

/** Whether the two sets that were compared hold the same. */
export function isSame({ changed, removed }: SetDiff): boolean {
  return changed.length === 0 && removed.length === 0;
}

function compare(before: ResourceSet, after: ResourceSet): SetDiff {
  const names = editedNames(before, after);
  return names ? compareEdits(before, after, names) : compareAll(before, after);
}

function compareEdits(before: ResourceSet, after: ResourceSet, names: ReadonlySet<string>): SetDiff {
  const updated: XdsResource[] = [];
  for (const name of names) {
    const [old, resource] = [before.get(name)!, after.get(name)!];
    if (old !== resource && old.version !== resource.version) updated.push(resource);
  }
  return updated.length === 0 ? NOTHING : { ...NOTHING, updated, changed: updated };
}

function compareAll(before: ResourceSet, after: ResourceSet): SetDiff {
  const added: XdsResource[] = [];
  const updated: XdsResource[] = [];
  const removed: string[] = [];
  // Not for-of: it makes a pair for each of maybe thousands.
  after.forEach((resource, name) => {
    const old = before.get(name);
    if (old === undefined) added.push(resource);
    else if (old !== resource && old.version !== resource.version) updated.push(resource);
  });
  if (before.size + added.length !== after.size) {
    for (const name of before.keys()) {
      if (!after.has(name)) removed.push(name);
    }
  }
  if (added.length + updated.length + removed.length === 0) return NOTHING;
  return { added, updated, changed: updated.length === 0 ? added : [...added, ...updated], removed };
}
