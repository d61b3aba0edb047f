import type { EnvoySnapshot, ResourceSet, XdsResource } from "./resource.ts";

const known = new WeakMap<EnvoySnapshot, ResourceSet>();

/** The secrets that the listeners and clusters of this very view refer to: no client is given any other. */
export function readableSecrets(view: EnvoySnapshot): ResourceSet {
  let readable = known.get(view);
  if (readable === undefined) known.set(view, readable = select(view));
  return readable;
}

function select(view: EnvoySnapshot): ResourceSet {
  const names = new Set([...secretsOf(view.listeners), ...secretsOf(view.clusters)]);
  const readable = [...view.secrets].filter(([name]) => names.has(name));
  return readable.length === view.secrets.size ? view.secrets : new Map(readable);
}

function secretsOf(set: ResourceSet): string[] {
  return [...set.values()].flatMap((resource: XdsResource) => resource.refs.secrets ?? []);
}
