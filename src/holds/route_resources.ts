import { sameValue } from "../api/mod.ts";
import { encode, TYPE_URL } from "../envoy/mod.ts";
import {
  resourceOrigin,
  type RouteConfigurationPiece,
  type RoutePiece,
  sameBytes,
  virtualHostBytes,
  type VirtualHostPiece,
} from "../translator/mod.ts";
import {
  type ResourceOrigin,
  type ResourceSet,
  type RouteResource,
  routeResource,
  type XdsResource,
} from "../xds/mod.ts";
import { originsOf, resourceLike } from "./join.ts";
import { type MadeSet, resourceSet, sameSet } from "./resource_set.ts";

/** What route configurations depend on beside their pieces. */
export interface RouteSurroundings {
  /** True for a cluster that there will be. */
  readonly isServed: (cluster: string) => boolean;
  /** False for a virtual host that other clusters may make another. Undefined: there is none. */
  readonly lasts: ((host: VirtualHostPiece) => boolean) | undefined;
}

/** A route configuration as it was, with what it was made of. */
export interface KnownRoutes {
  readonly piece: RouteConfigurationPiece | undefined;
  readonly resource: RouteResource | undefined;
}

/** Of a route configuration that was not served, even if it had a piece. */
const NO_HOSTS: MadeSet<VirtualHostPiece, XdsResource> = { pieces: [], set: new Map() };

/** The resource of a route configuration, with the parts of `before` that are still good. Yields between virtual hosts. */
export function* routeConfigurationResource(
  { name, origin, bytes, virtualHosts }: RouteConfigurationPiece,
  { piece, resource: before }: KnownRoutes,
  { isServed, lasts }: RouteSurroundings,
): Generator<void, RouteResource> {
  const hosts = yield* resourceSet({
    pieces: virtualHosts,
    last: piece && before ? { pieces: piece.virtualHosts, set: before.virtualHosts } : NO_HOSTS,
    make: (host, like) => virtualHostResource(host, like, isServed),
    lasts,
  });
  return routeLike(
    before,
    name,
    bytes!,
    [resourceOrigin(origin)],
    hosts.size > 0 ? hosts : answering(name, 404, before),
  );
}

/** The route configuration of these parts; `before` itself, or its parts, where those are the same. */
function routeLike(
  before: RouteResource | undefined,
  name: string,
  frame: Uint8Array,
  frameOrigins: readonly ResourceOrigin[],
  hosts: ResourceSet,
): RouteResource {
  if (before === undefined) return routeResource({ name, frame, frameOrigins, virtualHosts: hosts });
  const virtualHosts = sameSet(before.virtualHosts, hosts) ? before.virtualHosts : hosts;
  const sameFrame = sameBytes(before.frame, frame);
  if (sameFrame && virtualHosts === before.virtualHosts && sameValue(before.frameOrigins, frameOrigins)) return before;
  return routeResource({ name, frame: sameFrame ? before.frame : frame, frameOrigins, virtualHosts }, before);
}

/** What stands in for a route configuration that a listener names and nobody has (as in Gloo). */
export function missingRouteConfiguration(name: string, before: RouteResource | undefined): RouteResource {
  const frame = encode("envoy.config.route.v3.RouteConfiguration", { name });
  return routeLike(before, name, frame, [], answering(name, 500, before));
}

/** A virtual host that answers everything with a status. A route configuration without any keeps its listener closed. */
function answering(configuration: string, status: number, before: RouteResource | undefined): ResourceSet {
  const name = `${configuration}/answers-${status}`;
  const bytes = encode("envoy.config.route.v3.VirtualHost", {
    name,
    domains: ["*"],
    routes: [{ match: { prefix: "/" }, directResponse: { status } }],
  });
  const like = before?.virtualHosts.get(name);
  return new Map([[name, resourceLike(like, { typeUrl: TYPE_URL.virtualHost, name, bytes, origins: [], refs: {} })]]);
}

function virtualHostResource(
  host: VirtualHostPiece,
  before: XdsResource | undefined,
  isServed: (cluster: string) => boolean,
): XdsResource | undefined {
  if (!host.bytes || host.domains.length === 0) return undefined;
  // A stand-in brings its only route along.
  const routes = host.rejected ? [] : host.routes.filter((route) => route.bytes);
  const clusters = host.rejected ? [] : host.clusters;
  return resourceLike(before, {
    typeUrl: TYPE_URL.virtualHost,
    name: host.name,
    bytes: joinedHost(host, host.bytes, routes, isServed),
    origins: originsOf([host, ...routes]),
    refs: clusters.length > 0 ? { clusters } : {},
  });
}

function joinedHost(
  { joined, domains, replaceable }: VirtualHostPiece,
  frame: Uint8Array,
  routes: readonly RoutePiece[],
  isServed: (cluster: string) => boolean,
): Uint8Array {
  const isLost = ({ withoutClusters, refs }: RoutePiece) =>
    withoutClusters !== undefined && !(refs.clusters ?? []).some(isServed);
  if (joined && !(replaceable && routes.some(isLost))) return joined;
  return virtualHostBytes(frame, domains, routes.map((route) => isLost(route) ? route.withoutClusters! : route.bytes!));
}
