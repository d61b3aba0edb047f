import { bootstrapOf } from "../bootstrap_content.ts";
import { sdsFilesOf } from "../bootstrap_tls.ts";
import { serviceHost, SIDECAR_SOCKET, XDS_PORT } from "./names.ts";
import type { ManifestOptions } from "./options.ts";

export const ENVOY_CONFIG_DIR = "/etc/envoy/config";
export const ENVOY_TLS_DIR = "/etc/envoy/tls";

/** Where Envoy answers `/ready`, `/live` and `/metrics` and nothing else; Gloo's Envoys use the same port. */
export const PROBE_PORT = 8081;
const ENVOY_ADMIN_PORT = 19000;

/**
 * The files of the Envoys of a proxy, by name: the bootstrap, as `sluice bootstrap` makes it, and where there are
 * certificates, the two files that name them. These Envoy watches, so a renewed certificate needs no restart.
 */
export function envoyFiles(options: ManifestOptions, proxy: string): Readonly<Record<string, unknown>> {
  const xdsAddress = options.sidecar ? SIDECAR_SOCKET : `${serviceHost(options.namespace)}:${XDS_PORT}`;
  const tls = options.certificates === "none" ? undefined : { folder: ENVOY_TLS_DIR, sdsFolder: ENVOY_CONFIG_DIR };
  const bootstrap = bootstrapOf({
    role: `${options.namespace}~${proxy}`,
    xdsAddress,
    adminAddress: `127.0.0.1:${ENVOY_ADMIN_PORT}`,
    delta: options.delta,
    tls,
  });
  return {
    "envoy.yaml": withProbes(waitingForSluice(bootstrap)),
    ...(tls ? sdsFilesOf(tls, xdsAddress) : {}),
  };
}

/** An Envoy that has not heard from Sluice yet is not ready: by default it would be after 15 s, with no listeners. */
function waitingForSluice(bootstrap: Record<string, unknown>): Record<string, unknown> {
  const resources = bootstrap.dynamic_resources as Record<string, Record<string, unknown>>;
  const patient = (source: Record<string, unknown> | undefined) => ({ ...source, initial_fetch_timeout: "0s" });
  return {
    ...bootstrap,
    dynamic_resources: {
      ...resources,
      cds_config: patient(resources.cds_config),
      lds_config: patient(resources.lds_config),
    },
  };
}

/** Envoy's admin page can stop Envoy, so it stays on loopback, and a listener gives three of its pages to the cluster. */
function withProbes(bootstrap: Record<string, unknown>): Record<string, unknown> {
  const { clusters } = bootstrap.static_resources as { readonly clusters: readonly unknown[] };
  return {
    ...bootstrap,
    static_resources: { listeners: [probeListener()], clusters: [...clusters, adminCluster()] },
  };
}

function adminCluster(): unknown {
  const socket_address = { address: "127.0.0.1", port_value: ENVOY_ADMIN_PORT };
  return {
    name: "envoy_admin",
    type: "STATIC",
    connect_timeout: "1s",
    load_assignment: {
      cluster_name: "envoy_admin",
      endpoints: [{ lb_endpoints: [{ endpoint: { address: { socket_address } } }] }],
    },
  };
}

function probeListener(): unknown {
  const toAdmin = (path: string, page: string) => ({
    match: { path },
    route: { cluster: "envoy_admin", prefix_rewrite: page },
  });
  const manager = {
    "@type": "type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager",
    stat_prefix: "probes",
    route_config: {
      name: "probes",
      virtual_hosts: [{
        name: "probes",
        domains: ["*"],
        routes: [
          toAdmin("/ready", "/ready"),
          { match: { path: "/live" }, direct_response: { status: 200 } },
          toAdmin("/metrics", "/stats/prometheus"),
        ],
      }],
    },
    http_filters: [{
      name: "envoy.filters.http.router",
      typed_config: { "@type": "type.googleapis.com/envoy.extensions.filters.http.router.v3.Router" },
    }],
  };
  return {
    name: "probes",
    address: { socket_address: { address: "0.0.0.0", port_value: PROBE_PORT } },
    filter_chains: [{
      filters: [{ name: "envoy.filters.network.http_connection_manager", typed_config: manager }],
    }],
  };
}
