/** gloo.solo.io/v1 Proxy: the model between gateway translation and Envoy translation; a user may write one by hand. */
import { boolValue, list, map, message, oneof, string, uint32 } from "../shape.ts";
import type { Infer } from "../shape.ts";
import {
  cidrRange,
  opaqueMetadata,
  proxySslConfig,
  proxyTcpHost,
  proxyVirtualHost,
  sourceMetadata,
} from "./routing.ts";

const httpListenerOptions = message({}, { hole: "httpListener" });

export const httpListener = message({
  virtualHosts: list(proxyVirtualHost),
  options: httpListenerOptions,
  statPrefix: string(),
  metadataStatic: sourceMetadata,
});
export type HttpListener = Infer<typeof httpListener>;

export const tcpListener = message({
  tcpHosts: list(proxyTcpHost),
  options: message({}, { hole: "tcpListener" }),
  statPrefix: string(),
  metadataStatic: sourceMetadata,
});
export type TcpListener = Infer<typeof tcpListener>;

export const listenerMatcher = message({
  sslConfig: proxySslConfig,
  sourcePrefixRanges: list(cidrRange),
  passthroughCipherSuites: list(string()),
});
export type ListenerMatcher = Infer<typeof listenerMatcher>;

export const matchedListener = message({
  matcher: listenerMatcher,
  ...oneof("listenerType", { httpListener, tcpListener }),
  sslConfigurations: list(proxySslConfig),
});
export type MatchedListener = Infer<typeof matchedListener>;

/** Gloo's AggregateListener: resources by name, and filter chains that refer to them. */
export const aggregateListener = message({
  httpResources: message({ virtualHosts: map(proxyVirtualHost), httpOptions: map(httpListenerOptions) }),
  httpFilterChains: list(
    message({
      matcher: listenerMatcher,
      httpOptionsRef: string(),
      virtualHostRefs: list(string()),
      metadataStatic: sourceMetadata,
    }),
  ),
  tcpListeners: list(message({ matcher: listenerMatcher, tcpListener })),
});
export type AggregateListener = Infer<typeof aggregateListener>;

export const proxyListener = message({
  name: string(),
  bindAddress: string(),
  bindPort: uint32(),
  ...oneof("listenerType", {
    httpListener,
    tcpListener,
    hybridListener: message({ matchedListeners: list(matchedListener) }),
    aggregateListener,
  }),
  sslConfigurations: list(proxySslConfig),
  options: message({}, { hole: "listener" }),
  routeOptions: message({}, { hole: "routeConfiguration" }),
  useProxyProto: boolValue({ deprecated: "use options.proxyProtocol" }),
  ...opaqueMetadata,
  invalid: string(),
});
export type ProxyListener = Infer<typeof proxyListener>;

export const proxySpec = message({ compressedSpec: string(), listeners: list(proxyListener) });
