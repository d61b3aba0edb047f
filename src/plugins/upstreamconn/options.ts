import { shape } from "../../api/mod.ts";

export const connectionConfig = shape.message({
  maxRequestsPerConnection: shape.uint32({ doc: "Default 0: no limit." }),
  connectTimeout: shape.duration({ doc: "Above zero. Default 5s." }),
  tcpKeepalive: shape.message({
    keepaliveProbes: shape.uint32({
      doc: "Probes without an answer before the connection is dead. Default: the system's.",
    }),
    keepaliveTime: shape.duration({ doc: "Idle time before the first probe, rounded up to seconds." }),
    keepaliveInterval: shape.duration({ doc: "Time between probes, rounded up to seconds." }),
  }),
  perConnectionBufferLimitBytes: shape.uint32Value({ doc: "Soft limit of a connection's buffers. Default 1 MiB." }),
  commonHttpProtocolOptions: shape.message({
    idleTimeout: shape.duration({ doc: "Default 1h; 0s means never." }),
    maxHeadersCount: shape.uint32({ doc: "Default 100." }),
    maxStreamDuration: shape.duration({ doc: "Default: no limit." }),
    headersWithUnderscoresAction: shape.enumeration(["ALLOW", "REJECT_REQUEST", "DROP_HEADER"]),
  }),
  http1ProtocolOptions: shape.message({
    enableTrailers: shape.bool(),
    ...shape.oneof("headerFormat", {
      properCaseHeaderKeyFormat: shape.bool({ doc: "Write header names as Content-Type." }),
      preserveCaseHeaderKeyFormat: shape.bool({ doc: "Write header names as they came." }),
    }),
    overrideStreamErrorOnInvalidHttpMessage: shape.boolValue(),
  }),
});
export type ConnectionConfig = shape.Infer<typeof connectionConfig>;

export const upstreamOptions = {
  connectionConfig,
  ignoreHealthOnHostRemoval: shape.boolValue({ doc: "Remove a host at once, whatever its health." }),
  respectDnsTtl: shape.boolValue({ doc: "Resolve names again when their TTL is over. Hosts by name only." }),
  dnsRefreshRate: shape.duration({ doc: "More than 1ms. Default 5s. Hosts by name only." }),
  preconnectPolicy: shape.message({
    perUpstreamPreconnectRatio: shape.doubleValue({ doc: "1 to 3." }),
    predictivePreconnectRatio: shape.doubleValue({ doc: "1 to 3." }),
  }),
};
