import { parseAddress } from "../address/mod.ts";
import { type TlsFiles, type TlsFolder, transportSocket } from "./bootstrap_tls.ts";
import { UsageError } from "./command.ts";

/** Where Envoy's own admin page listens unless a flag says otherwise. */
export const DEFAULT_ENVOY_ADMIN = "127.0.0.1:19000";

/** Throws a {@link UsageError} where it is no role. */
export function roleOf(text: string): string {
  if (/^[^~]+~[^~]+$/.test(text)) return text;
  throw new UsageError(`--role ${text}: it should be NAMESPACE~NAME, as gloo-system~gateway-proxy`);
}

export interface BootstrapOptions {
  readonly role: string;
  readonly nodeId?: string;
  readonly xdsAddress: string;
  readonly adminAddress: string;
  readonly delta: boolean;
  readonly tls?: TlsFiles | TlsFolder;
}

/** Envoy's bootstrap for ADS from Sluice, as Gloo's own but for the version of the API. */
export function bootstrapOf(options: BootstrapOptions): Record<string, unknown> {
  const cluster = "xds_cluster";
  return {
    node: nodeOf(options),
    dynamic_resources: {
      ads_config: {
        api_type: options.delta ? "DELTA_GRPC" : "GRPC",
        transport_api_version: "V3",
        grpc_services: [{ envoy_grpc: { cluster_name: cluster } }],
      },
      cds_config: { ads: {}, resource_api_version: "V3" },
      lds_config: { ads: {}, resource_api_version: "V3" },
    },
    static_resources: {
      clusters: [{
        name: cluster,
        // Of a name with addresses of both families (localhost), Envoy would by default try the IPv6 one alone.
        ...(options.xdsAddress.startsWith("unix:")
          ? { type: "STATIC" }
          : { type: "STRICT_DNS", dns_lookup_family: "ALL" }),
        connect_timeout: "5s",
        typed_extension_protocol_options: {
          "envoy.extensions.upstreams.http.v3.HttpProtocolOptions": {
            "@type": "type.googleapis.com/envoy.extensions.upstreams.http.v3.HttpProtocolOptions",
            explicit_http_config: {
              http2_protocol_options: { connection_keepalive: { interval: "10s", timeout: "10s" } },
            },
          },
        },
        load_assignment: {
          cluster_name: cluster,
          endpoints: [{ lb_endpoints: [{ endpoint: { address: addressOf(options.xdsAddress) } }] }],
        },
        ...(options.tls ? { transport_socket: transportSocket(options.tls, options.xdsAddress) } : {}),
      }],
    },
    admin: adminOf(options),
  };
}

/** Gloo's node: the role says which Proxy it is. */
export function nodeOf({ role, nodeId }: Pick<BootstrapOptions, "role" | "nodeId">): Record<string, unknown> {
  return { id: nodeId ?? role, cluster: "gateway", metadata: { role } };
}

export function adminOf({ adminAddress }: Pick<BootstrapOptions, "adminAddress">): Record<string, unknown> {
  return { address: addressOf(adminAddress) };
}

function addressOf(text: string): Record<string, unknown> {
  const address = parseAddress(text);
  if (address === undefined) throw new UsageError(`${text} is no address; it should be HOST:PORT or unix:PATH`);
  return "path" in address
    ? { pipe: { path: address.path } }
    : { socket_address: { address: address.host, port_value: address.port } };
}
