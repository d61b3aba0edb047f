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

Deno.test("a set near another has the version that it has by itself, and only what is different is counted", () => {
  const all = Array.from({ length: 100 }, (_, index) => cluster(`c${index}`));
  const before = snapshot(...all).clusters;
  versionOfSet(before);
  const changed = [...all.slice(2), cluster("c1", { altStatName: "changed" }), cluster("new")];
  const after = snapshot(...changed).clusters;
  const expected = versionOfSet(snapshot(...changed).clusters);
  for (const resource of after.values()) {
    if (before.get(resource.name) !== resource) continue;
    Object.defineProperty(resource, "version", { get: () => assert.fail(`${resource.name} was counted`) });
  }
  assert.equal(versionOfSet(after, before), expected);
});

Deno.test("thousands of sets that differ in one version have thousands of versions", () => {
  const versions = new Set<string>();
  for (let index = 0; index < 20_000; index++) versions.add(versionOfNames(new Map([["a", `${index}`], ["b", "1"]])));
  assert.equal(versions.size, 20_000);
});
