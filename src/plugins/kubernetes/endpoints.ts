import { type Lookup, matchesLabels, type Resource, type ServicePort, type Spec } from "../../api/mod.ts";
import type { DiscoveredEndpoint } from "../contract.ts";
import type { Faults } from "../faults.ts";
import { type FamilyEndpoint, joinFamilies } from "./families.ts";
import type { KubeUpstream } from "./options.ts";
import { selectorBeyond, subsetKeys, subsetMetadata } from "./pod_labels.ts";
import { type SliceAddress, sliceAddresses } from "./slices.ts";

type Locality = NonNullable<NonNullable<Spec<"Settings">["sluice"]>["endpointLocality"]>;

/** Kubernetes' label of an EndpointSlice: the Service that it belongs to. */
const SERVICE_NAME = "kubernetes.io/service-name";

/** The endpoints of a Service's port, in an order that their slices do not decide. */
export function serviceEndpoints(
  spec: KubeUpstream,
  { service, port }: { readonly service: Resource<"Service">; readonly port: ServicePort },
  locality: Locality,
  lookup: Lookup,
  faults: Faults,
): readonly DiscoveredEndpoint[] {
  const { namespace, name } = service.metadata;
  const slices = lookup.select("EndpointSlice", { namespaces: [namespace], labels: { [SERVICE_NAME]: name } });
  const { list, unusable } = sliceAddresses(slices, port, service.spec.publishNotReadyAddresses ?? false);
  if (unusable.length > 0) {
    const which = unusable.length === 1 ? unusable[0] : `${unusable[0]} and ${unusable.length - 1} more`;
    faults.warning("SLUICE-1483", "kube.serviceName", `${which}: endpoints that have no IP address are left out`);
  }
  const pods = new Pods(lookup);
  const selector = selectorBeyond(spec, service);
  const chosen = selector ? list.filter(({ pod }) => matchesLabels(pods.labels(pod), selector)) : list;
  const keys = subsetKeys(spec);
  const endpoints = joinFamilies(chosen, firstFamily(service)).map((endpoint) => {
    const metadata = keys.length > 0 ? subsetMetadata(keys, pods.labels(endpoint.first.pod)) : undefined;
    return { ...endpointOf(endpoint, locality), ...(metadata && { metadata }) };
  });
  if (pods.asked && !pods.found) {
    const message = "no Pod of the Service is known, and a selector or a subsetSpec goes by the labels of Pods";
    faults.warning("SLUICE-1483", spec.selector ? "kube.selector" : "kube.subsetSpec", message);
  }
  return endpoints;
}

/** Where the Service has an address of its own, that is of its first family. */
function firstFamily({ spec }: Resource<"Service">): 4 | 6 {
  return spec.clusterIP?.includes(":") ? 6 : 4;
}

function endpointOf({ first, others }: FamilyEndpoint, locality: Locality): DiscoveredEndpoint {
  const place = localityOf(first, locality);
  return {
    address: { host: first.host, port: first.port },
    ...(others.length > 0 && { additionalAddresses: others.map(({ host, port }) => ({ host, port })) }),
    ...(place && { locality: place }),
  };
}

function localityOf({ zone, node }: SliceAddress, locality: Locality): DiscoveredEndpoint["locality"] {
  const place = {
    ...(zone && locality !== "NONE" && { zone }),
    ...(node && locality === "NODE" && { subZone: node }),
  };
  return Object.keys(place).length > 0 ? place : undefined;
}

/** The labels of Pods; what is not a Pod, or not known, has none. */
class Pods {
  asked = false;
  found = false;
  readonly #lookup: Lookup;

  constructor(lookup: Lookup) {
    this.#lookup = lookup;
  }

  labels(pod: string | undefined): Readonly<Record<string, string>> {
    if (pod === undefined) return {};
    const [namespace = "", name = ""] = pod.split("/");
    const found = this.#lookup.get("Pod", { namespace, name });
    this.asked = true;
    this.found ||= found !== undefined;
    return found?.metadata.labels ?? {};
  }
}
