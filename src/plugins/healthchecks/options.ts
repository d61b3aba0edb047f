import { resourceRef, shape } from "../../api/mod.ts";

const headerValueOption = shape.message({
  ...shape.oneof("headerOption", {
    header: shape.message({ key: shape.string(), value: shape.string() }),
    headerSecretRef: shape.message(resourceRef.fields, { doc: "A header Secret: all of its headers are added." }),
  }),
  append: shape.boolValue({ doc: "False replaces a header of this name. Default true." }),
});
export type HealthCheckHeader = shape.Infer<typeof headerValueOption>;

const payload = shape.message({ ...shape.oneof("payload", { text: shape.string({ doc: "Bytes in hexadecimal." }) }) });
export type Payload = shape.Infer<typeof payload>;

const httpHealthCheck = shape.message({
  host: shape.string({ doc: "Host header. Default: the cluster's name; for a static Upstream the host's address." }),
  path: shape.string({ doc: "Required, such as /health." }),
  serviceName: shape.string({ doc: "What the answer's x-envoy-upstream-healthchecked-cluster has to begin with." }),
  requestHeadersToAdd: shape.list(headerValueOption),
  requestHeadersToRemove: shape.list(shape.string()),
  useHttp2: shape.bool(),
  expectedStatuses: shape.list(shape.message({ start: shape.int64(), end: shape.int64() }), {
    doc: "Healthy are statuses from start up to, not including, end. Default: 200 only.",
  }),
  responseAssertions: shape.free(),
  method: shape.enumeration([
    ...["METHOD_UNSPECIFIED", "GET", "HEAD", "POST", "PUT"] as const,
    ...["DELETE", "CONNECT", "OPTIONS", "TRACE", "PATCH"] as const,
  ], { doc: "Default GET. CONNECT is not possible." }),
});
export type HttpHealthCheck = shape.Infer<typeof httpHealthCheck>;

const healthCheck = shape.message({
  timeout: shape.duration({ doc: "Required, above zero." }),
  interval: shape.duration({ doc: "Required, above zero." }),
  initialJitter: shape.duration(),
  intervalJitter: shape.duration(),
  intervalJitterPercent: shape.uint32(),
  unhealthyThreshold: shape.uint32Value({ doc: "Required: failures in a row that make a host unhealthy." }),
  healthyThreshold: shape.uint32Value({ doc: "Required: successes in a row that make a host healthy." }),
  reuseConnection: shape.boolValue({ doc: "Default true." }),
  ...shape.oneof("healthChecker", {
    httpHealthCheck,
    tcpHealthCheck: shape.message({ send: payload, receive: shape.list(payload) }),
    grpcHealthCheck: shape.message({
      serviceName: shape.string(),
      authority: shape.string(),
      initialMetadata: shape.list(headerValueOption),
    }),
    customHealthCheck: shape.message({
      name: shape.string({ doc: "Such as envoy.health_checkers.redis." }),
      ...shape.oneof("configType", {
        config: shape.free({ deprecated: "use typedConfig" }),
        typedConfig: shape.free({ doc: 'The checker\'s settings, with "@type".' }),
      }),
    }),
  }),
  noTrafficInterval: shape.duration({ doc: "Interval for an upstream that had no request yet. Default 60s." }),
  unhealthyInterval: shape.duration({ doc: "Interval for unhealthy hosts. Default: interval." }),
  unhealthyEdgeInterval: shape.duration({ doc: "Default: unhealthyInterval." }),
  healthyEdgeInterval: shape.duration({ doc: "Default: interval." }),
  eventLogPath: shape.string({ doc: "File that changes of health are logged to." }),
  alwaysLogHealthCheckFailures: shape.bool(),
});
export type HealthCheck = shape.Infer<typeof healthCheck>;

export const healthChecks = shape.list(healthCheck, { doc: "Active health checks." });
