import { any, type Message, wrap } from "../../envoy/mod.ts";
import { span } from "../spans.ts";
import type { HcmSettings } from "./options.ts";

type Hcm = Message<"envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager">;

const UNDERSCORES = { ALLOW: "ALLOW", REJECT_CLIENT_REQUEST: "REJECT_REQUEST", DROP_HEADER: "DROP_HEADER" } as const;

/** What holds for HTTP/1 and HTTP/2 alike; undefined where nothing is set. */
export function commonHttpProtocolOptions(settings: HcmSettings): Hcm["commonHttpProtocolOptions"] {
  const action = settings.headersWithUnderscoresAction;
  return unlessEmpty({
    idleTimeout: span(settings.idleTimeout),
    maxConnectionDuration: span(settings.maxConnectionDuration),
    maxStreamDuration: span(settings.maxStreamDuration),
    maxHeadersCount: wrap(settings.maxHeadersCount),
    maxRequestsPerConnection: wrap(settings.maxRequestsPerConnection),
    headersWithUnderscoresAction: action && UNDERSCORES[action],
  });
}

export function http1ProtocolOptions(settings: HcmSettings): Hcm["httpProtocolOptions"] {
  return unlessEmpty({
    acceptHttp10: settings.acceptHttp10 || undefined,
    defaultHostForHttp10: settings.acceptHttp10 ? settings.defaultHostForHttp10 : undefined,
    allowChunkedLength: settings.allowChunkedLength || undefined,
    enableTrailers: settings.enableTrailers || undefined,
    headerKeyFormat: headerKeyFormat(settings),
  });
}

export function http2ProtocolOptions({ http2ProtocolOptions: options }: HcmSettings): Hcm["http2ProtocolOptions"] {
  return options && {
    maxConcurrentStreams: wrap(options.maxConcurrentStreams),
    initialStreamWindowSize: wrap(options.initialStreamWindowSize),
    initialConnectionWindowSize: wrap(options.initialConnectionWindowSize),
    overrideStreamErrorOnInvalidHttpMessage: wrap(options.overrideStreamErrorOnInvalidHttpMessage),
  };
}

function headerKeyFormat(settings: HcmSettings): NonNullable<Hcm["httpProtocolOptions"]>["headerKeyFormat"] {
  if (settings.properCaseHeaderKeyFormat) return { properCaseWords: {} };
  if (!settings.preserveCaseHeaderKeyFormat) return undefined;
  return {
    statefulFormatter: {
      name: "envoy.http.stateful_header_formatters.preserve_case",
      typedConfig: any("envoy.extensions.http.header_formatters.preserve_case.v3.PreserveCaseFormatterConfig", {}),
    },
  };
}

function unlessEmpty<T extends object>(message: T): T | undefined {
  return Object.values(message).some((value) => value !== undefined) ? message : undefined;
}
