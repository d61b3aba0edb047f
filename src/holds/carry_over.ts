import type { ResourceRefs } from "../xds/mod.ts";
import type { ServedPieces } from "./served.ts";

/** Everything that a set of pieces refers to or that is referred to, by sort. */
type Needs = { readonly [S in keyof Required<ResourceRefs>]: Set<string> };

/**
 * Adds what held pieces refer to (`refs`) and the new translation lacks, as it was served last: clusters with their
 * endpoints and secrets, and route configurations. Only held pieces bring anything back; what others lack is missing on
 * purpose.
 */
export function carryOver(
  next: ServedPieces,
  refs: readonly ResourceRefs[],
  served: ServedPieces | undefined,
): ServedPieces {
  if (!served) return next;
  const needs: Needs = { clusters: new Set(), endpoints: new Set(), secrets: new Set(), routes: new Set() };
  const need = (refs: ResourceRefs) => {
    for (const sort of ["clusters", "endpoints", "secrets", "routes"] as const) {
      for (const name of refs[sort] ?? []) needs[sort].add(name);
    }
  };
  refs.forEach(need);
  const routes = missing(next.routes, served.routes, needs.routes);
  for (const { virtualHosts } of routes) {
    for (const host of virtualHosts) [host.refs, { clusters: host.clusters }].forEach(need);
  }
  const clusters = missing(next.clusters, served.clusters, needs.clusters);
  for (const { refs } of clusters) need(refs);
  return {
    listeners: next.listeners,
    routes: joined(next.routes, routes),
    clusters: joined(next.clusters, clusters),
    endpoints: joined(next.endpoints, missing(next.endpoints, served.endpoints, needs.endpoints)),
    secrets: joined(next.secrets, missing(next.secrets, served.secrets, needs.secrets)),
  };
}

/** The served ones that are needed and not there any more. */
function missing<T extends { readonly name: string }>(
  next: readonly T[],
  served: readonly T[],
  needed: ReadonlySet<string>,
): readonly T[] {
  if (needed.size === 0) return [];
  const absent = new Set(needed);
  for (const { name } of next) absent.delete(name);
  return absent.size === 0 ? [] : served.filter(({ name }) => absent.has(name));
}

function joined<T>(next: readonly T[], carried: readonly T[]): readonly T[] {
  return carried.length === 0 ? next : [...next, ...carried];
}
