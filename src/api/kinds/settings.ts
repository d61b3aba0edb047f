/** gloo.solo.io/v1 Settings, and what Sluice adds to it. */
import {
  bool,
  boolValue,
  duration,
  enumeration,
  float,
  free,
  int32Value,
  list,
  map,
  message,
  oneof,
  string,
  uint32,
  uint32Value,
} from "../shape.ts";
import { labelExpression } from "../selector.ts";
import { sslParameters } from "./routing.ts";

const directory = message({ directory: string({ doc: "Path of the folder on Sluice's machine." }) });
const consulKv = message({ rootKey: string({ doc: "Default `gloo`." }) });

/** How Kubernetes Ingresses are served; docs/ingress.md. */
const ingress = message({
  enabled: boolValue({
    doc: "Serve Ingresses. Default: as soon as there is one of our class; `true` listens before that too.",
  }),
  className: string({
    doc: "Class of Ingresses that name one without an IngressClass object, or by annotation. Default `sluice`.",
  }),
  gloo: bool({
    doc: "As Gloo's ingress controller: class `gloo` too, paths are regexes, tlsHosts is HTTPS_ONLY. Default false.",
  }),
  httpPort: uint32({ doc: "Port without TLS. Default 8080.", maximum: 65535 }),
  httpsPort: uint32({ doc: "Port with TLS, open where an Ingress has a certificate. Default 8443.", maximum: 65535 }),
  proxyName: string({
    doc: "Proxy that gets the two listeners, beside those of Gateways if these use it too. Default `ingress-proxy`.",
  }),
  tlsHosts: enumeration(["REDIRECT", "BOTH", "HTTPS_ONLY"], {
    doc:
      "What the port without TLS does for hosts with TLS: redirect to https (default), serve them, or not know them.",
  }),
  publishService: string({
    doc: "`namespace/name` of the Service in front of Envoy; its load balancer's addresses go to Ingresses' status.",
  }),
});

/** Sluice's own settings; Gloo has no such field. */
export const sluiceSettings = message({
  ingress,
  settleTime: duration({
    doc: "How long changes may gather before an ApiSnapshot. Default: 5ms for several sources, none for one.",
  }),
  firstListTimeout: duration({ doc: "How long the first ApiSnapshot waits for a source that is late. Default 30s." }),
  warmTimeout: duration({ doc: "How long routes wait for a new cluster to warm before they are sent. Default 2s." }),
  removalGrace: duration({
    doc: "How long a removed cluster outlives the routes that used it. Default 5s.",
  }),
  inlineRouteConfigurations: list(string(), {
    doc: "Route configurations sent whole to delta Envoys too, not host by host (VHDS); `*` means all. Default: none.",
  }),
  staticClusters: enumeration(["EDS", "STATIC"], {
    doc: "How a static Upstream of IP addresses is served: endpoints over EDS (default), or in the cluster as in Gloo.",
  }),
  endpointLocality: enumeration(["ZONE", "NODE", "NONE"], {
    doc: "Envoy's localities of a Service's endpoints: by zone (default), by zone and node, or none as in Gloo.",
  }),
  discoveredUpstreams: enumeration(["MEMORY", "OBJECTS"], {
    doc: "Where discovered Upstreams live: in Sluice's memory (default), or as Kubernetes objects too, as in Gloo.",
  }),
});

const discovery = message({
  fdsMode: enumeration(["BLACKLIST", "WHITELIST", "DISABLED"], {
    doc: "Function discovery: all Upstreams but those labelled against it, only those labelled for it, or none.",
  }),
  udsOptions: message({
    enabled: boolValue({ doc: "Discover Upstreams. Default true." }),
    watchLabels: map(string(), { doc: "Only services with these labels." }),
  }),
  fdsOptions: message({ graphqlEnabled: boolValue() }),
});

const validation = message({
  proxyValidationServerAddr: string(),
  validationWebhookTlsCert: string(),
  validationWebhookTlsKey: string(),
  ignoreGlooValidationFailure: bool({ deprecated: "it changes nothing" }),
  alwaysAccept: boolValue({ doc: "Report faults, but refuse nothing at admission. Default true." }),
  allowWarnings: boolValue({ doc: "Let through at admission what only has warnings. Default true." }),
  warnRouteShortCircuiting: boolValue({ doc: "Warn of routes that can never be reached. Default false." }),
  disableTransformationValidation: boolValue(),
  validationServerGrpcMaxSizeBytes: int32Value(),
  serverEnabled: boolValue(),
  warnMissingTlsSecret: boolValue({ doc: "A missing TLS secret is a warning instead of an error. Default false." }),
  fullEnvoyValidation: boolValue(),
});

const glooOptions = message({
  xdsBindAddr: string({ doc: "Address of the xDS server. Default `0.0.0.0:9977`." }),
  validationBindAddr: string({ doc: "Address of the validation service. Default `0.0.0.0:9988`." }),
  proxyDebugBindAddr: string({ doc: "Default `0.0.0.0:9966`." }),
  restXdsBindAddr: string({ doc: "Default `0.0.0.0:9976`." }),
  endpointsWarmingTimeout: duration({ doc: "Default 5m; 0s waits for nothing." }),
  invalidConfigPolicy: message({
    replaceInvalidRoutes: bool({
      doc: "Answer on a faulty route instead of keeping its last good form. Default false.",
    }),
    invalidRouteResponseCode: uint32({ doc: "Status of that answer. Default 404." }),
    invalidRouteResponseBody: string(),
  }),
  disableKubernetesDestinations: bool({ doc: "Routes to a Service without an Upstream are errors. Default false." }),
  disableProxyGarbageCollection: boolValue({ doc: "Keep serving a proxy that no Gateway asks for. Default false." }),
  regexMaxProgramSize: uint32Value({ doc: "Largest regex, in RE2 instructions. Default 1000." }),
  enableRestEds: boolValue(),
  removeUnusedFilters: boolValue({
    doc: "Install only filters in use; adding the first use of one drains. Default false.",
  }),
}, { hole: "glooSettings" });

const gatewayOptions = message({
  validationServerAddr: string({ deprecated: "use validation.proxyValidationServerAddr" }),
  validation,
  readGatewaysFromAllNamespaces: bool({ doc: "Serve Gateways of all watched namespaces. Default: only Sluice's own." }),
  alwaysSortRouteTableRoutes: bool({ deprecated: "tables of equal weight are always sorted" }),
  compressedProxySpec: bool(),
  virtualServiceOptions: message({ oneWayTls: boolValue({ doc: "Default of sslConfig.oneWayTls." }) }),
  persistProxySpec: boolValue({ doc: "Write Proxies to the source. Default false." }),
  enableGatewayController: boolValue({ doc: "Translate Gateways. Default true." }),
  isolateVirtualHostsBySslConfig: boolValue({
    doc: "A VirtualService is reachable only by the server names of its own sslConfig. Default false.",
  }),
  translateEmptyGateways: boolValue({ doc: "Listen even where no VirtualService is served. Default false." }),
});

export const settingsSpec = message({
  discoveryNamespace: string({ doc: "Namespace of what discovery writes. Default `gloo-system`." }),
  watchNamespaces: list(string(), { doc: "Namespaces to read; none means all." }),
  watchNamespaceSelectors: list(
    message({
      matchLabels: map(string()),
      matchExpressions: list(message({ ...labelExpression.fields, operator: string() })),
    }),
    { doc: "Namespaces with these labels, beside watchNamespaces." },
  ),
  ...oneof("configSource", {
    kubernetesConfigSource: message({}),
    directoryConfigSource: directory,
    consulKvSource: consulKv,
  }),
  ...oneof("secretSource", {
    kubernetesSecretSource: message({}),
    vaultSecretSource: free(),
    directorySecretSource: directory,
  }),
  secretOptions: message({
    sources: list(message({
      ...oneof("source", { kubernetes: message({}), vault: free(), directory }),
    })),
  }, { doc: "Several sources of secrets at once: Kubernetes is asked first, then folders, then Vault." }),
  ...oneof("artifactSource", {
    kubernetesArtifactSource: message({}),
    directoryArtifactSource: directory,
    consulKvArtifactSource: consulKv,
  }),
  refreshRate: duration({ doc: "How often sources that cannot notify are read again. Default 1m." }),
  devMode: bool({ deprecated: "it changes nothing" }),
  linkerd: bool({ doc: "Add Linkerd's l5d-dst-override header." }),
  knative: free({ deprecated: "Knative is not served" }),
  discovery,
  kubernetes: message({ rateLimits: message({ QPS: float(), burst: uint32() }) }),
  consul: free(),
  consulDiscovery: free(),
  upstreamOptions: message({
    sslParameters,
    globalAnnotations: map(string(), { doc: "Annotations of discovery that count for every Service without its own." }),
  }),
  gloo: glooOptions,
  gateway: gatewayOptions,
  extauth: free(),
  namedExtauth: map(free()),
  ratelimit: free(),
  ratelimitServer: free(),
  rbac: free(),
  extProc: free(),
  extProcEarly: free(),
  extProcLate: free(),
  cachingServer: free(),
  graphqlOptions: free(),
  consoleOptions: free(),
  observabilityOptions: message({
    grafanaIntegration: free(),
    configStatusMetricLabels: map(message({ labelToPath: map(string()) })),
  }),
  extensions: free(),
  ipV4Only: bool({ doc: "Look host names up as IPv4 only. Default false." }),
  sluice: sluiceSettings,
});
