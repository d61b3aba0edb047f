import type { ProxySslConfig } from "../api/mod.ts";
import { any, duration, type Message } from "../envoy/mod.ts";
import type { XdsResource } from "../xds/mod.ts";
import type { TranslationContext } from "./context.ts";
import { type Faults, optionOrigin, type Owner } from "./origins.ts";
import { commonTls } from "./tls_context.ts";

/** ALPN of a listener whose ssl config names none (as in Gloo). */
const DEFAULT_ALPN = ["h2", "http/1.1"];
/** Gloo's word for no ALPN at all. */
const NO_ALPN = "allow_empty";

export interface DownstreamTls {
  /** The parts of a filter chain that terminate TLS. */
  readonly filterChain: Message<"envoy.config.listener.v3.FilterChain">;
  readonly secrets: readonly XdsResource[];
}

/**
 * TLS towards clients. A client certificate is required as soon as there is a root CA, unless `oneWayTls` is set. The
 * owner's path is that of the ssl config. Errors: no certificate, MUST_STAPLE without a staple, and those of its parts.
 */
export function downstreamTls(
  context: TranslationContext,
  config: ProxySslConfig,
  owner: Owner,
  faults: Faults,
): DownstreamTls {
  const alpnProtocols = alpnOf(config);
  const common = commonTls(context, { ...config, alpnProtocols }, owner, "", faults);
  if (!common.hasCertificate && !faults.failed) {
    faults.error("SLUICE-1314", owner.origin, "no certificate is named; secretRef, sslFiles or sds is needed");
  }
  if (config.ocspStaplePolicy === "MUST_STAPLE" && !common.mayHaveStaple && !faults.failed) {
    const origin = optionOrigin(owner, "", "ocspStaplePolicy");
    faults.error("SLUICE-1316", origin, "MUST_STAPLE needs an OCSP staple beside the certificate, and there is none");
  }
  const tls: Message<"envoy.extensions.transport_sockets.tls.v3.DownstreamTlsContext"> = {
    commonTlsContext: common.context,
    ...(common.verifiesPeer && { requireClientCertificate: { value: !config.oneWayTls } }),
    ...(config.disableTlsSessionResumption && { disableStatelessSessionResumption: true }),
    ...(config.ocspStaplePolicy && { ocspStaplePolicy: config.ocspStaplePolicy }),
  };
  const timeout = config.transportSocketConnectTimeout;
  return {
    filterChain: {
      transportSocket: {
        name: "envoy.transport_sockets.tls",
        typedConfig: any("envoy.extensions.transport_sockets.tls.v3.DownstreamTlsContext", tls),
      },
      ...(timeout !== undefined && { transportSocketConnectTimeout: duration(timeout) }),
    },
    secrets: common.secrets,
  };
}

function alpnOf({ alpnProtocols = [] }: ProxySslConfig): readonly string[] {
  if (alpnProtocols.length === 0) return DEFAULT_ALPN;
  return alpnProtocols.length === 1 && alpnProtocols[0] === NO_ALPN ? [] : alpnProtocols;
}
