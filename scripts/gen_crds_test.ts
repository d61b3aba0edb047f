import assert from "node:assert/strict";
import { plugins } from "../src/plugins/mod.ts";
import { createSchema } from "../src/schema/mod.ts";
import { parseYaml, splitDocuments } from "../src/watchers/mod.ts";
import { CRDS_FILE, crdsText } from "./gen_crds.ts";

Deno.test("deploy/kubernetes/crds.yaml is what `deno task gen:crds` writes", () => {
  assert.ok(Deno.readTextFileSync(CRDS_FILE) === crdsText(), "run `deno task gen:crds`, and look at the difference");
});

Deno.test("its documents are the CRDs", () => {
  const documents = splitDocuments(crdsText()).map(({ text }) => parseYaml(text));
  const values = documents.map((result) => "value" in result ? result.value : result.fault);
  const crds = createSchema(plugins).customResourceDefinitions();
  assert.deepEqual(values, JSON.parse(JSON.stringify(crds)));
});
