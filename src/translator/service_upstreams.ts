import {
  idOf,
  isTcp,
  type Origin,
  type Ref,
  type Resource,
  sameItems,
  type ServicePort,
  serviceUpstreamName,
  speaksHttp2,
  type Spec,
} from "../api/mod.ts";
import { keepEqual, type TranslationContext } from "./context.ts";
import { clusterName } from "./names.ts";
import type { ListenerPiece, RouteConfigurationPiece } from "./pieces.ts";

/** No name of a resource has a colon, so that nobody can write such an Upstream. */
const PREFIX = "kube-svc:";

/** Gloo's name of the cluster of a kube destination. */
export function serviceClusterName(service: Ref, port: number): string {
  return clusterName({ name: PREFIX + serviceUpstreamName(service, port), namespace: service.namespace });
}

/** Whose YAML an Upstream is: one that stands for a kube destination is its Service's. */
export function upstreamOrigin(upstream: Resource<"Upstream">): Origin {
  if (!upstream.metadata.name.startsWith(PREFIX)) return { ...idOf(upstream), path: "" };
  const { serviceName, serviceNamespace } = (upstream.spec as KubeSpec).kube;
  return { kind: "Service", namespace: serviceNamespace, name: serviceName, path: "" };
}

interface KubeSpec {
  readonly kube: { readonly serviceName: string; readonly serviceNamespace: string; readonly servicePort: number };
  readonly useHttp2?: boolean;
}

/** A cluster. */
export type Named = { readonly name: string };

/** A port of a Service with the name that its cluster would have. */
interface NamedPort {
  readonly cluster: string;
  readonly service: Resource<"Service">;
  readonly port: ServicePort;
}

/**
 * The Upstreams that stand for the kube destinations of a proxy's pieces, in order of their names. (Gloo has one for each port
 * of each Service of the cluster.) A destination whose Service or port is missing has none, and Envoy answers 503. While a
 * piece is faulty, all that was served goes on as well: the last good form of the piece may lead there, and its pods come and
 * go meanwhile.
 */
export function serviceUpstreams(
  context: TranslationContext,
  proxy: string,
  routes: readonly RouteConfigurationPiece[],
  listeners: readonly ListenerPiece[],
  served: readonly Named[],
): readonly Resource<"Upstream">[] {
  const names = keepEqual(context, "serviceNames", "", proxy, namesIn(routes, listeners, served));
  if (names.length === 0) return NONE;
  const ports = portsByCluster(context);
  const upstreams = names.flatMap((name) => {
    const found = ports.get(name);
    return found ? [serviceUpstream(context, found)] : [];
  });
  return context.revision.table<string, readonly Resource<"Upstream">[]>("serviceUpstreams").keep(
    proxy,
    upstreams,
    sameItems,
  );
}

const NONE: readonly Resource<"Upstream">[] = [];

function namesIn(
  routes: readonly RouteConfigurationPiece[],
  listeners: readonly ListenerPiece[],
  served: readonly Named[],
): readonly string[] {
  const names = new Set<string>();
  const add = (clusters: readonly string[] = []) => {
    for (const name of clusters) if (name.startsWith(PREFIX)) names.add(name);
  };
  for (const { virtualHosts } of routes) for (const { clusters } of virtualHosts) add(clusters);
  for (const { filterChains } of listeners) for (const { refs } of filterChains) add(refs.clusters);
  const isFaulty = routes.some(({ rejected, faultyHosts }) => rejected || faultyHosts.length > 0) ||
    listeners.some(({ rejected, filterChains }) => rejected || filterChains.some((chain) => chain.rejected));
  if (isFaulty) add(served.map(({ name }) => name));
  return [...names].sort();
}

function portsByCluster({ revision, lookup }: TranslationContext): ReadonlyMap<string, NamedPort> {
  const services = lookup.select("Service", {});
  const list = revision.table<string, NamedPort>("servicePorts").flatMap("", services, portsOf);
  return revision.table<string, ReadonlyMap<string, NamedPort>>("servicePortsByCluster")
    .recall("", [list], () => new Map(list.map((one) => [one.cluster, one])));
}

function portsOf(service: Resource<"Service">): NamedPort[] {
  return (service.spec.ports ?? []).filter(isTcp)
    .map((port) => ({ cluster: serviceClusterName(service.metadata, port.port ?? 0), service, port }));
}

/** As Gloo makes it: with HTTP/2 where the port says so. */
function serviceUpstream(context: TranslationContext, { cluster, service, port }: NamedPort): Resource<"Upstream"> {
  const { namespace, name } = service.metadata;
  const annotations = { ...context.settings.upstreamOptions?.globalAnnotations, ...service.metadata.annotations };
  const useHttp2 = speaksHttp2(port, annotations);
  const spec: KubeSpec = {
    kube: { serviceName: name, serviceNamespace: namespace, servicePort: port.port ?? 0 },
    ...(useHttp2 !== undefined && { useHttp2 }),
  };
  const metadata = { name: PREFIX + serviceUpstreamName(service.metadata, port.port ?? 0), namespace };
  const upstream: Resource<"Upstream"> = { kind: "Upstream", metadata, spec: spec as Spec<"Upstream"> };
  return keepEqual(context, "serviceUpstream", "", cluster, upstream);
}
