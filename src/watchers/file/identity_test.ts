/** Whose a fault is, and what is kept, where a document does not say which resource it holds. */
import { deepStrictEqual as deepEqual, strictEqual as equal } from "node:assert/strict";
import { idKey } from "../../api/mod.ts";
import type { ResourceId } from "../../api/mod.ts";
import { makeReport, SOURCE_REF } from "../../report/mod.ts";
import type { DecodeResource } from "../../report/mod.ts";
import { artifact, decodeForTests, TemporaryFolder, WatchedClient } from "./test_bench.ts";

const known = { kind: "Artifact", metadata: { name: "one", namespace: "ns" }, spec: { data: { text: "1" } } } as const;
const lastGood = (id: ResourceId) => idKey(id) === "Artifact/ns/one" ? known : undefined;

Deno.test("what is no YAML at the first look is the resource that its place names", async () => {
  for (const [text, code] of [["a: [\n", "1001"], [new Uint8Array([0x61, 0xff]), "1103"]] as const) {
    using folder = new TemporaryFolder();
    folder.write("artifacts/ns/one.yaml", text);
    await using watched = await WatchedClient.start({ roots: [{ path: folder.path, layout: "mixed" }], lastGood });
    equal(watched.get("one"), known);
    deepEqual(watched.faults, [`${code} one`]);
  }
});

Deno.test("a place names only a document that tells no identity, alone in its file", async () => {
  const refs = async (text: string, decode: DecodeResource = decodeForTests) => {
    using folder = new TemporaryFolder();
    folder.write("artifacts/ns/one.yaml", text);
    const roots = [{ path: folder.path, layout: "mixed" }] as const;
    await using watched = await WatchedClient.start({ roots, lastGood, decode });
    return [watched.state, watched.reports.map(({ ref }) => ref.name)];
  };
  const faultOn = (ref: ResourceId): DecodeResource => () => ({
    reports: [makeReport("error", "SLUICE-1008", ref, "", "this is bad")],
  });
  deepEqual(await refs("text", faultOn(SOURCE_REF)), [{ one: "1" }, ["one"]]);
  deepEqual(await refs("text", faultOn({ kind: "Artifact", namespace: "ns", name: "two" })), [{}, ["two"]]);
  deepEqual(await refs("a: [\n---\nb: [\n"), [{}, ["", ""]]);
});

Deno.test("what a document says of itself, if not quite rightly, finds what was known before", async () => {
  using folder = new TemporaryFolder();
  folder.write("a.yaml", "kind: Artefact\n");
  const decode: DecodeResource = () => ({
    reports: [makeReport("error", "SLUICE-1008", { kind: "Artifact", namespace: "ns", name: "one" }, "kind", "bad")],
  });
  const roots = [{ path: folder.path, layout: "mixed" }] as const;
  await using watched = await WatchedClient.start({ roots, lastGood, decode });
  equal(watched.get("one"), known);
});

Deno.test("a resource with another name than its file is not lost when the file is no YAML any more", async () => {
  using folder = new TemporaryFolder();
  folder.write("artifacts/ns/file.yaml", artifact("two", "1"));
  await using watched = await WatchedClient.start({ roots: [{ path: folder.path, layout: "mixed" }] });
  folder.write("artifacts/ns/file.yaml", "a: [\n");
  await watched.until(() => watched.reports.length > 0);
  deepEqual([watched.state, watched.removed, watched.faults], [{ two: 1 }, [], ["1001 two"]]);
});
