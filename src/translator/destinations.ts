import {
  type Destination,
  type Origin,
  refKey,
  resolveRef,
  type Resource,
  servicePort,
  type WeightedDestination,
} from "../api/mod.ts";
import type { Message } from "../envoy/mod.ts";
import { externalNameFault } from "../plugins/mod.ts";
import { isPort } from "./addresses.ts";
import type { TranslationContext } from "./context.ts";
import { clusterName } from "./names.ts";
import { at, type Faults } from "./origins.ts";
import { serviceClusterName } from "./service_upstreams.ts";

/** Where a destination leads. The cluster need not exist: Envoy answers 503 then (as with Gloo). */
export interface ResolvedDestination {
  readonly cluster: string;
  readonly metadataMatch?: Message<"envoy.config.core.v3.Metadata">;
}

export interface ResolvedWeight extends ResolvedDestination {
  readonly destination: WeightedDestination;
  readonly weight: number;
}

const LARGEST_TOTAL = 2 ** 32 - 1;
const ANSWER = "requests are answered 503 and connections closed";
const UNTIL_THEN = `until it does, ${ANSWER}`;

/** One destination; a reference without namespace means that of the resource at `origin`. */
export function resolveDestination(
  context: TranslationContext,
  destination: Destination | undefined,
  origin: Origin,
  faults: Faults,
): ResolvedDestination | undefined {
  const { upstream, kube, consul } = destination ?? {};
  if (kube) return resolveService(context, destination!, origin, faults);
  if (consul) return unserved(consul, origin, faults);
  const ref = resolveRef(upstream, origin.namespace);
  if (!ref) {
    faults.error("SLUICE-1336", origin, "a destination needs an upstream with a name");
    return undefined;
  }
  const found = context.lookup.get("Upstream", ref);
  if (!found) {
    faults.warning("SLUICE-1332", at(origin, "upstream"), `Upstream ${refKey(ref)} does not exist; ${UNTIL_THEN}`);
  }
  const selectors = found && selectorsOf(found);
  const match = subsetMatch(destination?.subset, `Upstream ${refKey(ref)}`, selectors, origin, faults);
  return { cluster: clusterName(ref), ...match };
}

/** A Service without an Upstream; its cluster is made of what the pieces refer to (service_upstreams.ts). */
function resolveService(
  { lookup, settings }: TranslationContext,
  { kube, subset }: Destination,
  origin: Origin,
  faults: Faults,
): ResolvedDestination | undefined {
  const place = at(origin, "kube");
  const ref = resolveRef(kube?.ref, origin.namespace);
  const port = kube?.port;
  if (!ref || !isPort(port)) {
    faults.error("SLUICE-1336", place, "a kube destination needs a ref with a name, and a port from 1 to 65535");
    return undefined;
  }
  if (settings.gloo?.disableKubernetesDestinations) {
    const advice = "write an Upstream and refer to it";
    faults.error(
      "SLUICE-1339",
      place,
      `Settings' gloo.disableKubernetesDestinations forbids kube destinations; ${advice}`,
    );
    return undefined;
  }
  const service = lookup.get("Service", ref);
  const fault = service && serviceFault(service, port);
  if (!service) faults.warning("SLUICE-1332", place, `Service ${refKey(ref)} does not exist; ${UNTIL_THEN}`);
  else if (fault) faults.warning("SLUICE-1332", place, `${fault}; ${ANSWER}`);
  const none = subsetMatch(subset, `Service ${refKey(ref)}`, [], origin, faults);
  return { cluster: serviceClusterName(ref, port), ...none };
}

/** Why a Service that is there cannot be led to. */
function serviceFault(service: Resource<"Service">, port: number): string | undefined {
  const found = servicePort(service, port);
  if (typeof found === "string") return found;
  const { type, externalName = "" } = service.spec;
  return type === "ExternalName" ? externalNameFault(externalName) : undefined;
}

/** In Gloo these become Upstreams of their own; here they are as good as missing. */
function unserved(
  { serviceName = "" }: NonNullable<Destination["consul"]>,
  origin: Origin,
  faults: Faults,
): ResolvedDestination {
  const message =
    "consul destinations are not served yet; requests are answered 503. Write an Upstream and refer to it";
  faults.warning("SLUICE-1332", at(origin, "consul"), message);
  return { cluster: `consul-svc:${serviceName}` };
}

/** `metadata_match` for a subset. Its keys have to be those of one of the Upstream's selectors, else it chooses nothing. */
function subsetMatch(
  subset: Destination["subset"],
  what: string,
  selectors: readonly (readonly string[])[] | undefined,
  origin: Origin,
  faults: Faults,
): { metadataMatch?: Message<"envoy.config.core.v3.Metadata"> } {
  const values = subset?.values ?? {};
  const keys = Object.keys(values).sort();
  if (keys.length === 0) return {};
  if (selectors && !selectors.some((selector) => [...selector].sort().join() === keys.join())) {
    const message = `the subset has the keys ${keys.join(", ")}, but ${what} has no selector with just these`;
    faults.warning("SLUICE-1335", at(origin, "subset"), message);
  }
  return { metadataMatch: { filterMetadata: { "envoy.lb": { ...values } } } };
}

/** The key sets of an Upstream's subset selectors. They stand in the part of its type, which plugins own. */
function selectorsOf({ spec }: Resource<"Upstream">): readonly (readonly string[])[] {
  interface Typed {
    readonly subsetSpec?: { readonly selectors?: readonly { readonly keys?: readonly string[] }[] };
  }
  const parts = Object.values(spec) as readonly (Typed | undefined)[];
  return parts.flatMap((part) => (part?.subsetSpec?.selectors ?? []).map(({ keys = [] }) => keys));
}

/**
 * Weighted destinations; `origin` is the place of the list, `holder` that of the resource whose namespace references
 * without one mean. Errors: none at all, weights that add up to 0 or beyond what Envoy takes.
 */
export function resolveWeights(
  context: TranslationContext,
  destinations: readonly WeightedDestination[],
  origin: Origin,
  faults: Faults,
): ResolvedWeight[] {
  const total = destinations.reduce((sum, { weight = 0 }) => sum + weight, 0);
  if (destinations.length === 0) {
    faults.error("SLUICE-1334", origin, "at least one weighted destination is needed");
  } else if (total < 1 || total > LARGEST_TOTAL) {
    faults.error("SLUICE-1334", origin, `the weights add up to ${total}; 1 to ${LARGEST_TOTAL} is wanted`);
  }
  return destinations.flatMap((destination, i) => {
    const resolved = resolveDestination(context, destination.destination, at(origin, `[${i}].destination`), faults);
    return resolved ? [{ ...resolved, destination, weight: destination.weight ?? 0 }] : [];
  });
}

/** The destinations of an UpstreamGroup, with the group's namespace written into references that have none. */
export function groupDestinations({ metadata, spec }: Resource<"UpstreamGroup">): readonly WeightedDestination[] {
  return (spec.destinations ?? []).map((weighted) => {
    const { kube, upstream } = weighted.destination ?? {};
    const ref = resolveRef(upstream ?? kube?.ref, metadata.namespace);
    if (!ref) return weighted;
    const settled = kube ? { kube: { ...kube, ref } } : { upstream: ref };
    return { ...weighted, destination: { ...weighted.destination, ...settled } };
  });
}
