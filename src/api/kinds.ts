import type { Infer, Shape } from "./shape.ts";
import { artifactSpec, secretSpec } from "./kinds/data.ts";
import { authConfigSpec, graphqlApiSpec, rateLimitConfigSpec } from "./kinds/enterprise.ts";
import {
  gatewaySpec,
  matchableHttpGatewaySpec,
  matchableTcpGatewaySpec,
  routeOptionSpec,
  routeTableSpec,
  virtualHostOptionSpec,
  virtualServiceSpec,
} from "./kinds/gateway.ts";
import { endpointSliceSpec, ingressClassSpec, ingressSpec, podSpec, serviceSpec } from "./kinds/kubernetes.ts";
import { proxySpec } from "./kinds/proxy.ts";
import { settingsSpec } from "./kinds/settings.ts";
import { endpointSpec, upstreamGroupSpec, upstreamSpec } from "./kinds/upstream.ts";

/** A kind as Gloo and Kubernetes name it, and the shape of its spec. */
export interface KindDefinition<S extends Shape = Shape> {
  readonly group: string;
  readonly version: string;
  /** Folder name in Gloo's directory layout, resource name in Kubernetes. */
  readonly plural: string;
  readonly shortNames: readonly string[];
  readonly spec: S;
  /** Whether Gloo has a CRD for it; Secret, Artifact and Endpoint have none. */
  readonly crd: boolean;
  /** Whose kind it is. Kubernetes' own are read leniently, from manifests only, and have no status of Gloo's. */
  readonly owner: "gloo" | "kubernetes";
  /** True where objects have no namespace; theirs is "" then. */
  readonly clusterScoped?: boolean;
}

function kind<S extends Shape>(
  group: string,
  version: string,
  plural: string,
  shortNames: readonly string[],
  spec: S,
  crd = true,
): KindDefinition<S> {
  return { group, version, plural, shortNames, spec, crd, owner: "gloo" };
}

/** A kind of Kubernetes' own; the core group is "". */
function kubernetesKind<S extends Shape>(
  group: string,
  plural: string,
  spec: S,
  clusterScoped = false,
): KindDefinition<S> {
  return { group, version: "v1", plural, shortNames: [], spec, crd: false, owner: "kubernetes", clusterScoped };
}

const gateway = "gateway.solo.io";
const gloo = "gloo.solo.io";

const networking = "networking.k8s.io";

/** Every kind that Sluice reads: the fifteen of Gloo's ApiSnapshot, MatchableTcpGateway, Settings, and Kubernetes' own. */
export const KINDS = {
  Artifact: kind(gloo, "v1", "artifacts", [], artifactSpec, false),
  AuthConfig: kind("enterprise.gloo.solo.io", "v1", "authconfigs", ["ac", "gac"], authConfigSpec),
  Endpoint: kind(gloo, "v1", "endpoints", [], endpointSpec, false),
  EndpointSlice: kubernetesKind("discovery.k8s.io", "endpointslices", endpointSliceSpec),
  Gateway: kind(gateway, "v1", "gateways", ["gw", "ggw"], gatewaySpec),
  GraphQLApi: kind("graphql.gloo.solo.io", "v1beta1", "graphqlapis", ["gql", "ggql"], graphqlApiSpec),
  Ingress: kubernetesKind(networking, "ingresses", ingressSpec),
  IngressClass: kubernetesKind(networking, "ingressclasses", ingressClassSpec, true),
  MatchableHttpGateway: kind(gateway, "v1", "httpgateways", ["hgw", "ghgw"], matchableHttpGatewaySpec),
  MatchableTcpGateway: kind(gateway, "v1", "tcpgateways", ["tgw", "gtgw"], matchableTcpGatewaySpec),
  Pod: kubernetesKind("", "pods", podSpec),
  Proxy: kind(gloo, "v1", "proxies", ["px", "gpx"], proxySpec),
  RateLimitConfig: kind("ratelimit.solo.io", "v1alpha1", "ratelimitconfigs", ["rlc", "grlc"], rateLimitConfigSpec),
  RouteOption: kind(gateway, "v1", "routeoptions", ["rto", "rtopts", "grto"], routeOptionSpec),
  RouteTable: kind(gateway, "v1", "routetables", ["rt", "grt"], routeTableSpec),
  Secret: kind(gloo, "v1", "secrets", [], secretSpec, false),
  Service: kubernetesKind("", "services", serviceSpec),
  Settings: kind(gloo, "v1", "settings", ["st", "gst"], settingsSpec),
  Upstream: kind(gloo, "v1", "upstreams", ["us", "gus"], upstreamSpec),
  UpstreamGroup: kind(gloo, "v1", "upstreamgroups", ["ug", "gug"], upstreamGroupSpec),
  VirtualHostOption: kind(gateway, "v1", "virtualhostoptions", ["vho", "vhopts", "gvho"], virtualHostOptionSpec),
  VirtualService: kind(gateway, "v1", "virtualservices", ["vs", "gvs"], virtualServiceSpec),
} as const;

/** The name of a kind. */
export type Kind = keyof typeof KINDS;

/** The decoded spec of a kind. Parts that plugins own are `{}` here; each plugin sees its own typed (contract.ts). */
export type Spec<K extends Kind> = Infer<(typeof KINDS)[K]["spec"]>;

/** All kinds, in the order of their names. */
export const ALL_KINDS: readonly Kind[] = Object.keys(KINDS) as Kind[];

/** Those that Gloo defines, in the order of their names. */
export const GLOO_KINDS: readonly Kind[] = ALL_KINDS.filter((kind) => KINDS[kind].owner === "gloo");

/** Kinds that tell where the back ends of an Upstream are, and change as often as pods come and go. */
export const ENDPOINT_KINDS: readonly Kind[] = ["Endpoint", "EndpointSlice", "Pod"];

/** `gateway.solo.io/v1`; of the core group `v1`. */
export function apiVersionOf(kind: Kind): string {
  const { group, version } = KINDS[kind];
  return group === "" ? version : `${group}/${version}`;
}

/** Kinds that are read and kept, but that nothing serves yet; their status says so. */
export const KINDS_NOT_SERVED: readonly Kind[] = ["AuthConfig", "GraphQLApi", "RateLimitConfig"];
