import { type Infer, shape } from "../../api/mod.ts";
import { upgradeConfig } from "../basicroute/options.ts";
import { requestHeaderToAdd } from "../headers/options.ts";

const bool = (doc: string) => shape.boolValue({ doc });
const count = (doc: string) => shape.uint32Value({ doc });
const span = (doc: string) => shape.duration({ doc });
const text = (doc: string) => shape.stringValue({ doc });

export const httpConnectionManagerSettings = shape.message({
  skipXffAppend: bool("Leaves x-forwarded-for alone. Default false."),
  via: text("Added to the Via header of requests and answers."),
  xffNumTrustedHops: count("Proxies before Envoy whose x-forwarded-for is trusted. Default 0."),
  useRemoteAddress: bool("Takes the connection's address for the client's, as an edge proxy should. Default false."),
  generateRequestId: bool("Gives requests an x-request-id. Default true."),
  proxy100Continue: bool("Hands Expect: 100-continue on. Default false."),
  streamIdleTimeout: span("Ends a stream on which nothing moves. Default 5m; 0s: never."),
  idleTimeout: span("Closes a connection without requests. Default 1h; 0s: never."),
  maxRequestHeadersKb: count("1 to 8192. Default 60."),
  requestTimeout: span("Time limit for receiving a whole request. Default: none."),
  requestHeadersTimeout: span("Time limit for receiving the headers of a request. Default: none."),
  drainTimeout: span("Time between the two notices of a connection's end. Default 5s."),
  delayedCloseTimeout: span("How long a closed connection may be flushed. Default 1s."),
  serverName: text("The Server header. Default envoy."),
  stripAnyHostPort: bool("Takes the port off the Host before routes are matched. Default false."),
  acceptHttp10: bool("Default false."),
  defaultHostForHttp10: text("The Host of HTTP/1.0 requests without one; with acceptHttp10 only."),
  allowChunkedLength: bool("Allows Content-Length beside Transfer-Encoding: chunked. Default false."),
  enableTrailers: bool("HTTP/1 trailers. Default false."),
  ...shape.oneof("headerFormat", {
    properCaseHeaderKeyFormat: bool("HTTP/1 header names are written Proper-Case."),
    preserveCaseHeaderKeyFormat: bool("HTTP/1 header names keep their case."),
  }),
  tracing: shape.free({ doc: "Tracing; known but not served yet." }),
  forwardClientCertDetails: shape.enumeration(
    ["SANITIZE", "FORWARD_ONLY", "APPEND_FORWARD", "SANITIZE_SET", "ALWAYS_FORWARD_ONLY"],
    { doc: "What becomes of x-forwarded-client-cert." },
  ),
  setCurrentClientCertDetails: shape.message({
    subject: shape.boolValue(),
    cert: shape.boolValue(),
    chain: shape.boolValue(),
    dns: shape.boolValue(),
    uri: shape.boolValue(),
  }, { doc: "What x-forwarded-client-cert tells; with APPEND_FORWARD and SANITIZE_SET only." }),
  preserveExternalRequestId: bool("Keeps a client's x-request-id where useRemoteAddress is on. Default false."),
  upgrades: shape.list(upgradeConfig, { doc: "Upgrades that are allowed; websocket is, unless switched off here." }),
  maxConnectionDuration: span("Longest life of a connection. Default: without limit."),
  maxStreamDuration: span("Longest life of a stream. Default: without limit."),
  maxHeadersCount: count("At least 1. Default 100."),
  headersWithUnderscoresAction: shape.enumeration(["ALLOW", "REJECT_CLIENT_REQUEST", "DROP_HEADER"]),
  maxRequestsPerConnection: count("0 or absent: without limit."),
  serverHeaderTransformation: shape.enumeration(["OVERWRITE", "APPEND_IF_ABSENT", "PASS_THROUGH"]),
  pathWithEscapedSlashesAction: shape.enumeration([
    "IMPLEMENTATION_SPECIFIC_DEFAULT",
    "KEEP_UNCHANGED",
    "REJECT_REQUEST",
    "UNESCAPE_AND_REDIRECT",
    "UNESCAPE_AND_FORWARD",
  ]),
  codecType: shape.enumeration(["AUTO", "HTTP1", "HTTP2"]),
  mergeSlashes: bool("// in a path counts as / for matching. Default false."),
  normalizePath: bool("Resolves /./ and /../ in paths. Default true."),
  uuidRequestIdConfig: shape.message({
    packTraceReason: bool("Default true."),
    useRequestIdForTraceSampling: bool("Default true."),
  }),
  http2ProtocolOptions: shape.message({
    maxConcurrentStreams: count("1 to 2147483647."),
    initialStreamWindowSize: count("65535 to 2147483647 bytes."),
    initialConnectionWindowSize: count("65535 to 2147483647 bytes."),
    overrideStreamErrorOnInvalidHttpMessage: bool("An invalid message ends its stream only."),
  }),
  internalAddressConfig: shape.message({
    unixSockets: shape.boolValue(),
    cidrRanges: shape.list(shape.message({ addressPrefix: shape.string(), prefixLen: shape.uint32Value() })),
  }, { doc: "Addresses that count as internal." }),
  appendXForwardedPort: bool("Tells upstreams the listener's port in x-forwarded-port. Default false."),
  earlyHeaderManipulation: shape.message({
    headersToAdd: shape.list(requestHeaderToAdd),
    headersToRemove: shape.list(shape.string()),
  }, { doc: "Changes request headers before anything else, route matching included." }),
});
export type HcmSettings = Infer<typeof httpConnectionManagerSettings>;

export const httpListenerOptions = { httpConnectionManagerSettings };
