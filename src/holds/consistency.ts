import { encode, TYPE_URL } from "../envoy/mod.ts";
import type { EnvoySnapshot, ResourceSet, RouteResource, XdsResource } from "../xds/mod.ts";
import {
  clusterResource,
  listenerResource,
  missingRouteConfiguration,
  resourceLike,
  routeConfigurationResource,
} from "./join.ts";
import type { ServedPieces } from "./served.ts";

/**
 * Joins pieces to an EnvoySnapshot that is consistent (as Gloo makes it): every EDS cluster has its endpoints, if only
 * none, every route configuration that a listener names is there, if only one that answers 500; endpoints, route
 * configurations and secrets that nobody refers to are left out. What equals a resource of `before` is that resource.
 * Yields between units of work.
 */
export function* consistentSnapshot(pieces: ServedPieces, before: EnvoySnapshot): Generator<void, EnvoySnapshot> {
  const clusters = byName(
    pieces.clusters.flatMap((piece) =>
      piece.bytes && !piece.rejected ? [clusterResource(piece, before.clusters.get(piece.name))] : []
    ),
    before.clusters,
  );
  const listeners = byName(
    pieces.listeners.flatMap((piece) => listenerResource(piece, before.listeners.get(piece.name)) ?? []),
    before.listeners,
  );
  const all = [...clusters.values(), ...listeners.values()];
  const endpointNames = new Set([...clusters.values()].flatMap(({ refs }) => refs.endpoints ?? []));
  const routeNames = new Set([...listeners.values()].flatMap(({ refs }) => refs.routes ?? []));
  const secretNames = new Set(all.flatMap(({ refs }) => refs.secrets ?? []));
  const served = new Set(clusters.keys());
  const secrets = new Map(pieces.secrets.map((secret) => [secret.name, secret]));
  yield;
  return {
    clusters,
    listeners,
    endpoints: byName(endpointsOf(pieces, endpointNames, before.endpoints), before.endpoints),
    routes: byName(yield* routesOf(pieces, routeNames, served, before.routes), before.routes),
    secrets: byName(
      [...secretNames].flatMap((name) => secrets.has(name) ? [kept(secrets.get(name)!, before.secrets)] : []),
      before.secrets,
    ),
  };
}

function endpointsOf(pieces: ServedPieces, names: ReadonlySet<string>, before: ResourceSet): XdsResource[] {
  const found = new Map(pieces.endpoints.map((assignment) => [assignment.name, assignment]));
  return [...names].map((name) => {
    const assignment = found.get(name);
    return assignment ? kept(assignment, before) : emptyAssignment(name, before.get(name));
  });
}

function emptyAssignment(name: string, before: XdsResource | undefined): XdsResource {
  const bytes = encode("envoy.config.endpoint.v3.ClusterLoadAssignment", { clusterName: name });
  return resourceLike(before, { typeUrl: TYPE_URL.endpoint, name, bytes, origins: [], refs: {} });
}

function* routesOf(
  pieces: ServedPieces,
  names: ReadonlySet<string>,
  served: ReadonlySet<string>,
  before: ResourceSet<RouteResource>,
): Generator<void, RouteResource[]> {
  const found = new Map(pieces.routes.map((configuration) => [configuration.name, configuration]));
  const routes: RouteResource[] = [];
  for (const name of names) {
    const configuration = found.get(name);
    const last = before.get(name);
    routes.push(
      configuration
        ? yield* routeConfigurationResource(configuration, last, served)
        : missingRouteConfiguration(name, last),
    );
    yield;
  }
  return routes;
}

function kept(resource: XdsResource, before: ResourceSet): XdsResource {
  return resourceLike(before.get(resource.name), resource);
}

/** By name; the set of before itself where nothing in it changed. */
function byName<R extends XdsResource>(resources: readonly R[], before: ResourceSet<R>): ResourceSet<R> {
  const set = new Map(resources.map((resource) => [resource.name, resource]));
  const names = [...before.keys()];
  const same = set.size === before.size &&
    [...set].every(([name, resource], i) => name === names[i] && resource === before.get(name));
  return same ? before : set;
}
