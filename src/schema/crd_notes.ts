import type { Kind } from "../api/mod.ts";

/** What a CRD says beside what the shape of its kind does. */
export interface CrdNotes {
  /** What `kubectl explain` says of the kind. */
  readonly doc: string;
  /** What `kubectl get` shows before the state: entries of `additionalPrinterColumns`. */
  readonly columns?: readonly { readonly name: string; readonly type: string; readonly jsonPath: string }[];
  /** Names of fields below which nothing is looked at and nothing is dropped, as in Gloo's CRD. */
  readonly carried?: readonly string[];
  /** Further lists in the spec that objects of later Gloo versions may hold. Decoding reports them. */
  readonly kept?: readonly string[];
}

/** By kind; every kind with a CRD has an entry. */
export const CRD_NOTES: { readonly [K in Kind]?: CrdNotes } = {
  AuthConfig: { doc: "How requests are authenticated. Read, but not served yet." },
  Gateway: {
    doc: "A listener: an address and port of Envoy, with the VirtualServices or TCP hosts that it serves.",
    columns: [
      { name: "Port", type: "integer", jsonPath: ".spec.bindPort" },
      { name: "SSL", type: "boolean", jsonPath: ".spec.ssl" },
    ],
  },
  GraphQLApi: { doc: "A GraphQL schema with its resolvers. Read, but not served." },
  MatchableHttpGateway: { doc: "A part of a hybrid Gateway: HTTP for the connections that its matcher takes." },
  MatchableTcpGateway: { doc: "A part of a hybrid Gateway: TCP for the connections that its matcher takes." },
  Proxy: {
    doc: "What Gateways and VirtualServices become before it is Envoy's configuration. Seldom written by hand.",
    // Spelled out, they are as large as all other CRDs together.
    carried: ["httpListener", "tcpListener", "hybridListener", "aggregateListener"],
  },
  RateLimitConfig: { doc: "Rate limits and what they count by. Read, but not served yet.", carried: ["raw"] },
  RouteOption: { doc: "Options for the routes that refer to it.", kept: ["targetRefs"] },
  RouteTable: { doc: "Routes to which a route of a VirtualService, or of another RouteTable, delegates." },
  Settings: { doc: "Settings of the control plane." },
  Upstream: {
    doc: "A back end: where its endpoints are, and how to speak to them.",
    columns: [
      { name: "Service", type: "string", jsonPath: ".spec['kube','consul'].serviceName" },
      { name: "Host", type: "string", jsonPath: ".spec.static.hosts[0].addr" },
    ],
  },
  UpstreamGroup: { doc: "Back ends that share traffic by weight." },
  VirtualHostOption: { doc: "Options for the virtual hosts that refer to it.", kept: ["targetRefs"] },
  VirtualService: {
    doc: "A virtual host: its domains, its routes, and the certificate that is shown for it.",
    columns: [{ name: "Domains", type: "string", jsonPath: ".spec.virtualHost.domains" }],
  },
};
