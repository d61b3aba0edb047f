import assert from "node:assert/strict";
import { parseYaml, splitDocuments } from "../watchers/mod.ts";
import { run } from "./test_terminal.ts";

const parsed = async (...words: string[]) => JSON.parse((await run(["schema", ...words])).out);

Deno.test("schema: of all manifests, of one, of the bare form, and as CRDs", async () => {
  assert.match((await parsed()).$schema, /json-schema\.org/);
  assert.ok("spec" in (await parsed("VirtualService")).properties);
  const bare = await parsed("VirtualService", "--bare");
  assert.ok("virtualHost" in bare.properties && !("spec" in bare.properties));
  const crds = await parsed("--crds");
  assert.equal(crds.kind, "List");
  assert.ok(crds.items.length > 10);
});

Deno.test("schema: as YAML, CRDs are the same objects, a document each", async () => {
  const read = (text: string) =>
    splitDocuments(text).map((document) => parseYaml(document.text)).map((result) => "value" in result && result.value);
  const { items } = await parsed("--crds");
  assert.deepEqual(read((await run(["schema", "--crds", "-o", "yaml"])).out), items);
  assert.deepEqual(read((await run(["schema", "upstream", "--output", "yaml"])).out), [await parsed("upstream")]);
});

Deno.test("schema: kinds are known as kubectl's users write them", async () => {
  const schema = await parsed("VirtualService");
  assert.deepEqual(await parsed("virtualservice"), schema);
  assert.deepEqual(await parsed("virtualservices"), schema);
  const { items } = await parsed("virtualservice", "--crds");
  assert.deepEqual(items.map((crd: { metadata: { name: string } }) => crd.metadata.name), [
    "virtualservices.gateway.solo.io",
  ]);
});

Deno.test("schema: words that cannot be meant are refused", async () => {
  const refused: [string[], RegExp][] = [
    [["Nothing"], /there is no kind Nothing; there are Artifact, /],
    [["--bare"], /--bare needs a kind/],
    [["Gateway", "--bare", "--crds"], /exclude each other/],
    [["Gateway", "-o", "xml"], /--output xml: it should be json or yaml/],
  ];
  for (const [words, message] of refused) {
    const { code, out, err } = await run(["schema", ...words]);
    assert.deepEqual([code, out], [2, ""], words.join(" "));
    assert.match(err, message);
  }
});
