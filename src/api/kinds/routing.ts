/** Routes, virtual hosts and their matchers: shared by VirtualService, RouteTable and Proxy. */
import {
  bool,
  boolValue,
  duration,
  enumeration,
  free,
  int64,
  list,
  map,
  message,
  oneof,
  string,
  uint32,
  uint32Value,
} from "../shape.ts";
import type { Infer } from "../shape.ts";
import { resourceRef } from "../resource.ts";
import { labelExpression } from "../selector.ts";

const matcherFields = {
  ...oneof("pathSpecifier", {
    prefix: string({ doc: "The path starts with this." }),
    exact: string({ doc: "The path, without the query, is this." }),
    regex: string({ doc: "The whole path, without the query, matches this RE2 regex." }),
    connectMatcher: message({}, { doc: "Any CONNECT request." }),
  }),
  caseSensitive: boolValue({ doc: "Whether case counts in prefix and exact. Default true." }),
  headers: list(
    message({
      name: string({ doc: "Name of the header; case does not count. `:method` and the like may be used." }),
      value: string({ doc: "What the header holds; empty means that it only has to be there." }),
      regex: bool({ doc: "Take value as an RE2 regex for the whole header." }),
      invertMatch: bool({ doc: "Match where this matcher otherwise would not." }),
    }),
    { doc: "All of these must match." },
  ),
  queryParameters: list(
    message({
      name: string({ doc: "Name of the parameter." }),
      value: string({ doc: "What the parameter holds; empty means that it only has to be there." }),
      regex: bool({ doc: "Take value as an RE2 regex for the whole parameter." }),
    }),
    { doc: "All of these must match." },
  ),
  methods: list(string(), { doc: "One of these methods; none given means any." }),
};

/** A Gloo route matcher. No path member means prefix "/". */
export const matcher = message(matcherFields);
export type Matcher = Infer<typeof matcher>;

/** A matcher of a Proxy, which can say what those of VirtualServices cannot. */
export const proxyMatcher = message({
  ...matcherFields,
  ...oneof("pathSpecifier", {
    pathSeparatedPrefix: string({
      doc: "Sluice's addition. The path, without the query, is this or goes on with a `/` after it; it ends in no `/`.",
    }),
  }),
});
export type ProxyMatcher = Infer<typeof proxyMatcher>;

export const regexMatchAndSubstitute = message({
  pattern: message({ regex: string(), googleRe2: message({ maxProgramSize: uint32Value() }) }),
  substitution: string(),
});
export type RegexMatchAndSubstitute = Infer<typeof regexMatchAndSubstitute>;

export const subset = message({ values: map(string()) }, { doc: "Only endpoints with these labels (subsetSpec)." });

/** A single destination: a back end, by one of three ways to name it. */
export const destination = message({
  ...oneof("destinationType", {
    upstream: resourceRef,
    kube: message({ ref: resourceRef, port: uint32() }, { doc: "A Kubernetes Service, without an Upstream." }),
    consul: message({ serviceName: string(), tags: list(string()), dataCenters: list(string()) }, {
      doc: "A Consul service, without an Upstream.",
    }),
  }),
  destinationSpec: message({}, { hole: "destinationSpec", doc: "Which function of the back end to call." }),
  subset,
});
export type Destination = Infer<typeof destination>;

export const weightedDestination = message({
  destination,
  weight: uint32Value({ doc: "Share of the traffic, relative to the sum of all weights." }),
  options: message({}, { hole: "weightedDestination" }),
});
export type WeightedDestination = Infer<typeof weightedDestination>;

export const multiDestination = message({ destinations: list(weightedDestination) });

export const routeAction = message({
  ...oneof("destination", {
    single: destination,
    multi: multiDestination,
    upstreamGroup: resourceRef,
    clusterHeader: string({ doc: "Name of the request header that names the Envoy cluster." }),
    dynamicForwardProxy: message({
      ...oneof("hostRewriteSpecifier", { hostRewrite: string(), autoHostRewriteHeader: string() }),
    }, { doc: "Whichever host the request asks for, looked up by DNS." }),
  }),
}, { doc: "Sends the request to a back end." });
export type RouteAction = Infer<typeof routeAction>;

export const redirectAction = message({
  hostRedirect: string({ doc: "The new host; empty keeps the host." }),
  ...oneof("pathRewriteSpecifier", {
    pathRedirect: string({ doc: "The new path. One with a query string replaces that too." }),
    prefixRewrite: string({ doc: "What replaces the prefix that matched." }),
    regexRewrite: regexMatchAndSubstitute,
  }),
  responseCode: enumeration(["MOVED_PERMANENTLY", "FOUND", "SEE_OTHER", "TEMPORARY_REDIRECT", "PERMANENT_REDIRECT"], {
    doc: "301 (default), 302, 303, 307 or 308.",
  }),
  httpsRedirect: bool({ doc: "Change the scheme to https." }),
  stripQuery: bool({ doc: "Leave the query string out." }),
  portRedirect: uint32Value({ doc: "The new port." }),
}, { doc: "Answers with a redirect." });
export type RedirectAction = Infer<typeof redirectAction>;

export const directResponseAction = message({
  status: uint32({ doc: "HTTP status of the answer." }),
  body: string({ doc: "Body of the answer." }),
}, { doc: "Answers without a back end." });
export type DirectResponseAction = Infer<typeof directResponseAction>;

export const delegateAction = message({
  name: string({ deprecated: "use ref" }),
  namespace: string({ deprecated: "use ref" }),
  ...oneof("delegationType", {
    ref: resourceRef,
    selector: message({
      namespaces: list(string(), { doc: "Where to look; none means the namespace of this resource, `*` all." }),
      labels: map(string(), { doc: "Labels that the RouteTable must have; not together with expressions." }),
      expressions: list(labelExpression, { doc: "Conditions on the RouteTable's labels." }),
    }),
  }),
}, { doc: "Lets RouteTables decide. This route's matcher must be one prefix." });
export type DelegateAction = Infer<typeof delegateAction>;

export const optionsConfigRefs = message({ delegateOptions: list(resourceRef) }, {
  doc: "Option resources that fill what the options here leave unset; earlier ones win.",
});

/** A route as users write it in a VirtualService or RouteTable. */
export const route = message({
  matchers: list(matcher, { doc: 'The route is taken where any of these matches; none means prefix "/".' }),
  inheritableMatchers: boolValue({ doc: "RouteTables delegated to take over headers, methods and query parameters." }),
  inheritablePathMatchers: boolValue({ doc: "RouteTables delegated to take over the path." }),
  ...oneof("action", {
    routeAction,
    redirectAction,
    directResponseAction,
    delegateAction,
    graphqlApiRef: resourceRef,
  }),
  options: message({}, { hole: "route" }),
  name: string({ doc: "Shows in reports, logs and statistics." }),
  optionsConfigRefs,
});
export type Route = Infer<typeof route>;

/** A virtual host as users write it in a VirtualService. */
export const virtualHost = message({
  domains: list(string(), {
    doc:
      "Hosts that clients ask for: `example.com`, `*.example.com`, `example.*` or `*` (default). The most exact wins.",
  }),
  routes: list(route, { doc: "The first route that matches is taken." }),
  options: message({}, { hole: "virtualHost" }),
  optionsConfigRefs,
});
export type VirtualHost = Infer<typeof virtualHost>;

/** TLS towards clients (Gloo's SslConfig). */
export const sslParameters = message({
  minimumProtocolVersion: enumeration(["TLS_AUTO", "TLSv1_0", "TLSv1_1", "TLSv1_2", "TLSv1_3"]),
  maximumProtocolVersion: enumeration(["TLS_AUTO", "TLSv1_0", "TLSv1_1", "TLSv1_2", "TLSv1_3"]),
  cipherSuites: list(string(), { doc: "TLS 1.2 and below; names as in BoringSSL. Default: Envoy's." }),
  ecdhCurves: list(string(), { doc: "Default: Envoy's." }),
});
export type SslParameters = Infer<typeof sslParameters>;

const sslSources = oneof("sslSecrets", {
  secretRef: resourceRef,
  sslFiles: message({ tlsCert: string(), tlsKey: string(), rootCa: string(), ocspStaple: string() }, {
    doc: "Paths of PEM files on Envoy's machine.",
  }),
  sds: message({
    targetUri: string({ doc: "Address of an SDS server." }),
    ...oneof("sdsBuilder", {
      callCredentials: message({
        fileCredentialSource: message({ tokenFileName: string(), header: string() }),
      }),
      clusterName: string({ doc: "A cluster of Envoy's bootstrap that is the SDS server." }),
    }),
    certificatesSecretName: string(),
    validationContextName: string(),
  }, { doc: "Certificates from somebody else's SDS server." }),
});

const sslConfigFields = {
  ...sslSources,
  sniDomains: list(string(), { doc: "Server names for which this certificate is shown; none means any." }),
  verifySubjectAltName: list(string(), { doc: "Clients' certificates must have one of these names." }),
  parameters: sslParameters,
  alpnProtocols: list(string(), { doc: "Default: h2, http/1.1." }),
  oneWayTls: boolValue({ doc: "Ask no client for a certificate, even where the secret has a root CA. Default false." }),
  disableTlsSessionResumption: boolValue(),
  transportSocketConnectTimeout: duration({ doc: "How long a client may take for its handshake." }),
  ocspStaplePolicy: enumeration(["LENIENT_STAPLING", "STRICT_STAPLING", "MUST_STAPLE"]),
};
export const sslConfig = message(sslConfigFields);
export type SslConfig = Infer<typeof sslConfig>;

/** TLS towards back ends (Gloo's UpstreamSslConfig). */
export const upstreamSslConfig = message({
  ...sslSources,
  sni: string({ doc: "Server name to send." }),
  verifySubjectAltName: list(string(), { doc: "The back end's certificate must have one of these names." }),
  parameters: sslParameters,
  alpnProtocols: list(string()),
  allowRenegotiation: boolValue(),
  oneWayTls: boolValue({ doc: "Show the back end no certificate, even where the secret has one. Default false." }),
});
export type UpstreamSslConfig = Infer<typeof upstreamSslConfig>;

export const cidrRange = message({ addressPrefix: string(), prefixLen: uint32Value() });

/** Where a piece of a Proxy comes from. Gloo's SourceMetadata; `path` and what follows is Sluice's addition. */
export const sourceMetadata = message({
  sources: list(
    message({ resourceRef, resourceKind: string(), observedGeneration: int64(), path: string() }),
    { doc: "The owner first, then the resources that delegated to it, nearest first." },
  ),
  optionSources: map(message({ resourceRef, resourceKind: string(), path: string() }), {
    doc: "Top-level option field to the place it was written at, where that is not the owner's own options.",
  }),
  key: string({
    doc: "Names the piece across edits: the chain of owners with the route's name or matchers, joined by '>'.",
  }),
});
export type SourceMetadata = Infer<typeof sourceMetadata>;

/** Gloo's oneof of what stands beside a piece of a Proxy. */
export const opaqueMetadata = oneof("opaqueMetadata", {
  metadata: free({ doc: "Anything; carried along." }),
  metadataStatic: sourceMetadata,
});

/** A route of a Proxy: options resolved, nothing left to delegate. */
export const proxyRoute = message({
  matchers: list(proxyMatcher),
  ...oneof("action", { routeAction, redirectAction, directResponseAction, graphqlApiRef: resourceRef }),
  options: message({}, { hole: "route" }),
  name: string(),
  ...opaqueMetadata,
  invalid: string({
    doc: "Sluice's addition: why gateway translation could not make this piece. Reported already; not to be served.",
  }),
});
export type ProxyRoute = Infer<typeof proxyRoute>;

export const proxyVirtualHost = message({
  name: string(),
  domains: list(string()),
  routes: list(proxyRoute),
  options: message({}, { hole: "virtualHost" }),
  ...opaqueMetadata,
  invalid: string(),
});
export type ProxyVirtualHost = Infer<typeof proxyVirtualHost>;

const tcpHostFields = {
  name: string(),
  sslConfig,
  destination: message({
    ...oneof("destination", {
      single: destination,
      multi: multiDestination,
      upstreamGroup: resourceRef,
      forwardSniClusterName: message({}),
    }),
  }),
};
export const tcpHost = message(tcpHostFields);
export type TcpHost = Infer<typeof tcpHost>;

/** An SslConfig in a Proxy knows whose it is, so that a missing secret is reported to its VirtualService. */
export const proxySslConfig = message({ ...sslConfigFields, metadataStatic: sourceMetadata });
export type ProxySslConfig = Infer<typeof proxySslConfig>;

export const proxyTcpHost = message({ ...tcpHostFields, metadataStatic: sourceMetadata, invalid: string() });
export type ProxyTcpHost = Infer<typeof proxyTcpHost>;
