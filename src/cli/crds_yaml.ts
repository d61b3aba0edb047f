import type { CustomResourceDefinition } from "../schema/mod.ts";
import { dumpYaml } from "../watchers/mod.ts";

/** CRDs as YAML, a document each, as `kubectl apply -f` takes them. */
export function crdsYaml(crds: readonly CustomResourceDefinition[]): string {
  return crds.map((crd) => `---\n${dumpYaml(crd)}`).join("");
}
