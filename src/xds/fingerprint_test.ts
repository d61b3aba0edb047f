import assert from "node:assert/strict";
import { Fingerprint, versionOfNames, versionOfSet } from "./fingerprint.ts";
import { cluster, snapshot } from "./test_snapshot.ts";

Deno.test("a set's version does not hang on its order, and can be kept by adding and removing", () => {
  const [a, b, c] = [cluster("a"), cluster("b"), cluster("c")];
  const version = versionOfSet(snapshot(a, b).clusters);
  assert.match(version, /^[0-9a-f]{16}$/);
  assert.equal(versionOfSet(snapshot(b, a).clusters), version);
  assert.notEqual(versionOfSet(snapshot(a, c).clusters), version);
  const sum = new Fingerprint();
  for (const each of [c, b, a]) sum.add(each);
  sum.remove(c);
  assert.equal(sum.text, version);
  assert.equal(versionOfNames(new Map([a, b].map(({ name, version }) => [name, version]))), version);
});

Deno.test("thousands of sets that differ in one version have thousands of versions", () => {
  const versions = new Set<string>();
  for (let index = 0; index < 20_000; index++) versions.add(versionOfNames(new Map([["a", `${index}`], ["b", "1"]])));
  assert.equal(versions.size, 20_000);
});
