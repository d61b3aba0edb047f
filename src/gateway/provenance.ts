import type { ProxyRoute, Resource } from "../api/mod.ts";

/** Where a piece of a Proxy comes from: `metadataStatic` of listeners, virtual hosts, routes, ssl configs, TCP hosts. */
export type Provenance = NonNullable<ProxyRoute["metadataStatic"]>;
export type Source = NonNullable<Provenance["sources"]>[number];
/** By top-level field of an options object, the resource and the options object in it that the field was written in. */
export type OptionSources = NonNullable<Provenance["optionSources"]>;
export type OptionSource = OptionSources[string];

/** The place `path` in the spec of `resource`; `observedGeneration` where the source of the resource counts them. */
export function sourceOf(resource: Resource, path: string): Source {
  const { name, namespace, generation } = resource.metadata;
  return {
    resourceRef: { name, namespace },
    resourceKind: resource.kind,
    ...(generation === undefined ? {} : { observedGeneration: generation }),
    path,
  };
}

/** The options object at `path` of `resource`. */
export function optionSourceOf(resource: Resource, path: string): OptionSource {
  const { name, namespace } = resource.metadata;
  return { resourceRef: { name, namespace }, resourceKind: resource.kind, path };
}

/** `sources` starts with the owner; `optionSources` is left out where nothing came from elsewhere. */
export function provenance(key: string, sources: readonly Source[], optionSources: OptionSources = {}): Provenance {
  return { sources, ...(Object.keys(optionSources).length > 0 ? { optionSources } : {}), key };
}
