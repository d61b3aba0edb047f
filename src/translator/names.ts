import type { Ref } from "../api/mod.ts";

/** Gloo's name of an Upstream's cluster. */
export function clusterName({ name, namespace }: Ref): string {
  return `${name}_${namespace}`;
}
