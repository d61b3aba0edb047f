import type { Resource } from "../../api/mod.ts";
import { shape } from "../../api/mod.ts";
import type { Message } from "../../envoy/mod.ts";

/** The `subsetSpec` of the Upstream types that have one: the plugin of the type puts it among its fields. */
export const subsetSpec = shape.message({
  selectors: shape.list(shape.message({
    keys: shape.list(shape.string()),
    singleHostPerSubset: shape.bool({ doc: "For one key whose values name hosts: cheaper updates." }),
  })),
  fallbackPolicy: shape.enumeration(["ANY_ENDPOINT", "DEFAULT_SUBSET", "NO_FALLBACK"]),
  defaultSubset: shape.message({ values: shape.map(shape.string()) }),
});
export type SubsetSpec = shape.Infer<typeof subsetSpec>;

type LbSubsetConfig = Message<"envoy.config.cluster.v3.Cluster.LbSubsetConfig">;

/** Envoy's form of the subsetSpec that the Upstream's type holds, where it holds one. Default fallback ANY_ENDPOINT. */
export function lbSubsetConfig(upstream: Resource<"Upstream">): LbSubsetConfig | undefined {
  for (const part of Object.values(upstream.spec)) {
    const spec = (part as { readonly subsetSpec?: SubsetSpec } | undefined)?.subsetSpec;
    if (spec !== undefined) return convert(spec);
  }
  return undefined;
}

function convert({ selectors = [], fallbackPolicy, defaultSubset }: SubsetSpec): LbSubsetConfig {
  return {
    fallbackPolicy: fallbackPolicy ?? "ANY_ENDPOINT",
    ...(defaultSubset?.values && { defaultSubset: { ...defaultSubset.values } }),
    subsetSelectors: selectors.map(({ keys = [], singleHostPerSubset }) => ({
      keys: keys.toSorted(),
      ...(singleHostPerSubset && { singleHostPerSubset }),
    })),
  };
}
