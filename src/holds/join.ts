import { sameValue } from "../api/mod.ts";
import { encode, joinFields, type Message, TYPE_URL } from "../envoy/mod.ts";
import {
  type ClusterPiece,
  type FilterChainPiece,
  type ListenerPiece,
  type Piece,
  resourceOrigin,
  type RouteConfigurationPiece,
  type RoutePiece,
  sameBytes,
  type VirtualHostPiece,
} from "../translator/mod.ts";
import { type ResourceOrigin, type RouteResource, routeResource, versionOf, type XdsResource } from "../xds/mod.ts";

/** Field numbers in Envoy's messages. */
const VIRTUAL_HOST = { domains: 2, routes: 3 } as const;
const LISTENER = { filterChains: 3 } as const;
const FILTER_CHAIN = { match: 1 } as const;

type Parts = Omit<XdsResource, "version">;

/** The resource of these parts; `before` itself where it has the same. */
export function resourceLike(before: XdsResource | undefined, parts: Parts): XdsResource {
  if (!before || !sameBytes(before.bytes, parts.bytes)) return { ...parts, version: versionOf(parts.bytes) };
  if (sameValue(before.refs, parts.refs) && sameValue(before.origins, parts.origins)) return before;
  return { ...parts, bytes: before.bytes, version: before.version };
}

export function clusterResource(
  { name, origin, bytes, refs }: ClusterPiece,
  before: XdsResource | undefined,
): XdsResource {
  return resourceLike(before, {
    typeUrl: TYPE_URL.cluster,
    name,
    bytes: bytes!,
    origins: [resourceOrigin(origin)],
    refs,
  });
}

/** A listener with its filter chains; undefined where none is left. */
export function listenerResource(listener: ListenerPiece, before: XdsResource | undefined): XdsResource | undefined {
  const chains = mergeChains(listener.filterChains);
  if (chains.length === 0 || !listener.bytes) return undefined;
  const pieces = [listener, ...listener.filterChains];
  const parts = chains.map((chain) => concat([matchBytes(chain), chain.bytes!]));
  return resourceLike(before, {
    typeUrl: TYPE_URL.listener,
    name: listener.name,
    bytes: concat([listener.bytes, joinFields(LISTENER.filterChains, parts)]),
    origins: originsOf(pieces),
    refs: refsOf(pieces),
  });
}

function matchBytes({ match }: FilterChainPiece): Uint8Array {
  if (Object.keys(match).length === 0) return new Uint8Array();
  return joinFields(FILTER_CHAIN.match, [encode("envoy.config.listener.v3.FilterChainMatch", match)]);
}

/**
 * Makes one of chains that differ in their server names alone. A chain for every name stays by itself: its names would
 * otherwise lose to another chain's wildcard.
 */
export function mergeChains(chains: readonly FilterChainPiece[]): FilterChainPiece[] {
  const merged = new Map<string, FilterChainPiece>();
  for (const chain of chains) {
    if (!chain.bytes) continue;
    const { serverNames = [], ...rest } = chain.match;
    const key = `${versionOf(chain.bytes)} ${serverNames.length > 0} ${JSON.stringify(rest)}`;
    const before = merged.get(key);
    merged.set(key, before ? { ...before, match: { ...rest, ...unitedNames(before.match, chain.match) } } : chain);
  }
  return [...merged.values()];
}

type Match = Message<"envoy.config.listener.v3.FilterChainMatch">;

function unitedNames(a: Match, b: Match): Match {
  const serverNames = [...new Set([...a.serverNames ?? [], ...b.serverNames ?? []])];
  return serverNames.length > 0 ? { serverNames } : {};
}

/** `served` are the names of the clusters that there will be. Yields after each virtual host. */
export function* routeConfigurationResource(
  { name, origin, bytes, virtualHosts }: RouteConfigurationPiece,
  before: RouteResource | undefined,
  served: ReadonlySet<string>,
): Generator<void, RouteResource> {
  const hostsBefore = new Map(before?.virtualHosts.map((host) => [host.name, host]));
  const names = new Set<string>();
  const hosts: XdsResource[] = [];
  for (const host of virtualHosts) {
    if (!host.bytes || host.domains.length === 0 || names.has(host.name)) continue;
    names.add(host.name);
    hosts.push(virtualHostResource(host, hostsBefore.get(host.name), served));
    yield;
  }
  if (hosts.length === 0) hosts.push(answering(name, 404, hostsBefore));
  const origins = distinctOrigins([resourceOrigin(origin), ...hosts.flatMap((host) => host.origins)]);
  const refs = uniteClusters(hosts.map((host) => host.refs.clusters ?? []));
  const same = before && sameBytes(before.frame, bytes!) && before.virtualHosts.length === hosts.length &&
    hosts.every((host, i) => host === before.virtualHosts[i]) && sameValue(before.origins, origins);
  return same ? before : routeResource({ name, frame: bytes!, virtualHosts: hosts, origins, refs });
}

/** What stands in for a route configuration that a listener names and nobody has (as in Gloo). */
export function missingRouteConfiguration(name: string, before: RouteResource | undefined): RouteResource {
  const hostsBefore = new Map(before?.virtualHosts.map((host) => [host.name, host]));
  const host = answering(name, 500, hostsBefore);
  if (before && before.virtualHosts.length === 1 && before.virtualHosts[0] === host) return before;
  const frame = encode("envoy.config.route.v3.RouteConfiguration", { name });
  return routeResource({ name, frame, virtualHosts: [host], origins: [], refs: {} });
}

/** A virtual host that answers everything with a status. A route configuration without any keeps its listener closed. */
function answering(configuration: string, status: number, before: ReadonlyMap<string, XdsResource>): XdsResource {
  const name = `${configuration}/answers-${status}`;
  const bytes = encode("envoy.config.route.v3.VirtualHost", {
    name,
    domains: ["*"],
    routes: [{ match: { prefix: "/" }, directResponse: { status } }],
  });
  return resourceLike(before.get(name), { typeUrl: TYPE_URL.virtualHost, name, bytes, origins: [], refs: {} });
}

function virtualHostResource(
  host: VirtualHostPiece,
  before: XdsResource | undefined,
  served: ReadonlySet<string>,
): XdsResource {
  // A stand-in brings its only route along.
  const routes = host.rejected ? [] : host.routes.filter((route) => route.bytes);
  const domains = host.domains.map((domain) => new TextEncoder().encode(domain));
  return resourceLike(before, {
    typeUrl: TYPE_URL.virtualHost,
    name: host.name,
    bytes: concat([
      host.bytes!,
      joinFields(VIRTUAL_HOST.domains, domains),
      joinFields(VIRTUAL_HOST.routes, routes.map((route) => routeBytes(route, served))),
    ]),
    origins: originsOf([host, ...routes]),
    refs: refsOf([host, ...routes]),
  });
}

function routeBytes({ bytes, refs, withoutClusters }: RoutePiece, served: ReadonlySet<string>): Uint8Array {
  const lost = withoutClusters && !(refs.clusters ?? []).some((cluster) => served.has(cluster));
  return lost ? withoutClusters : bytes!;
}

function originsOf(pieces: readonly Piece[]): readonly ResourceOrigin[] {
  return distinctOrigins(pieces.map(({ origin }) => resourceOrigin(origin)));
}

function distinctOrigins(origins: readonly ResourceOrigin[]): readonly ResourceOrigin[] {
  return [...new Map(origins.map((one) => [`${one.kind}/${one.namespace}/${one.name}`, one])).values()];
}

function refsOf(pieces: readonly Piece[]): XdsResource["refs"] {
  const refs: Record<string, readonly string[]> = {};
  for (const sort of ["clusters", "endpoints", "secrets", "routes"] as const) {
    const names = [...new Set(pieces.flatMap((piece) => piece.refs[sort] ?? []))];
    if (names.length > 0) refs[sort] = names;
  }
  return refs;
}

function uniteClusters(lists: readonly (readonly string[])[]): XdsResource["refs"] {
  const clusters = [...new Set(lists.flat())];
  return clusters.length > 0 ? { clusters } : {};
}

function concat(parts: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let offset = 0;
  for (const part of parts) {
    whole.set(part, offset);
    offset += part.length;
  }
  return whole;
}
