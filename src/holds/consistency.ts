import { sameItems } from "../api/mod.ts";
import { encode, TYPE_URL } from "../envoy/mod.ts";
import type { VirtualHostPiece } from "../translator/mod.ts";
import {
  EMPTY_ENVOY_SNAPSHOT,
  type EnvoySnapshot,
  type ResourceSet,
  type RouteResource,
  type XdsResource,
} from "../xds/mod.ts";
import { clusterResource, resourceLike } from "./join.ts";
import { listenerResources } from "./listener_resources.ts";
import { resourceSet, sameSet } from "./resource_set.ts";
import { missingRouteConfiguration, routeConfigurationResource } from "./route_resources.ts";
import type { Served, ServedPieces } from "./served.ts";

/**
 * Joins pieces to an EnvoySnapshot that is consistent (as Gloo makes it): every EDS cluster has its endpoints, if only
 * none, every route configuration that a listener names is there, if only one that answers 500; endpoints, route
 * configurations and secrets that nobody refers to are left out. What is made of the same pieces as in `last`, or equals a
 * resource there, is that resource. Yields between units of work.
 */
export function* consistentSnapshot(
  pieces: ServedPieces,
  last: Pick<Served, "pieces" | "snapshot"> | undefined,
): Generator<void, EnvoySnapshot> {
  const before = last?.snapshot ?? EMPTY_ENVOY_SNAPSHOT;
  const clusters = yield* resourceSet({
    pieces: pieces.clusters,
    last: { pieces: last?.pieces.clusters ?? [], set: before.clusters },
    make: clusterResource,
  });
  const listeners = yield* listenerResources(pieces.listeners, {
    pieces: last?.pieces.listeners ?? [],
    set: before.listeners,
  });
  yield;
  const referring = clusters === before.clusters && listeners === before.listeners;
  const sameEndpoints = last && clusters === before.clusters && sameItems(pieces.endpoints, last.pieces.endpoints);
  const sameSecrets = last && referring && sameItems(pieces.secrets, last.pieces.secrets);
  return {
    clusters,
    listeners,
    endpoints: sameEndpoints ? before.endpoints : endpointsOf(pieces, clusters, before.endpoints),
    routes: yield* routesOf(pieces, { clusters, listeners }, last),
    secrets: sameSecrets ? before.secrets : secretsOf(pieces, [clusters, listeners], before.secrets),
  };
}

function endpointsOf(pieces: ServedPieces, clusters: ResourceSet, before: ResourceSet): ResourceSet {
  const found = new Map(pieces.endpoints.map((assignment) => [assignment.name, assignment]));
  const set = new Map<string, XdsResource>();
  for (const { refs } of clusters.values()) {
    for (const name of refs.endpoints ?? []) {
      const assignment = found.get(name);
      set.set(name, assignment ? resourceLike(before.get(name), assignment) : emptyAssignment(name, before.get(name)));
    }
  }
  return sameSet(set, before) ? before : set;
}

function emptyAssignment(name: string, before: XdsResource | undefined): XdsResource {
  const bytes = encode("envoy.config.endpoint.v3.ClusterLoadAssignment", { clusterName: name });
  return resourceLike(before, { typeUrl: TYPE_URL.endpoint, name, bytes, origins: [], refs: {} });
}

function secretsOf(pieces: ServedPieces, referring: readonly ResourceSet[], before: ResourceSet): ResourceSet {
  const found = new Map(pieces.secrets.map((secret) => [secret.name, secret]));
  const set = new Map<string, XdsResource>();
  for (const { refs } of referring.flatMap((resources) => [...resources.values()])) {
    for (const name of refs.secrets ?? []) {
      const secret = found.get(name);
      if (secret) set.set(name, resourceLike(before.get(name), secret));
    }
  }
  return sameSet(set, before) ? before : set;
}

function* routesOf(
  pieces: ServedPieces,
  { clusters, listeners }: Pick<EnvoySnapshot, "clusters" | "listeners">,
  last: Pick<Served, "pieces" | "snapshot"> | undefined,
): Generator<void, ResourceSet<RouteResource>> {
  const found = new Map(pieces.routes.map((configuration) => [configuration.name, configuration]));
  const piecesBefore = new Map(last?.pieces.routes.map((configuration) => [configuration.name, configuration]));
  const before = last?.snapshot.routes ?? EMPTY_ENVOY_SNAPSHOT.routes;
  const sameServed = last !== undefined && sameNames(clusters, last.snapshot.clusters);
  const input = {
    isServed: (cluster: string) => clusters.has(cluster),
    lasts: sameServed ? undefined : (host: VirtualHostPiece) => !host.replaceable,
  };
  const routes = new Map<string, RouteResource>();
  const names = new Set([...listeners.values()].flatMap(({ refs }) => refs.routes ?? []));
  for (const name of names) {
    const configuration = found.get(name);
    const resource = before.get(name);
    const piece = piecesBefore.get(name);
    routes.set(
      name,
      configuration
        ? yield* routeConfigurationResource(configuration, { piece, resource }, input)
        : missingRouteConfiguration(name, resource),
    );
    yield;
  }
  return sameSet(routes, before) ? before : routes;
}

function sameNames(a: ResourceSet, b: ResourceSet): boolean {
  return a === b || a.size === b.size && a.keys().every((name) => b.has(name));
}
