/** Small EnvoySnapshots for tests: real Envoy resources, written in few words. */
import { any, encode, type Message, TYPE_URL } from "../envoy/mod.ts";
import type { EnvoySnapshot, ResourceRefs, RouteResource, XdsResource } from "./resource.ts";
import { routeResource } from "./route_resource.ts";
import { versionOf } from "./version.ts";
import type { XdsType } from "./xds_type.ts";

/** A resource of these bytes. */
export function resource(type: XdsType, name: string, bytes: Uint8Array, refs: ResourceRefs = {}): XdsResource {
  const origins = [{ kind: "Test", namespace: "test", name }];
  return { typeUrl: TYPE_URL[type], name, version: versionOf(bytes), bytes, origins, refs };
}

/** An EDS cluster. */
export function cluster(name: string, more: Message<"envoy.config.cluster.v3.Cluster"> = {}): XdsResource {
  const bytes = encode("envoy.config.cluster.v3.Cluster", {
    name,
    type: "EDS",
    edsClusterConfig: { edsConfig: { ads: {}, resourceApiVersion: "V3", initialFetchTimeout: { seconds: 15 } } },
    connectTimeout: { seconds: 1 },
    ...more,
  });
  return resource("cluster", name, bytes, more.type === undefined ? { endpoints: [name] } : {});
}

/** The endpoints of a cluster, on ports of 127.0.0.1. */
export function endpoints(name: string, ...ports: number[]): XdsResource {
  const lbEndpoints = ports.map((portValue) => ({
    endpoint: { address: { socketAddress: { address: "127.0.0.1", portValue } } },
  }));
  const message = { clusterName: name, endpoints: [{ lbEndpoints }] };
  return resource("endpoint", name, encode("envoy.config.endpoint.v3.ClusterLoadAssignment", message));
}

/** A virtual host `<route configuration>/<host>` that answers for domain `<host>` (or those given) from one cluster. */
export function host(name: string, clusterName: string, domains?: readonly string[], prefix = "/"): XdsResource {
  const bytes = encode("envoy.config.route.v3.VirtualHost", {
    name,
    domains: domains ?? [name.slice(name.indexOf("/") + 1)],
    routes: [{ match: { prefix }, route: { cluster: clusterName } }],
  });
  const refs = { clusters: [clusterName] };
  return { ...resource("route", name, bytes, refs), typeUrl: TYPE_URL.virtualHost };
}

/** A route configuration of these virtual hosts. */
export function route(name: string, ...hosts: XdsResource[]): RouteResource {
  const frame = encode("envoy.config.route.v3.RouteConfiguration", { name });
  const virtualHosts = new Map(hosts.map((each) => [each.name, each]));
  return routeResource({ name, frame, virtualHosts, frameOrigins: [{ kind: "Test", namespace: "test", name }] });
}

/** An HTTP listener on a port of 127.0.0.1 whose routes come by RDS under its name. */
export function listener(
  name: string,
  port: number,
  more: Message<"envoy.config.listener.v3.Listener"> = {},
): XdsResource {
  const bytes = encode("envoy.config.listener.v3.Listener", {
    name,
    address: { socketAddress: { address: "127.0.0.1", portValue: port } },
    filterChains: [{
      filters: [{
        name: "envoy.filters.network.http_connection_manager",
        typedConfig: any("envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager", {
          statPrefix: name,
          rds: { routeConfigName: name, configSource: { ads: {}, resourceApiVersion: "V3" } },
          httpFilters: [{
            name: "envoy.filters.http.router",
            typedConfig: any("envoy.extensions.filters.http.router.v3.Router", {}),
          }],
        }),
      }],
    }],
    ...more,
  });
  return resource("listener", name, bytes, { routes: [name] });
}

/** A TCP listener that names a cluster itself. */
export function tcpListener(name: string, port: number, clusterName: string): XdsResource {
  const bytes = encode("envoy.config.listener.v3.Listener", {
    name,
    address: { socketAddress: { address: "127.0.0.1", portValue: port } },
    filterChains: [{
      filters: [{
        name: "envoy.filters.network.tcp_proxy",
        typedConfig: any("envoy.extensions.filters.network.tcp_proxy.v3.TcpProxy", {
          statPrefix: name,
          cluster: clusterName,
        }),
      }],
    }],
  });
  return resource("listener", name, bytes, { clusters: [clusterName] });
}

/** A secret that holds a text. */
export function secret(name: string, text = name): XdsResource {
  const message = { name, genericSecret: { secret: { inlineString: text } } };
  return resource("secret", name, encode("envoy.extensions.transport_sockets.tls.v3.Secret", message));
}

/** The snapshot of these resources; each goes where its type belongs. */
export function snapshot(...resources: readonly XdsResource[]): EnvoySnapshot {
  const of = (type: XdsType) =>
    new Map(resources.filter(({ typeUrl }) => typeUrl === TYPE_URL[type]).map((each) => [each.name, each]));
  return {
    clusters: of("cluster"),
    endpoints: of("endpoint"),
    listeners: of("listener"),
    secrets: of("secret"),
    routes: of("route") as Map<string, RouteResource>,
  };
}
