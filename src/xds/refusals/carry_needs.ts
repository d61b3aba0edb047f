import type { EnvoySnapshot, ResourceRefs, ResourceSet, XdsResource } from "../resource.ts";
import type { ClientHold } from "./client_hold.ts";

/**
 * `laid`, with what held forms need and the configuration has dropped since: clusters with their endpoints and secrets, as the
 * client has them now.
 */
export function carryNeeds(
  laid: EnvoySnapshot,
  holds: readonly ClientHold[],
  shown: EnvoySnapshot | undefined,
): EnvoySnapshot {
  if (shown === undefined) return laid;
  const refs = holds.flatMap(refsOf);
  const clusters = missing(refs.flatMap((one) => one.clusters ?? []), laid.clusters, shown.clusters);
  const needs = [...refs, ...clusters.map((cluster) => cluster.refs)];
  const endpoints = missing(needs.flatMap((one) => one.endpoints ?? []), laid.endpoints, shown.endpoints);
  const secrets = missing(needs.flatMap((one) => one.secrets ?? []), laid.secrets, shown.secrets);
  if (clusters.length + endpoints.length + secrets.length === 0) return laid;
  return {
    ...laid,
    clusters: joined(laid.clusters, clusters),
    endpoints: joined(laid.endpoints, endpoints),
    secrets: joined(laid.secrets, secrets),
  };
}

function refsOf(hold: ClientHold): readonly ResourceRefs[] {
  if (hold.what === "part") return [hold.refs];
  if (hold.what === "frame") return hold.withHosts && hold.instead ? [hold.instead.refs] : [];
  return [...(hold.instead ? [hold.instead] : []), ...hold.also].map(({ refs }) => refs);
}

function missing(names: readonly string[], set: ResourceSet, shown: ResourceSet): XdsResource[] {
  return [...new Set(names)].flatMap((name) => set.has(name) ? [] : shown.get(name) ?? []);
}

function joined(set: ResourceSet, more: readonly XdsResource[]): ResourceSet {
  return more.length === 0 ? set : new Map([...set, ...more.map((resource) => [resource.name, resource] as const)]);
}
