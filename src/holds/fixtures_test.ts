/** Hand-made pieces for the tests of this room; no tests of its own. */
import type { Origin } from "../api/mod.ts";
import { decode, encode, type Message, TYPE_URL } from "../envoy/mod.ts";
import {
  type ClusterPiece,
  type FilterChainPiece,
  type ListenerPiece,
  type ProxyTranslation,
  type RouteConfigurationPiece,
  type RoutePiece,
  routesSummary,
  type VirtualHostPiece,
} from "../translator/mod.ts";
import { type EnvoySnapshot, versionOf, type XdsResource } from "../xds/mod.ts";
import { applyHolds, type HoldsResult } from "./apply_holds.ts";
import type { Served } from "./served.ts";

export const origin = (path: string, name = "vs"): Origin => ({ kind: "VirtualService", namespace: "ns", name, path });

const ROUTE = "envoy.config.route.v3.Route";
const VIRTUAL_HOST = "envoy.config.route.v3.VirtualHost";
const LISTENER = "envoy.config.listener.v3.Listener";

/** A good route that answers 200 with `body`, at `place`. */
export function route(key: string, body: string, place = key, rest: Partial<RoutePiece> = {}): RoutePiece {
  const message = { name: key, match: { prefix: "/" }, directResponse: { status: 200, body: { inlineString: body } } };
  return { key, origin: origin(place), bytes: encode(ROUTE, message), refs: {}, ...rest };
}

/** A rejected one, with a stand-in that answers 500 unless `bare`. */
export function rejected(key: string, place = key, rest: { bare?: boolean; replace?: boolean } = {}): RoutePiece {
  const message = { name: key, match: { prefix: "/" }, directResponse: { status: 500 } };
  return {
    key,
    origin: origin(place),
    rejected: rest.replace ? "replace" : "hold",
    bytes: rest.bare ? undefined : encode(ROUTE, message),
    refs: {},
  };
}

export function virtualHost(
  key: string,
  routes: readonly RoutePiece[],
  rest: Partial<VirtualHostPiece> = {},
): VirtualHostPiece {
  const name = `rc/${key}`;
  const bytes = encode(VIRTUAL_HOST, { name });
  const faulty = rest.rejected !== undefined || routes.some((one) => one.rejected);
  const summary = { faulty, ...routesSummary(routes) };
  return { key, name, origin: origin("", key), domains: [`${key}.test`], routes, bytes, refs: {}, ...summary, ...rest };
}

export const standInHost = (name: string) =>
  encode(VIRTUAL_HOST, { name, routes: [{ match: { prefix: "/" }, directResponse: { status: 500 } }] });

export function configuration(
  virtualHosts: readonly VirtualHostPiece[],
  rest: Partial<RouteConfigurationPiece> = {},
): RouteConfigurationPiece {
  const name = rest.name ?? "rc";
  const bytes = encode("envoy.config.route.v3.RouteConfiguration", { name });
  const faultyHosts = virtualHosts.filter(({ faulty }) => faulty);
  return { key: name, name, origin: origin("", "gw"), bytes, refs: {}, virtualHosts, faultyHosts, ...rest };
}

/** A filter chain that only its `marker` tells from others. */
export function chain(key: string, marker: string, rest: Partial<FilterChainPiece> = {}): FilterChainPiece {
  const bytes = encode("envoy.config.listener.v3.FilterChain", { name: marker });
  return { key, origin: origin("sslConfig", key), match: {}, bytes, refs: { routes: ["rc"] }, ...rest };
}

export function listener(filterChains: readonly FilterChainPiece[], rest: Partial<ListenerPiece> = {}): ListenerPiece {
  const name = rest.name ?? "l";
  return {
    key: "l",
    name,
    origin: origin("", "gw"),
    bytes: encode(LISTENER, { name }),
    refs: {},
    filterChains,
    ...rest,
  };
}

export function cluster(name: string, rest: Partial<ClusterPiece> = {}): ClusterPiece {
  const bytes = encode("envoy.config.cluster.v3.Cluster", { name });
  return { key: name, name, origin: origin("", name), bytes, refs: { endpoints: [name] }, ...rest };
}

export function assignment(name: string): XdsResource {
  const bytes = encode("envoy.config.endpoint.v3.ClusterLoadAssignment", { clusterName: name, endpoints: [{}] });
  return { typeUrl: TYPE_URL.endpoint, name, version: versionOf(bytes), bytes, origins: [], refs: {} };
}

export function secret(name: string): XdsResource {
  const bytes = encode("envoy.extensions.transport_sockets.tls.v3.Secret", { name });
  return { typeUrl: TYPE_URL.secret, name, version: versionOf(bytes), bytes, origins: [], refs: {} };
}

/** A translation with one listener that refers to the route configuration `rc`. */
export function translation(parts: Partial<ProxyTranslation>): ProxyTranslation {
  return {
    proxy: { namespace: "ns", name: "proxy" },
    listeners: [listener([chain("http", "http")])],
    routes: [],
    clusters: [],
    endpoints: [],
    secrets: [],
    reports: [],
    ...parts,
  };
}

export const withRoutes = (...routes: RoutePiece[]): ProxyTranslation =>
  translation({ routes: [configuration([virtualHost("vs", routes)])] });

/** Applies translations one after the other, each with what the one before left. */
export function applyAll(...translations: ProxyTranslation[]): HoldsResult {
  let served: Served | undefined;
  let result: HoldsResult | undefined;
  translations.forEach((next, i) => {
    result = applyHolds({ translation: next, served, now: 1000 * (i + 1) });
    served = result.served;
  });
  return result!;
}

export function hostsOf({ routes }: EnvoySnapshot, name = "rc"): Message<typeof VIRTUAL_HOST>[] {
  return [...routes.get(name)!.virtualHosts.values()].map(({ bytes }) => decode(VIRTUAL_HOST, bytes));
}

/** Bodies, or else statuses, of the routes of the first virtual host. */
export function answers({ snapshot }: HoldsResult): (string | number)[] {
  return (hostsOf(snapshot)[0]?.routes ?? []).map(({ directResponse }) =>
    directResponse!.body?.inlineString ?? directResponse!.status!
  );
}

export function chainsOf({ snapshot }: HoldsResult): { name?: string; serverNames?: readonly string[] }[] {
  const { filterChains = [] } = decode(LISTENER, snapshot.listeners.get("l")!.bytes);
  return filterChains.map(({ name, filterChainMatch }) => ({ name, serverNames: filterChainMatch?.serverNames }));
}
