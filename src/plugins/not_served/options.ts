/**
 * Option fields that Gloo has and that no plugin here serves yet, by the message that they belong to. They are decoded
 * as any JSON, but for switches. A plugin that comes to serve one takes it from this list.
 */
import type { shape } from "../../api/mod.ts";
import type { Severity } from "../../report/mod.ts";

/** An option that is not served, and how bad it is to go on without it. */
export interface NotServed {
  readonly shape: shape.FreeShape | shape.ScalarShape;
  /** Undefined for what asks for nothing that is not so anyway. */
  readonly severity: Severity | undefined;
}

export type NotServedFields = Readonly<Record<string, NotServed>>;

type Note = Omit<shape.FreeShape, "type">;

/** Guards access, limits use, or decides what the other side gets to see: without it, nothing is served. */
const guard = (note: Note = {}): NotServed => ({ shape: { type: "free", ...note }, severity: "error" });

/** Nobody comes to harm without it. */
const extra = (note: Note = {}): NotServed => ({ shape: { type: "free", ...note }, severity: "warning" });

/** Switches off something that is not there. */
const moot = (note: Note): NotServed => ({ shape: { type: "bool", wrapper: true, ...note }, severity: undefined });

const rateLimits: NotServedFields = {
  ratelimitBasic: guard(),
  ratelimitEarly: guard({ oneof: "rateLimitEarlyConfigType" }),
  rateLimitEarlyConfigs: guard({ oneof: "rateLimitEarlyConfigType" }),
  ratelimit: guard({ oneof: "rateLimitConfigType" }),
  rateLimitConfigs: guard({ oneof: "rateLimitConfigType" }),
  ratelimitRegular: guard({ oneof: "rateLimitRegularConfigType" }),
  rateLimitRegularConfigs: guard({ oneof: "rateLimitRegularConfigType" }),
};

const externalProcessing: NotServedFields = { extProcEarly: guard(), extProc: guard(), extProcLate: guard() };

/** What weighted destinations, routes and virtual hosts have in common. */
const everywhere: NotServedFields = {
  extensions: extra(),
  extauth: guard(),
  bufferPerRoute: extra(),
  csrf: guard(),
  transformations: guard({ deprecated: "use stagedTransformations" }),
  stagedTransformations: guard(),
};

const routesAndHosts: NotServedFields = {
  ...everywhere,
  ...rateLimits,
  ...externalProcessing,
  waf: guard(),
  jwt: guard({ oneof: "jwtConfig", deprecated: "use jwtStaged" }),
  jwtStaged: guard({ oneof: "jwtConfig" }),
  rbac: guard(),
  dlp: guard(),
};

export const LISTENER: NotServedFields = {
  extensions: extra(),
  listenerAccessLoggingService: extra(),
  tcpStats: extra(),
};

export const HTTP_LISTENER: NotServedFields = {
  extensions: extra(),
  grpcWeb: extra(),
  healthCheck: extra(),
  waf: guard(),
  dlp: guard(),
  wasm: guard(),
  // These two name servers; what is guarded by them says so on a virtual host or route, and is an error there.
  extauth: extra(),
  ratelimitServer: extra(),
  caching: extra({ deprecated: "it is going away" }),
  disableExtProcEarly: moot({ oneof: "extProcEarlyConfig" }),
  extProcEarly: guard({ oneof: "extProcEarlyConfig" }),
  disableExtProc: moot({ oneof: "extProcConfig" }),
  extProc: guard({ oneof: "extProcConfig" }),
  disableExtProcLate: moot({ oneof: "extProcLateConfig" }),
  extProcLate: guard({ oneof: "extProcLateConfig" }),
  gzip: extra(),
  proxyLatency: extra(),
  buffer: extra(),
  csrf: guard(),
  grpcJsonTranscoder: extra(),
  sanitizeClusterHeader: guard(),
  leftmostXffAddress: extra(),
  dynamicForwardProxy: extra(),
  connectionLimit: guard(),
  networkLocalRatelimit: guard(),
  httpLocalRatelimit: guard(),
  router: extra(),
  tap: extra(),
  statefulSession: extra(),
  headerValidationSettings: extra(),
};

export const TCP_LISTENER: NotServedFields = { connectionLimit: guard(), localRatelimit: guard() };

export const VIRTUAL_HOST: NotServedFields = {
  ...routesAndHosts,
  stats: extra(),
  corsPolicyMergeSettings: extra(),
};

export const ROUTE: NotServedFields = {
  ...routesAndHosts,
  jwtProvidersStaged: guard({ oneof: "jwtConfig" }),
  faults: extra(),
  tracing: extra(),
  shadowing: extra(),
  envoyMetadata: extra(),
  ai: guard(),
};

export const WEIGHTED_DESTINATION: NotServedFields = everywhere;

/** Kinds of functions of a back end; `Destination.destinationSpec`. */
export const DESTINATION_SPEC: NotServedFields = {
  aws: guard({ oneof: "destinationType" }),
  azure: guard({ oneof: "destinationType" }),
  rest: guard({ oneof: "destinationType" }),
  grpc: guard({ oneof: "destinationType" }),
};

export const UPSTREAM: NotServedFields = {
  aws: guard({ oneof: "upstreamType", doc: "AWS Lambda functions." }),
  azure: guard({ oneof: "upstreamType", doc: "Azure functions." }),
  consul: guard({ oneof: "upstreamType", doc: "A Consul service." }),
  awsEc2: guard({ oneof: "upstreamType", doc: "EC2 instances." }),
  gcp: guard({ oneof: "upstreamType" }),
  ai: guard({ oneof: "upstreamType" }),
  failover: extra(),
  // A tunnel through a proxy: going past it would send traffic where it must not go.
  httpProxyHostname: guard(),
  httpConnectSslConfig: guard(),
  httpConnectHeaders: guard(),
  disableIstioAutoMtls: extra(),
};

/** Of `Settings.gloo`. Nothing reports these, as no object that a plugin sees is theirs; none of them guards anything. */
export const GLOO_SETTINGS: NotServedFields = {
  awsOptions: extra(),
  disableGrpcWeb: extra(),
  failoverUpstreamDnsPollingInterval: extra(),
  logTransformationRequestResponseInfo: extra(),
  transformationEscapeCharacters: extra(),
  enableAutoWebsocketTransformationPassthrough: extra(),
  istioOptions: extra(),
};
