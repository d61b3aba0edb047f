import type { Origin } from "../api/mod.ts";

export function samePlace(a: Origin, b: Origin): boolean {
  return a === b || a.kind === b.kind && a.namespace === b.namespace && a.name === b.name && a.path === b.path;
}
