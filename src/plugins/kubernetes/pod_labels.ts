import { type Lookup, matchesLabels, type Resource } from "../../api/mod.ts";
import type { UpstreamEndpoint } from "../contract.ts";
import type { KubeUpstream } from "./options.ts";

type Labels = Readonly<Record<string, string>>;

/**
 * Whether any of these Upstreams is translated with the labels of Pods, so that Pods are watched only then. The Services
 * are looked up.
 */
export function needsPods(upstreams: readonly Resource<"Upstream">[], lookup: Lookup): boolean {
  return upstreams.some(({ metadata, spec }) => {
    const kube = (spec as { readonly kube?: KubeUpstream }).kube;
    if (!kube) return false;
    const { serviceName: name = "", serviceNamespace } = kube;
    const service = lookup.get("Service", { name, namespace: serviceNamespace || metadata.namespace });
    return service !== undefined && (selectorBeyond(kube, service) !== undefined || subsetKeys(kube).length > 0);
  });
}

/**
 * The Upstream's selector, where it asks for more than the Service's own does. (Discovery writes the Service's selector into
 * each Upstream, as Gloo's does; all endpoints have those labels, and no Pod need be looked at.)
 */
export function selectorBeyond({ selector = {} }: KubeUpstream, { spec }: Resource<"Service">): Labels | undefined {
  return matchesLabels(spec.selector ?? {}, selector) ? undefined : selector;
}

/** The labels by which subsets are formed, each once. */
export function subsetKeys({ subsetSpec }: KubeUpstream): readonly string[] {
  const ofSelectors = (subsetSpec?.selectors ?? []).flatMap(({ keys = [] }) => keys);
  return [...new Set([...ofSelectors, ...Object.keys(subsetSpec?.defaultSubset?.values ?? {})])].sort();
}

/** Where Envoy looks for the subsets of an endpoint; those of its Pod's labels that subsets are formed by (as in Gloo). */
export function subsetMetadata(keys: readonly string[], labels: Labels): UpstreamEndpoint["metadata"] {
  const chosen = keys.flatMap((key) => labels[key] === undefined ? [] : [[key, labels[key]] as const]);
  return chosen.length > 0 ? { "envoy.lb": Object.fromEntries(chosen) } : undefined;
}
