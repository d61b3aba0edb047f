import type { UpstreamSslConfig } from "../api/mod.ts";
import { any, type Message } from "../envoy/mod.ts";
import type { UpstreamFragment } from "../plugins/mod.ts";
import type { XdsResource } from "../xds/mod.ts";
import type { TranslationContext } from "./context.ts";
import { type Faults, optionOrigin, type Owner } from "./origins.ts";
import { commonTls } from "./tls_context.ts";
import { textBytes } from "./text_bytes.ts";

/** What Envoy takes at most. */
const LONGEST_SERVER_NAME = 255;

type UpstreamTlsContext = Message<"envoy.extensions.transport_sockets.tls.v3.UpstreamTlsContext">;
type TransportSocket = Message<"envoy.config.core.v3.TransportSocket">;

export interface UpstreamTls {
  readonly tls: UpstreamTlsContext;
  readonly secrets: readonly XdsResource[];
}

/**
 * TLS towards a back end, from `sslConfig` or, without one, from what its type implies (`useTls`, port 443: no
 * verification, as in Gloo). Undefined: plain text. `oneWayTls` withholds our own certificate.
 */
export function upstreamTls(
  context: TranslationContext,
  config: UpstreamSslConfig | undefined,
  implicit: UpstreamFragment["implicitTls"],
  owner: Owner,
  faults: Faults,
): UpstreamTls | undefined {
  if (!config) return implicit && { tls: { ...(implicit.sni && { sni: implicit.sni }) }, secrets: [] };
  const common = commonTls(context, config, owner, "sslConfig", faults);
  const { tlsCertificateSdsSecretConfigs: own, ...without } = common.context;
  if (config.sni && textBytes(config.sni).length > LONGEST_SERVER_NAME) {
    const origin = optionOrigin(owner, "sslConfig", "sni");
    faults.error("SLUICE-1316", origin, `a server name has at most ${LONGEST_SERVER_NAME} bytes`);
  }
  return {
    tls: {
      commonTlsContext: { ...without, ...(own && !config.oneWayTls && { tlsCertificateSdsSecretConfigs: own }) },
      ...(config.sni && { sni: config.sni }),
      ...(config.allowRenegotiation && { allowRenegotiation: true }),
    },
    secrets: common.secrets,
  };
}

/** The transport socket for TLS, for plain text, and for either after a PROXY protocol header. */
export function transportSocket(
  tls: UpstreamTlsContext | undefined,
  proxyProtocol: UpstreamFragment["proxyProtocol"],
): TransportSocket | undefined {
  const inner: TransportSocket | undefined = tls && {
    name: "envoy.transport_sockets.tls",
    typedConfig: any("envoy.extensions.transport_sockets.tls.v3.UpstreamTlsContext", tls),
  };
  if (!proxyProtocol) return inner;
  const plain: TransportSocket = {
    name: "envoy.transport_sockets.raw_buffer",
    typedConfig: any("envoy.extensions.transport_sockets.raw_buffer.v3.RawBuffer", {}),
  };
  return {
    name: "envoy.transport_sockets.upstream_proxy_protocol",
    typedConfig: any("envoy.extensions.transport_sockets.proxy_protocol.v3.ProxyProtocolUpstreamTransport", {
      config: { version: proxyProtocol },
      transportSocket: inner ?? plain,
    }),
  };
}
