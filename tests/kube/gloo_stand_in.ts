/**
 * Gloo's place taken: an xDS server that gives Envoys configuration in the shape in which Gloo 1.14 was seen to give it. Names of
 * listeners, route configurations, virtual hosts and clusters are Gloo's, EDS names end in a number, IP addresses of static
 * Upstreams are in the cluster, Services that nothing leads to have clusters too, certificates are in listeners, and of each
 * message there is what Gloo writes and no more.
 */
import { fromJson, type MessageName } from "../../src/envoy/mod.ts";
import { startXdsServer, type XdsServer } from "../../src/server/mod.ts";
import { createMetrics, silentLogger, systemClock } from "../../src/telemetry/mod.ts";
import { type ResourceRefs, XdsCache, type XdsResource, type XdsType } from "../../src/xds/mod.ts";
import { routeResource } from "../../src/xds/route_resource.ts";
import { resource, snapshot } from "../../src/xds/test_snapshot.ts";
import type { KeyPair } from "../feature/certificates.ts";

type Json = Readonly<Record<string, unknown>>;

const ADS = { ads: {}, resourceApiVersion: "V3" };
const HTTP = "type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager";
const ROUTER = "type.googleapis.com/envoy.extensions.filters.http.router.v3.Router";
const TLS = "type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.DownstreamTlsContext";
const INSPECTOR = "type.googleapis.com/envoy.extensions.filters.listener.tls_inspector.v3.TlsInspector";

/** A resource of this JSON. */
function made(type: XdsType, message: MessageName, name: string, json: Json, refs: ResourceRefs = {}): XdsResource {
  return resource(type, name, fromJson(message, json), refs);
}

const socketAddress = (address: string, port: number): Json => ({ socketAddress: { address, portValue: port } });

/** The cluster of a static Upstream with one IP address. */
export function staticCluster(name: string, address: string, port: number): XdsResource {
  const endpoint = {
    address: socketAddress(address, port),
    hostname: address,
    healthCheckConfig: { hostname: address },
  };
  return made("cluster", "envoy.config.cluster.v3.Cluster", name, {
    name,
    type: "STATIC",
    connectTimeout: "5s",
    metadata: {},
    loadAssignment: { clusterName: name, endpoints: [{ lbEndpoints: [{ endpoint }] }] },
  });
}

/** The cluster of a Service's Upstream, with its endpoints; `hash` is that of the Upstream. */
export function serviceCluster(name: string, hash: string, addresses: readonly string[], port: number): XdsResource[] {
  const serviceName = `${name}-${hash}`;
  const cluster = made("cluster", "envoy.config.cluster.v3.Cluster", name, {
    name,
    type: "EDS",
    connectTimeout: "5s",
    metadata: {},
    edsClusterConfig: { edsConfig: ADS, serviceName },
  }, { endpoints: [serviceName] });
  const lbEndpoints = addresses.map((address) => ({ endpoint: { address: socketAddress(address, port) } }));
  const message = "envoy.config.endpoint.v3.ClusterLoadAssignment";
  return [cluster, made("endpoint", message, serviceName, { clusterName: serviceName, endpoints: [{ lbEndpoints }] })];
}

/** The listener of a Gateway with its route configuration; `tls` for one with `ssl`, whose server name it is. */
export function gatewayListener(
  port: number,
  virtualHosts: readonly Json[],
  tls?: { readonly serverName: string; readonly pair: KeyPair },
): XdsResource[] {
  const name = `listener-127.0.0.1-${port}`;
  const routes = `${name}-routes`;
  const manager = {
    "@type": HTTP,
    statPrefix: "http",
    rds: { configSource: ADS, routeConfigName: routes },
    httpFilters: [{ name: "envoy.filters.http.router", typedConfig: { "@type": ROUTER } }],
    upgradeConfigs: [{ upgradeType: "websocket", enabled: true }],
    useRemoteAddress: false,
    normalizePath: true,
  };
  const chain = {
    filters: [{ name: "envoy.filters.network.http_connection_manager", typedConfig: manager }],
    ...(tls && tlsChain(tls.serverName, tls.pair)),
  };
  const listener = made("listener", "envoy.config.listener.v3.Listener", name, {
    name,
    address: socketAddress("127.0.0.1", port),
    filterChains: [chain],
    ...(tls && {
      listenerFilters: [{ name: "envoy.filters.listener.tls_inspector", typedConfig: { "@type": INSPECTOR } }],
    }),
  }, { routes: [routes] });
  const hosts = virtualHosts.map((host) => {
    const bytes = fromJson("envoy.config.route.v3.VirtualHost", { ...host, ...(tls && { requireTls: "ALL" }) });
    return resource("virtualHost", String(host.name), bytes);
  });
  const frame = fromJson("envoy.config.route.v3.RouteConfiguration", { name: routes });
  return [
    listener,
    routeResource({
      name: routes,
      frame,
      frameOrigins: [],
      virtualHosts: new Map(hosts.map((host) => [host.name, host])),
    }),
  ];
}

function tlsChain(serverName: string, { certificate, key }: KeyPair): Json {
  return {
    filterChainMatch: { serverNames: [serverName] },
    transportSocket: {
      name: "envoy.transport_sockets.tls",
      typedConfig: {
        "@type": TLS,
        commonTlsContext: {
          tlsParams: {},
          alpnProtocols: ["h2", "http/1.1"],
          tlsCertificates: [{ certificateChain: { inlineString: certificate }, privateKey: { inlineString: key } }],
        },
      },
    },
  };
}

/** A virtual host of a VirtualService in `gloo-system`; routes lead from a prefix to a cluster. */
export function virtualHost(name: string, domain: string, routes: readonly (readonly [string, string])[]): Json {
  return {
    name: `gloo-system_${name}`,
    domains: [domain],
    routes: routes.map(([prefix, cluster], i) => ({
      name: `gloo-system_${name}-route-${i}-matcher-0`,
      match: { prefix },
      route: { cluster },
    })),
  };
}

/** Serves these to the role of Gloo's `gateway-proxy`, until it is closed. */
export async function startStandIn(address: string, resources: readonly XdsResource[]): Promise<XdsServer> {
  const cache = new XdsCache();
  cache.setSnapshot("gloo-system~gateway-proxy", snapshot(...resources));
  const metrics = await createMetrics();
  return await startXdsServer({ address, cache, clock: systemClock, logger: silentLogger, metrics });
}
