import { type Origin, refKey, type Resource } from "../api/mod.ts";
import type { JsonObject, Message } from "../envoy/mod.ts";
import type { UpstreamEndpoint } from "../plugins/mod.ts";
import { isAddress, isPort } from "./addresses.ts";
import type { Discovery } from "./cluster_discovery.ts";
import { byLocality } from "./localities.ts";
import type { Faults } from "./origins.ts";

type ClusterLoadAssignment = Message<"envoy.config.endpoint.v3.ClusterLoadAssignment">;
type LbEndpoint = Message<"envoy.config.endpoint.v3.LbEndpoint">;

const LARGEST_WEIGHT = 2 ** 32 - 1;
/** Where Envoy looks for what decides the transport socket of an endpoint. */
const TRANSPORT_SOCKET_MATCH = "envoy.transport_socket_match";

/** Endpoints of all Upstreams by the Upstream's `namespace/name`, in the order of the list. */
export function endpointsByUpstream(
  endpoints: readonly Resource<"Endpoint">[],
): ReadonlyMap<string, readonly Resource<"Endpoint">[]> {
  const found = new Map<string, Resource<"Endpoint">[]>();
  for (const endpoint of endpoints) {
    for (const { name = "", namespace = endpoint.metadata.namespace } of endpoint.spec.upstreams ?? []) {
      const key = refKey({ name, namespace });
      const list = found.get(key);
      if (list) list.push(endpoint);
      else found.set(key, [endpoint]);
    }
  }
  return found;
}

/** A discovered Endpoint; its labels choose subsets (as in Gloo). */
export function endpointOf({ metadata, spec }: Resource<"Endpoint">): UpstreamEndpoint {
  return {
    address: { host: spec.address ?? "", port: spec.port ?? 0 },
    ...(spec.hostname && { hostname: spec.hostname }),
    ...(spec.healthCheck?.hostname && { healthCheckHostname: spec.healthCheck.hostname }),
    ...(metadata.labels && { metadata: { "envoy.lb": metadata.labels } }),
  };
}

/**
 * The endpoints of a cluster. `tls` tells whether the cluster speaks TLS: only then have endpoints server names. Errors
 * at `origin`: addresses, ports and weights that Envoy refuses (plugins report their own more exactly).
 */
export function loadAssignment(
  name: string,
  list: readonly UpstreamEndpoint[],
  discovery: Discovery,
  tls: boolean,
  origin: Origin,
  faults: Faults,
): ClusterLoadAssignment {
  for (const endpoint of list) checkEndpoint(endpoint, discovery, origin, faults);
  if (list.reduce((sum, { weight = 1 }) => sum + weight, 0) > LARGEST_WEIGHT) {
    faults.error("SLUICE-1352", origin, `the weights of the endpoints add up to more than ${LARGEST_WEIGHT}`);
  }
  const endpoints = byLocality(list, (endpoint) => lbEndpoint(endpoint, tls));
  return { clusterName: name, ...(endpoints.length > 0 && { endpoints }) };
}

/** TLS server names that endpoints have of their own, each once. */
export function serverNames(list: readonly UpstreamEndpoint[]): readonly string[] {
  return [...new Set(list.flatMap(({ sni }) => sni ?? []))];
}

function lbEndpoint(endpoint: UpstreamEndpoint, tls: boolean): LbEndpoint {
  const { address, additionalAddresses = [], hostname, weight, healthCheckHostname, sni } = endpoint;
  const metadata: Record<string, JsonObject> = { ...endpoint.metadata as Record<string, JsonObject> | undefined };
  if (tls && sni) metadata[TRANSPORT_SOCKET_MATCH] = serverNameMatch(sni);
  return {
    endpoint: {
      address: addressMessage(address),
      ...(additionalAddresses.length > 0 && {
        additionalAddresses: additionalAddresses.map((other) => ({ address: addressMessage(other) })),
      }),
      ...(hostname && { hostname }),
      ...(healthCheckHostname && { healthCheckConfig: { hostname: healthCheckHostname } }),
    },
    ...(weight !== undefined && { loadBalancingWeight: { value: weight } }),
    ...(Object.keys(metadata).length > 0 && { metadata: { filterMetadata: metadata } }),
  };
}

function addressMessage(address: UpstreamEndpoint["address"]): Message<"envoy.config.core.v3.Address"> {
  if ("pipe" in address) return { pipe: { path: address.pipe } };
  return { socketAddress: { address: address.host, portValue: address.port } };
}

/** The metadata of endpoints that are spoken to with this server name. */
export function serverNameMatch(sni: string): JsonObject {
  return { sni };
}

function checkEndpoint(
  { address, additionalAddresses = [], weight }: UpstreamEndpoint,
  discovery: Discovery,
  origin: Origin,
  faults: Faults,
): void {
  if (weight !== undefined && !(Number.isInteger(weight) && weight >= 1 && weight <= LARGEST_WEIGHT)) {
    faults.error("SLUICE-1352", origin, `${weight} is no weight of an endpoint; 1 to ${LARGEST_WEIGHT} is wanted`);
  }
  const wantsIp = discovery === "addresses" || discovery === "discovered";
  for (const one of [address, ...additionalAddresses]) checkAddress(one, wantsIp, origin, faults);
}

function checkAddress(address: UpstreamEndpoint["address"], wantsIp: boolean, origin: Origin, faults: Faults): void {
  if ("pipe" in address) {
    if (address.pipe === "") faults.error("SLUICE-1352", origin, "an endpoint has neither an address nor a pipe");
    return;
  }
  const { host, port } = address;
  if (!isPort(port)) faults.error("SLUICE-1352", origin, `${port} is no port; 1 to 65535 is wanted`);
  if (host === "" || (wantsIp && !isAddress(host))) {
    const wanted = wantsIp ? "an IP address" : "a name or an IP address";
    const message = `${JSON.stringify(host)} is not the address of an endpoint; ${wanted} is wanted`;
    faults.error("SLUICE-1352", origin, message);
  }
}
