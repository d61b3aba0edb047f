import type { Origin } from "../api/mod.ts";

/** True where both lists hold the same objects in one order. */
export function sameItems<T>(a: readonly T[], b: readonly T[]): boolean {
  if (a === b) return true;
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
}

export function samePlace(a: Origin, b: Origin): boolean {
  return a === b || a.kind === b.kind && a.namespace === b.namespace && a.name === b.name && a.path === b.path;
}
