import assert from "node:assert/strict";
import { parseYaml } from "../src/watchers/mod.ts";
import { generatedFiles } from "./gen_manifests.ts";

const ROOT = new URL("../", import.meta.url);
const FOLDER = "deploy/kubernetes/";
/** Made from the schema by another task. */
const CRDS = "crds.yaml";

const read = (path: string): string => Deno.readTextFileSync(new URL(path, ROOT));

Deno.test("deploy/kubernetes/ and the table of rights in docs/kubernetes.md are what `deno task gen:manifests` makes", () => {
  for (const [path, text] of generatedFiles(read)) {
    assert.equal(read(path), text, `${path} is old; run deno task gen:manifests`);
  }
});

Deno.test("kustomization.yaml names every other file of deploy/kubernetes/ once, and none that is not there", () => {
  const kustomization = parseYaml(read(`${FOLDER}kustomization.yaml`));
  assert.ok("value" in kustomization);
  const { resources, ...rest } = kustomization.value as { readonly resources: readonly string[] };
  assert.deepEqual(rest, { apiVersion: "kustomize.config.k8s.io/v1beta1", kind: "Kustomization" });
  const files = [...Deno.readDirSync(new URL(FOLDER, ROOT))].map(({ name }) => name);
  const others = new Set([CRDS, ...files.filter((name) => name !== "kustomization.yaml")]);
  assert.deepEqual(resources.toSorted(), [...others].toSorted());
  assert.equal(resources[0], CRDS, "the kinds come first");
});
