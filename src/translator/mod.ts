/** Envoy translation: a Proxy and what it refers to become pieces of Envoy's configuration, and reports. */
export { matchKeys } from "./filter_chain_matches.ts";
export { resourceOrigin, routesSummary } from "./pieces.ts";
export type {
  ClusterPiece,
  FilterChainPiece,
  ListenerPiece,
  Piece,
  ProxyTranslation,
  RouteConfigurationPiece,
  RoutePiece,
  VirtualHostPiece,
} from "./pieces.ts";
export { sameBytes } from "./same_bytes.ts";
export { virtualHostBytes } from "./virtual_host_bytes.ts";
export { translateProxy } from "./translate_proxy.ts";
export type { TranslateProxyInput } from "./translate_proxy.ts";
