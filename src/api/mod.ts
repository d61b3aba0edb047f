/** Resource kinds: what users write, as types and as data from which decoding and schemas are made. */
export * from "./changes.ts";
export * from "./kinds.ts";
export * from "./kinds/gateway.ts";
export * from "./kinds/proxy.ts";
export * from "./kinds/routing.ts";
export * from "./lookup.ts";
export { isMadeProxy, PROXY_MAKERS } from "./made_proxies.ts";
export { pathTextFault } from "./path_text.ts";
export { regexFault, type RegexMatcher, regexMatcher } from "./regex.ts";
export * from "./resource.ts";
export { nextDifference, sameItems, sameResource, sameValue } from "./same_resource.ts";
export * from "./selector.ts";
export { isTcp, type ServicePort, servicePort } from "./service_port.ts";
export { serviceUpstreamName, shortName } from "./service_upstream_name.ts";
export * as shape from "./shape.ts";
export type { HoleName, Infer, InferFields, Shape } from "./shape.ts";
export { speaksHttp2 } from "./speaks_http2.ts";
