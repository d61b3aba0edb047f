import type { Options } from "./options.ts";

const STAGES = ["early", "regular"] as const;
const LISTS = ["requestTransforms", "responseTransforms"] as const;

/**
 * Gloo's `stagedTransformations.inheritTransformation`: those of the parent, `theirs` (the delegating route, or the
 * virtual host for its own routes) come after those of the child, so that the child's apply where both match.
 */
export function inheritTransformations(child: Options, theirs: unknown): Options {
  const own = child.stagedTransformations;
  if (!isObject(own) || !own.inheritTransformation || !isObject(theirs)) return child;
  const merged: Record<string, unknown> = { ...own };
  for (const stage of STAGES) {
    if (theirs[stage] !== undefined) merged[stage] = joinStage(own[stage], theirs[stage]);
  }
  return { ...child, stagedTransformations: merged };
}

function joinStage(own: unknown, theirs: unknown): unknown {
  if (!isObject(own) || !isObject(theirs)) return own ?? theirs;
  const joined: Record<string, unknown> = { ...own };
  for (const list of LISTS) {
    const items = [...asList(own[list]), ...asList(theirs[list])];
    if (items.length > 0) joined[list] = items;
  }
  return joined;
}

const asList = (value: unknown): readonly unknown[] => Array.isArray(value) ? value : [];
const isObject = (value: unknown): value is Options =>
  typeof value === "object" && value !== null && !Array.isArray(value);
