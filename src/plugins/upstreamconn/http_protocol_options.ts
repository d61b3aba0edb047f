import type { Resource } from "../../api/mod.ts";
import { any, duration, type Message, wrap } from "../../envoy/mod.ts";
import { compact } from "../compact.ts";
import type { Faults } from "../faults.ts";
import { upstreamProtocol } from "../protocoloptions/upstream_protocol.ts";
import type { ConnectionConfig } from "./options.ts";

type HttpProtocolOptions = Message<"envoy.extensions.upstreams.http.v3.HttpProtocolOptions">;

/**
 * The HTTP part of a connectionConfig, where there is any. Envoy wants a protocol to be chosen in the same message: for
 * HTTP/1.1 that is done here, for the others by the plugin `protocoloptions`.
 */
export function httpProtocolOptions(
  config: ConnectionConfig,
  upstream: Resource<"Upstream">,
  faults: Faults,
): HttpProtocolOptions | undefined {
  const { http1ProtocolOptions: http1 } = config;
  const common = commonOptions(config, faults);
  const protocol = upstreamProtocol(upstream);
  if (http1 !== undefined && protocol === "http2") {
    const message = "the upstream speaks HTTP/2 only; remove these options, or set " +
      "protocolSelection: USE_DOWNSTREAM_PROTOCOL to speak both";
    faults.error("SLUICE-1457", "connectionConfig.http1ProtocolOptions", message);
  }
  if (common === undefined && http1 === undefined) return undefined;
  const http = http1Options(http1 ?? {});
  return {
    ...(common && { commonHttpProtocolOptions: common }),
    ...(protocol === "http1" && { explicitHttpConfig: { httpProtocolOptions: http } }),
    ...(protocol === "downstream" && http1 && { useDownstreamProtocolConfig: { httpProtocolOptions: http } }),
  };
}

function commonOptions(
  config: ConnectionConfig,
  faults: Faults,
): Message<"envoy.config.core.v3.HttpProtocolOptions"> | undefined {
  const { maxRequestsPerConnection, commonHttpProtocolOptions: common } = config;
  if (maxRequestsPerConnection === undefined && common === undefined) return undefined;
  const path = "connectionConfig.commonHttpProtocolOptions";
  faults.notNegative("SLUICE-1456", `${path}.idleTimeout`, common?.idleTimeout);
  faults.notNegative("SLUICE-1456", `${path}.maxStreamDuration`, common?.maxStreamDuration);
  return compact({
    maxRequestsPerConnection: wrap(maxRequestsPerConnection),
    maxHeadersCount: wrap(common?.maxHeadersCount),
    idleTimeout: common?.idleTimeout === undefined ? undefined : duration(common.idleTimeout),
    maxStreamDuration: common?.maxStreamDuration === undefined ? undefined : duration(common.maxStreamDuration),
    headersWithUnderscoresAction: common?.headersWithUnderscoresAction,
  });
}

function http1Options(
  http1: NonNullable<ConnectionConfig["http1ProtocolOptions"]>,
): Message<"envoy.config.core.v3.Http1ProtocolOptions"> {
  return {
    ...(http1.enableTrailers && { enableTrailers: true }),
    ...(http1.overrideStreamErrorOnInvalidHttpMessage !== undefined && {
      overrideStreamErrorOnInvalidHttpMessage: wrap(http1.overrideStreamErrorOnInvalidHttpMessage),
    }),
    ...(http1.properCaseHeaderKeyFormat && { headerKeyFormat: { properCaseWords: {} } }),
    ...(http1.preserveCaseHeaderKeyFormat && {
      headerKeyFormat: {
        statefulFormatter: {
          name: "envoy.http.stateful_header_formatters.preserve_case",
          typedConfig: any("envoy.extensions.http.header_formatters.preserve_case.v3.PreserveCaseFormatterConfig", {}),
        },
      },
    }),
  };
}
