import { type Command, UsageError } from "./command.ts";
import { dumpYaml } from "../watchers/mod.ts";
import { parseAddress } from "../address/mod.ts";

export const command: Command = {
  name: "bootstrap",
  usage: "[FLAGS]",
  summary: "Prints the Envoy bootstrap to use with a running sluice serve.",
  most: 0,
  examples: [
    "sluice bootstrap > envoy.yaml && envoy -c envoy.yaml",
    "sluice bootstrap --role gloo-system~edge --delta --xds-address unix:/run/sluice/xds.sock",
  ],
  flags: {
    role: { type: "text", doc: "which Proxy this Envoy is: NAMESPACE~NAME", default: "gloo-system~gateway-proxy" },
    "node-id": { type: "text", doc: "the name of this Envoy in Sluice's /clients page and log", default: "its role" },
    "xds-address": { type: "text", doc: "where sluice serves xDS: HOST:PORT or unix:PATH", default: "127.0.0.1:9977" },
    "admin-address": { type: "text", doc: "where Envoy's own admin page listens", default: "127.0.0.1:19000" },
    delta: { type: "switch", doc: "incremental xDS instead of state of the world" },
    "tls-cert": { type: "text", doc: "client certificate file, where sluice wants one" },
    "tls-key": { type: "text", doc: "its key file" },
    "tls-ca": { type: "text", doc: "CA file to check sluice's certificate with" },
  },
  run(args, terminal) {
    terminal.out(
      dumpYaml(bootstrapOf({
        role: roleOf(args.text("role") ?? "gloo-system~gateway-proxy"),
        nodeId: args.text("node-id"),
        xdsAddress: args.text("xds-address") ?? "127.0.0.1:9977",
        adminAddress: args.text("admin-address") ?? "127.0.0.1:19000",
        delta: args.has("delta"),
        tls: tlsOf(args.text("tls-cert"), args.text("tls-key"), args.text("tls-ca")),
      })).trimEnd(),
    );
    return Promise.resolve(0);
  },
};

function roleOf(text: string): string {
  if (/^[^~]+~[^~]+$/.test(text)) return text;
  throw new UsageError(`--role ${text}: it should be NAMESPACE~NAME, as gloo-system~gateway-proxy`);
}

interface TlsFiles {
  readonly cert?: string;
  readonly key?: string;
  readonly ca: string;
}

function tlsOf(cert: string | undefined, key: string | undefined, ca: string | undefined): TlsFiles | undefined {
  if (!cert && !key && !ca) return undefined;
  if (!ca) throw new UsageError("--tls-ca is missing: without it any server could pose as sluice");
  if (!cert !== !key) throw new UsageError("--tls-cert and --tls-key belong together");
  return { cert, key, ca };
}

export interface BootstrapOptions {
  readonly role: string;
  readonly nodeId?: string;
  readonly xdsAddress: string;
  readonly adminAddress: string;
  readonly delta: boolean;
  readonly tls?: TlsFiles;
}

/** Envoy's bootstrap for ADS from Sluice, as Gloo's own but for the version of the API. */
export function bootstrapOf(options: BootstrapOptions): Record<string, unknown> {
  const cluster = "xds_cluster";
  return {
    node: { id: options.nodeId ?? options.role, cluster: "gateway", metadata: { role: options.role } },
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
        ...(options.tls ? { transport_socket: transportSocket(options.tls) } : {}),
      }],
    },
    admin: { address: addressOf(options.adminAddress) },
  };
}

function addressOf(text: string): Record<string, unknown> {
  const address = parseAddress(text);
  if (address === undefined) throw new UsageError(`${text} is no address; it should be HOST:PORT or unix:PATH`);
  return "path" in address
    ? { pipe: { path: address.path } }
    : { socket_address: { address: address.host, port_value: address.port } };
}

function transportSocket(tls: TlsFiles): Record<string, unknown> {
  const certificate = tls.cert
    ? { tls_certificates: [{ certificate_chain: { filename: tls.cert }, private_key: { filename: tls.key } }] }
    : {};
  return {
    name: "envoy.transport_sockets.tls",
    typed_config: {
      "@type": "type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.UpstreamTlsContext",
      common_tls_context: { ...certificate, validation_context: { trusted_ca: { filename: tls.ca } } },
    },
  };
}
