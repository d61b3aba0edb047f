import { type JsonObject, type MessageName, toJson } from "../envoy/mod.ts";
import { REDACTED } from "../report/mod.ts";
import type { EnvoySnapshot, ResourceSet } from "../xds/mod.ts";

/** An EnvoySnapshot as ProtoJSON, resources by type in the order of their names, private keys left out. */
export function envoySnapshotJson(snapshot: EnvoySnapshot): Record<string, JsonObject[]> {
  return {
    listeners: jsonOf(snapshot.listeners, "envoy.config.listener.v3.Listener"),
    routes: jsonOf(snapshot.routes, "envoy.config.route.v3.RouteConfiguration"),
    clusters: jsonOf(snapshot.clusters, "envoy.config.cluster.v3.Cluster"),
    endpoints: jsonOf(snapshot.endpoints, "envoy.config.endpoint.v3.ClusterLoadAssignment"),
    secrets: jsonOf(snapshot.secrets, "envoy.extensions.transport_sockets.tls.v3.Secret").map(withoutKey),
  };
}

function jsonOf(resources: ResourceSet, name: MessageName): JsonObject[] {
  return [...resources.values()]
    .sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0))
    .map((resource) => toJson(name, resource.bytes) as JsonObject);
}

function withoutKey(secret: JsonObject): JsonObject {
  const certificate = secret.tlsCertificate as JsonObject | undefined;
  if (!certificate?.privateKey) return secret;
  return { ...secret, tlsCertificate: { ...certificate, privateKey: { inlineString: REDACTED } } };
}
