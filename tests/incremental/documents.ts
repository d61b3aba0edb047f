import type { Certificate } from "../../scripts/certificates.ts";
import type { Kind, ResourceId } from "../../src/api/mod.ts";
import { endpointSpec, secretSpec, settingsSpec, upstreamGroupSpec, upstreamSpec } from "./backend_specs.ts";
import {
  gatewayAnnotations,
  gatewaySpec,
  matchableHttpGatewaySpec,
  matchableTcpGatewaySpec,
  proxySpec,
} from "./gateway_specs.ts";
import { endpointSliceSpec, serviceAnnotations, serviceSpec, sliceLabels } from "./kubernetes_specs.ts";
import { NAMES, NAMESPACES, randomLabels, WRITE_NAMESPACE } from "./names.ts";
import type { Random } from "./random.ts";
import { routeOptionSpec, routeTableSpec, virtualHostOptionSpec, virtualServiceSpec } from "./routing_specs.ts";

/** A resource as somebody writes it, before it is decoded; plain JSON. */
export interface Document {
  readonly kind: Kind;
  readonly metadata: Metadata;
  readonly spec: object;
}

interface Metadata {
  readonly name: string;
  readonly namespace: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
  readonly creationTimestamp?: string;
}

/** The Settings that are followed. */
export const SETTINGS: ResourceId = { kind: "Settings", namespace: WRITE_NAMESPACE, name: "default" };

/** How many parts in ten of the names of a kind are taken at the start, and how often it is edited. */
const SHARES: Readonly<Record<Kind, { readonly taken: number; readonly edits: number }>> = {
  Artifact: { taken: 2, edits: 1 },
  AuthConfig: { taken: 2, edits: 1 },
  Endpoint: { taken: 4, edits: 3 },
  EndpointSlice: { taken: 8, edits: 4 },
  Gateway: { taken: 6, edits: 5 },
  GraphQLApi: { taken: 2, edits: 1 },
  Ingress: { taken: 0, edits: 0 },
  IngressClass: { taken: 0, edits: 0 },
  MatchableHttpGateway: { taken: 6, edits: 3 },
  MatchableTcpGateway: { taken: 6, edits: 3 },
  Pod: { taken: 6, edits: 2 },
  Proxy: { taken: 3, edits: 3 },
  RateLimitConfig: { taken: 2, edits: 1 },
  RouteOption: { taken: 7, edits: 4 },
  RouteTable: { taken: 9, edits: 8 },
  Secret: { taken: 9, edits: 5 },
  Service: { taken: 8, edits: 4 },
  Settings: { taken: 5, edits: 5 },
  Upstream: { taken: 9, edits: 6 },
  UpstreamGroup: { taken: 7, edits: 3 },
  VirtualHostOption: { taken: 7, edits: 3 },
  VirtualService: { taken: 9, edits: 9 },
};

/** The Gateways of the write namespace at the start: plain, with TLS, and with parts. */
const GATEWAYS: Readonly<Record<string, object>> = {
  a: { bindPort: 8080, httpGateway: {} },
  b: { bindPort: 8443, ssl: true, httpGateway: {} },
  c: {
    bindPort: 9000,
    proxyNames: ["gateway-proxy", "edge"],
    hybridGateway: {
      delegatedHttpGateways: { selector: { namespaces: ["*"] }, sslConfig: { alpnProtocols: ["h2"] } },
      delegatedTcpGateways: { selector: { namespaces: ["*"] } },
    },
  },
};

/** Kinds that have to do with each other: sequences of edits look into one of these corners each. */
export const CORNERS: readonly (readonly Kind[])[] = [
  ["VirtualService"],
  ["RouteTable", "VirtualService"],
  ["Gateway", "Settings"],
  ["VirtualService", "Secret"],
  ["Upstream", "Secret", "Endpoint"],
  ["MatchableHttpGateway", "Gateway"],
  ["VirtualHostOption", "RouteOption"],
  ["Settings", "VirtualService"],
  ["MatchableTcpGateway", "UpstreamGroup"],
  ["Proxy", "Secret"],
  ["RouteTable", "RouteOption"],
  ["Gateway", "VirtualService"],
  ["Service", "EndpointSlice", "Pod", "Upstream"],
];

const KINDS = Object.keys(SHARES) as Kind[];

/** Makes random documents; certificates are made beforehand, as they take long. */
export class Documents {
  readonly #random: Random;
  readonly #certificates: readonly Certificate[];
  readonly #focus: readonly Kind[];

  /** @param focus Kinds that most edits are about. */
  constructor(random: Random, certificates: readonly Certificate[], focus: readonly Kind[]) {
    this.#random = random;
    this.#certificates = certificates;
    this.#focus = focus;
  }

  /** The documents of a configuration to begin with, with Gateways that serve what there is. */
  configuration(): Document[] {
    return KINDS.flatMap((kind) =>
      namesOf(kind).flatMap((id) => {
        const fixed = kind === "Gateway" && id.namespace === WRITE_NAMESPACE ? GATEWAYS[id.name] : undefined;
        if (fixed) return [{ ...this.make(id), spec: fixed }];
        return this.#random.below(10) < SHARES[kind].taken ? [this.make(id)] : [];
      })
    );
  }

  /** The kind that is to be edited. */
  kind(): Kind {
    return this.#random.oneIn(3) ? this.#anyKind() : this.#random.pick(this.#focus);
  }

  /** A kind, those that matter more often than others. */
  #anyKind(): Kind {
    return this.#random.weighed(KINDS.map((kind) => [SHARES[kind].edits, () => kind] as const));
  }

  /** A name of the kind, taken or not. */
  id(kind: Kind): ResourceId {
    if (kind === "Settings" && !this.#random.oneIn(5)) return SETTINGS;
    return this.#random.pick(namesOf(kind));
  }

  make({ kind, namespace, name }: ResourceId): Document {
    return { kind, metadata: { name, namespace, ...this.metadata(kind) }, spec: this.#spec(kind, name) };
  }

  /** Metadata beside name and namespace. */
  metadata(kind: Kind): Omit<Metadata, "name" | "namespace"> {
    const random = this.#random;
    return {
      ...kind === "EndpointSlice"
        ? { labels: sliceLabels(random) }
        : random.maybe(2, () => ({ labels: labelsOf(kind, random) })),
      ...random.maybe(4, () => ({ creationTimestamp: `2026-01-0${1 + random.below(3)}T00:00:00Z` })),
      ...kind === "Gateway" ? random.maybe(4, () => ({ annotations: gatewayAnnotations(random) })) : {},
      ...kind === "Service" ? random.maybe(4, () => ({ annotations: serviceAnnotations(random) })) : {},
    };
  }

  #spec(kind: Kind, name: string): object {
    const random = this.#random;
    switch (kind) {
      case "Endpoint":
        return endpointSpec(random);
      case "Gateway":
        return gatewaySpec(random);
      case "MatchableHttpGateway":
        return matchableHttpGatewaySpec(random);
      case "MatchableTcpGateway":
        return matchableTcpGatewaySpec(random);
      case "Proxy":
        return proxySpec(random);
      case "RouteOption":
        return routeOptionSpec(random);
      case "RouteTable":
        return routeTableSpec(random);
      case "Secret":
        return secretSpec(random, name, this.#certificates);
      case "Settings":
        return settingsSpec(random);
      case "Upstream":
        return upstreamSpec(random);
      case "UpstreamGroup":
        return upstreamGroupSpec(random);
      case "VirtualHostOption":
        return virtualHostOptionSpec(random);
      case "VirtualService":
        return virtualServiceSpec(random);
      case "Artifact":
        return { data: { text: random.pick(["1", "2"]) } };
      case "AuthConfig":
        return { booleanExpr: random.pick(["a", "b"]) };
      case "GraphQLApi":
        return { statPrefix: random.pick(["a", "b"]) };
      case "RateLimitConfig":
        return { raw: {} };
      case "EndpointSlice":
        return endpointSliceSpec(random);
      case "Service":
        return serviceSpec(random);
      case "Ingress":
      case "IngressClass":
      case "Pod":
        return {};
    }
  }
}

/** The names that a kind may have; Proxies may also have those of Gateways' proxies. */
function namesOf(kind: Kind): readonly ResourceId[] {
  if (kind === "Settings") return [SETTINGS, { ...SETTINGS, name: "other" }];
  const names = NAMESPACES.flatMap((namespace) => NAMES.map((name) => ({ kind, namespace, name })));
  if (kind !== "Proxy") return names;
  return [...names, ...["gateway-proxy", "edge"].map((name) => ({ kind, namespace: WRITE_NAMESPACE, name }))];
}

function labelsOf(kind: Kind, random: Random): Record<string, string> {
  return {
    ...randomLabels(random),
    ...(kind === "Proxy" ? random.maybe(2, () => ({ created_by: "gloo-gateway-translator" })) : {}),
  };
}
