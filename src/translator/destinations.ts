import {
  type Destination,
  type Origin,
  refKey,
  resolveRef,
  type Resource,
  type WeightedDestination,
} from "../api/mod.ts";
import type { Message } from "../envoy/mod.ts";
import type { TranslationContext } from "./context.ts";
import { clusterName } from "./names.ts";
import { at, type Faults } from "./origins.ts";

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

/** One destination; a reference without namespace means that of the resource at `origin`. */
export function resolveDestination(
  { lookup }: TranslationContext,
  destination: Destination | undefined,
  origin: Origin,
  faults: Faults,
): ResolvedDestination | undefined {
  const { upstream, kube, consul } = destination ?? {};
  if (kube || consul) return unserved(kube ? "kube" : "consul", destination!, origin, faults);
  const ref = resolveRef(upstream, origin.namespace);
  if (!ref) {
    faults.error("SLUICE-1336", origin, "a destination needs an upstream with a name");
    return undefined;
  }
  const found = lookup.get("Upstream", ref);
  if (!found) {
    const message = `Upstream ${
      refKey(ref)
    } does not exist; until it does, requests are answered 503 and connections closed`;
    faults.warning("SLUICE-1332", at(origin, "upstream"), message);
  }
  return { cluster: clusterName(ref), ...subsetMatch(destination?.subset, found, origin, faults) };
}

/** In Gloo these become Upstreams of their own; here they are as good as missing. */
function unserved(
  type: "kube" | "consul",
  { kube, consul }: Destination,
  origin: Origin,
  faults: Faults,
): ResolvedDestination {
  const name = type === "kube" ? refKey({ name: "", namespace: "", ...kube?.ref }) : consul?.serviceName ?? "";
  const message =
    `${type} destinations are not served yet; requests are answered 503. Write an Upstream and refer to it`;
  faults.warning("SLUICE-1332", at(origin, type), message);
  return { cluster: `${type}-svc:${name.replace("/", "-")}` };
}

/** `metadata_match` for a subset. Its keys have to be those of one of the Upstream's selectors, else it chooses nothing. */
function subsetMatch(
  subset: Destination["subset"],
  upstream: Resource<"Upstream"> | undefined,
  origin: Origin,
  faults: Faults,
): { metadataMatch?: Message<"envoy.config.core.v3.Metadata"> } {
  const values = subset?.values ?? {};
  const keys = Object.keys(values).sort();
  if (keys.length === 0) return {};
  if (upstream && !selectorsOf(upstream).some((selector) => [...selector].sort().join() === keys.join())) {
    const message = `the subset has the keys ${keys.join(", ")}, but Upstream ${refKey(upstream.metadata)} has no ` +
      "selector with just these";
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
    const upstream = resolveRef(weighted.destination?.upstream, metadata.namespace);
    return upstream ? { ...weighted, destination: { ...weighted.destination, upstream } } : weighted;
  });
}
