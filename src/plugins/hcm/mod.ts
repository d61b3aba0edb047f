import { any, type Message, wrap } from "../../envoy/mod.ts";
import { readUpgrades } from "../basicroute/upgrades.ts";
import { definePlugin } from "../contract.ts";
import { Faults } from "../faults.ts";
import { span } from "../spans.ts";
import { earlyHeaders } from "./early_headers.ts";
import { type HcmSettings, httpListenerOptions } from "./options.ts";
import { commonHttpProtocolOptions, http1ProtocolOptions, http2ProtocolOptions } from "./protocols.ts";
import { checkSettings, PATH, setsClientCert } from "./ranges.ts";

type Hcm = Message<"envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager">;

/**
 * `httpConnectionManagerSettings` of a gateway's http options. What is not set is left to the translator (codec AUTO,
 * normalizePath on, websocket allowed) or to Envoy. Errors: values that Envoy refuses. Gloo: the plugin `hcm`.
 */
export const plugin = definePlugin({
  name: "hcm",
  options: { httpListener: httpListenerOptions },

  httpConnectionManager(input) {
    const settings = input.options.httpConnectionManagerSettings;
    if (!settings) return undefined;
    const faults = new Faults();
    checkSettings(settings, faults);
    const fragment: Hcm = {
      ...requestHandling(settings),
      ...clientAndServer(settings),
      commonHttpProtocolOptions: commonHttpProtocolOptions(settings),
      httpProtocolOptions: http1ProtocolOptions(settings),
      http2ProtocolOptions: http2ProtocolOptions(settings),
      upgradeConfigs: upgradeConfigs(settings, faults),
      earlyHeaderMutationExtensions: earlyHeaders(settings, input, faults),
    };
    return faults.result(fragment);
  },
});

function requestHandling(settings: HcmSettings): Hcm {
  return {
    codecType: settings.codecType,
    streamIdleTimeout: span(settings.streamIdleTimeout),
    requestTimeout: span(settings.requestTimeout),
    requestHeadersTimeout: span(settings.requestHeadersTimeout),
    drainTimeout: span(settings.drainTimeout),
    delayedCloseTimeout: span(settings.delayedCloseTimeout),
    maxRequestHeadersKb: wrap(settings.maxRequestHeadersKb),
    stripAnyHostPort: settings.stripAnyHostPort || undefined,
    normalizePath: wrap(settings.normalizePath),
    mergeSlashes: settings.mergeSlashes,
    pathWithEscapedSlashesAction: settings.pathWithEscapedSlashesAction,
    proxy100Continue: settings.proxy100Continue,
  };
}

/** Headers about the client, the proxy and the request's id. */
function clientAndServer(settings: HcmSettings): Hcm {
  const { uuidRequestIdConfig: uuid, internalAddressConfig: internal, setCurrentClientCertDetails: cert } = settings;
  return {
    useRemoteAddress: wrap(settings.useRemoteAddress),
    xffNumTrustedHops: settings.xffNumTrustedHops,
    skipXffAppend: settings.skipXffAppend,
    appendXForwardedPort: settings.appendXForwardedPort,
    via: settings.via,
    serverName: settings.serverName,
    serverHeaderTransformation: settings.serverHeaderTransformation,
    generateRequestId: wrap(settings.generateRequestId),
    preserveExternalRequestId: settings.preserveExternalRequestId,
    requestIdExtension: uuid && {
      typedConfig: any("envoy.extensions.request_id.uuid.v3.UuidRequestIdConfig", {
        packTraceReason: wrap(uuid.packTraceReason),
        useRequestIdForTraceSampling: wrap(uuid.useRequestIdForTraceSampling),
      }),
    },
    internalAddressConfig: internal && {
      unixSockets: internal.unixSockets,
      cidrRanges: internal.cidrRanges?.map(({ addressPrefix, prefixLen }) => ({
        addressPrefix,
        prefixLen: wrap(prefixLen),
      })),
    },
    forwardClientCertDetails: settings.forwardClientCertDetails,
    setCurrentClientCertDetails: cert && setsClientCert(settings)
      ? { subject: wrap(cert.subject), cert: cert.cert, chain: cert.chain, dns: cert.dns, uri: cert.uri }
      : undefined,
  };
}

/** The upgrades that are named; the translator adds websocket where it is not among them. */
function upgradeConfigs(settings: HcmSettings, faults: Faults): Hcm["upgradeConfigs"] {
  if (!settings.upgrades?.length) return undefined;
  settings.upgrades.forEach(({ connectTerminate }, i) => {
    if (!connectTerminate) return;
    const message = "connectTerminate is for routes; a listener allows connect, and a route terminates it";
    faults.error("SLUICE-1418", `${PATH}.upgrades[${i}]`, message);
  });
  return readUpgrades(`${PATH}.upgrades`, settings.upgrades, faults)
    .map(({ upgradeType, enabled }) => ({ upgradeType, enabled }));
}
