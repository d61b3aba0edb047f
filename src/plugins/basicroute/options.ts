import { type Infer, regexMatchAndSubstitute, shape } from "../../api/mod.ts";

const span = (doc: string) => shape.duration({ doc });

export const retryPolicy = shape.message({
  retryOn: shape.string({ doc: "Envoy's x-envoy-retry-on and x-envoy-retry-grpc-on conditions, separated by commas." }),
  numRetries: shape.uint32({ doc: "Retries at most. Default 1." }),
  perTryTimeout: span("Time limit of each try; 0s or absent: the route's timeout."),
  retryBackOff: shape.message({
    baseInterval: span("At least 1ms."),
    maxInterval: span("At least baseInterval. Default ten times baseInterval."),
  }),
  ...shape.oneof("priorityPredicate", {
    previousPriorities: shape.message({
      updateFrequency: shape.uint32Value({ doc: "Tries after which priorities are chosen anew. Default 1." }),
    }, { doc: "A retry goes to another priority than the tries before." }),
  }),
  retriableStatusCodes: shape.list(shape.uint32(), { doc: "For the condition retriable-status-codes." }),
  rateLimitedRetryBackOff: shape.message({
    resetHeaders: shape.list(
      shape.message({ name: shape.string(), format: shape.enumeration(["SECONDS", "UNIX_TIMESTAMP"]) }),
    ),
    maxInterval: span("Default 300s."),
  }, { doc: "Waits as long as the back end's answer says." }),
});
export type RetryPolicy = Infer<typeof retryPolicy>;

const upgradeSpec = (doc: string) => shape.message({ enabled: shape.boolValue({ doc: "Default true." }) }, { doc });

/** Gloo's ProtocolUpgradeConfig: one kind of upgrade; the connection manager's settings have the same message. */
export const upgradeConfig = shape.message(
  shape.oneof("upgradeType", {
    websocket: upgradeSpec("WebSocket upgrades. On by default."),
    connect: upgradeSpec("CONNECT requests, handed on to the upstream."),
    connectTerminate: upgradeSpec("CONNECT requests that end here; their payload goes on as TCP. Routes only."),
  }),
);
export type UpgradeConfig = Infer<typeof upgradeConfig>;

export const virtualHostOptions = { retries: retryPolicy };

export const routeOptions = {
  prefixRewrite: shape.stringValue({ doc: "Replaces the matched prefix (or the whole matched path)." }),
  regexRewrite: { ...regexMatchAndSubstitute, doc: "Replaces what a regex finds in the path." },
  timeout: span("Time limit of the whole answer. Default 15s; 0s: none."),
  idleTimeout: span("Ends a request on which nothing moves. Default: the listener's streamIdleTimeout; 0s: none."),
  maxStreamDuration: shape.message({
    maxStreamDuration: span("Longest life of a stream."),
    grpcTimeoutHeaderMax: span("Takes grpc-timeout into account, up to this; 0s: without limit."),
    grpcTimeoutHeaderOffset: span("Taken off grpc-timeout."),
  }),
  retries: retryPolicy,
  ...shape.oneof("hostRewriteType", {
    hostRewrite: shape.string({ doc: "The Host that the upstream sees." }),
    autoHostRewrite: shape.boolValue({ doc: "The Host becomes the endpoint's host name." }),
    hostRewritePathRegex: { ...regexMatchAndSubstitute, doc: "The Host is made from the path." },
    hostRewriteHeader: shape.stringValue({ doc: "The Host is taken from this request header." }),
  }),
  appendXForwardedHost: shape.boolValue({ doc: "Keeps a rewritten Host in x-forwarded-host." }),
  upgrades: shape.list(upgradeConfig, { doc: "Switches upgrades on or off for this route." }),
};
