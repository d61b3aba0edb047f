/** gateway.solo.io/v1: Gateway and its parts, VirtualService, RouteTable and the delegated options. */
import { bool, boolValue, int32Value, list, map, message, oneof, string, uint32 } from "../shape.ts";
import type { Infer } from "../shape.ts";
import { resourceRef } from "../resource.ts";
import { labelExpression } from "../selector.ts";
import { cidrRange, route, sslConfig, tcpHost, virtualHost } from "./routing.ts";

export const httpGateway = message({
  virtualServices: list(resourceRef, { doc: "Exactly these, unless labels or expressions select." }),
  virtualServiceSelector: map(string(), { doc: "VirtualServices with these labels." }),
  virtualServiceExpressions: message({ expressions: list(labelExpression) }, {
    doc: "VirtualServices whose labels meet these conditions.",
  }),
  virtualServiceNamespaces: list(string(), { doc: "Where to look; none or `*` means all that are watched." }),
  options: message({}, { hole: "httpListener" }),
});
export type HttpGateway = Infer<typeof httpGateway>;

export const tcpGateway = message({ tcpHosts: list(tcpHost), options: message({}, { hole: "tcpListener" }) });
export type TcpGateway = Infer<typeof tcpGateway>;

const gatewaySelection = oneof("selectionType", {
  ref: resourceRef,
  selector: message({ namespaces: list(string()), labels: map(string()), expressions: list(labelExpression) }),
});

export const gatewayMatcher = message({
  sslConfig,
  sourcePrefixRanges: list(cidrRange),
  passthroughCipherSuites: list(string()),
});
export type GatewayMatcher = Infer<typeof gatewayMatcher>;

/** Takes the shape of the field of the same name that a plugin contributes to `httpListener` (`src/schema`). */
export const borrowedHttpConnectionManagerSettings = message({});

export const hybridGateway = message({
  matchedGateways: list(message({ matcher: gatewayMatcher, ...oneof("gatewayType", { httpGateway, tcpGateway }) })),
  delegatedHttpGateways: message({
    ...gatewaySelection,
    preventChildOverrides: bool({ doc: "What is set here beats what the selected gateways set. Default false." }),
    httpConnectionManagerSettings: borrowedHttpConnectionManagerSettings,
    sslConfig,
  }),
  delegatedTcpGateways: message({ ...gatewaySelection }),
});
export type HybridGateway = Infer<typeof hybridGateway>;

export const gatewaySpec = message({
  ssl: bool({ doc: "Serve the VirtualServices with an sslConfig; false serves those without." }),
  bindAddress: string({ doc: "Address to listen on. Default `::`." }),
  bindPort: uint32({ doc: "Port to listen on; two gateways of a proxy cannot share one.", maximum: 65535 }),
  options: message({}, { hole: "listener" }),
  useProxyProto: boolValue({ deprecated: "use options.proxyProtocol" }),
  ...oneof("gatewayType", { httpGateway, tcpGateway, hybridGateway }),
  proxyNames: list(string(), { doc: "Proxies that get this listener. Default `gateway-proxy`." }),
  routeOptions: message({}, { hole: "routeConfiguration" }),
});

export const matchableHttpGatewaySpec = message({
  matcher: message({ sourcePrefixRanges: list(cidrRange), sslConfig }),
  httpGateway,
});

export const matchableTcpGatewaySpec = message({ matcher: gatewayMatcher, tcpGateway });

export const virtualServiceSpec = message({
  virtualHost,
  sslConfig: { ...sslConfig, doc: "Serve over TLS: set, the VirtualService goes to gateways with ssl: true." },
  displayName: string({ doc: "A name for people; it changes nothing." }),
});

export const routeTableSpec = message({
  routes: list(route, { doc: "Each must match less than, or the same as, the route that delegates here." }),
  weight: int32Value({ doc: "Order among the tables one selector finds: lower first. Default 0." }),
});

export const virtualHostOptionSpec = message({ options: message({}, { hole: "virtualHost" }) });

export const routeOptionSpec = message({ options: message({}, { hole: "route" }) });
