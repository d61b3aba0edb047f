import assert from "node:assert/strict";
import { parseYaml } from "../src/watchers/mod.ts";
import { generatedFiles } from "./gen_manifests.ts";

const ROOT = new URL("../", import.meta.url);
/** Folders, with the files in them that another task makes; these come first. */
const FOLDERS = { "deploy/kubernetes/": ["crds.yaml"], "deploy/sidecar/": [] };

const read = (path: string): string => Deno.readTextFileSync(new URL(path, ROOT));

Deno.test("deploy/kubernetes/, deploy/sidecar/ and the table of rights in docs/kubernetes.md are what `deno task gen:manifests` makes", () => {
  for (const [path, text] of generatedFiles(read)) {
    assert.equal(read(path), text, `${path} is old; run deno task gen:manifests`);
  }
});

Deno.test("kustomization.yaml names every other file of its folder once, and none that is not there", () => {
  for (const [folder, first] of Object.entries(FOLDERS)) {
    const kustomization = parseYaml(read(`${folder}kustomization.yaml`));
    assert.ok("value" in kustomization);
    const { resources, ...rest } = kustomization.value as { readonly resources: readonly string[] };
    assert.deepEqual(rest, { apiVersion: "kustomize.config.k8s.io/v1beta1", kind: "Kustomization" });
    const files = [...Deno.readDirSync(new URL(folder, ROOT))].map(({ name }) => name);
    const others = new Set([...first, ...files.filter((name) => name !== "kustomization.yaml")]);
    assert.deepEqual(resources.toSorted(), [...others].toSorted());
    assert.deepEqual(resources.slice(0, first.length), first, "the kinds come first");
  }
});
