/**
 * `deno task gen:crds`: writes deploy/kubernetes/crds.yaml, the CustomResourceDefinitions of all kinds, from their shapes
 * and the options of the plugins. A test says where the file is not what it would be.
 *
 * Permissions: --allow-read=deploy/kubernetes --allow-write=deploy/kubernetes/crds.yaml
 */
import { crdsYaml } from "../src/cli/crds_yaml.ts";
import { plugins } from "../src/plugins/mod.ts";
import { createSchema } from "../src/schema/mod.ts";

/** The file. */
export const CRDS_FILE = new URL("../deploy/kubernetes/crds.yaml", import.meta.url);

/** What is to stand in it. */
export function crdsText(): string {
  return "# Made by `deno task gen:crds`; docs/design/crds.md tells how they are meant. Do not edit.\n" +
    "# Apply with: kubectl apply --server-side -f crds.yaml\n" +
    crdsYaml(createSchema(plugins).customResourceDefinitions());
}

if (import.meta.main) {
  Deno.mkdirSync(new URL(".", CRDS_FILE), { recursive: true });
  Deno.writeTextFileSync(CRDS_FILE, crdsText());
  console.log("deploy/kubernetes/crds.yaml written");
}
