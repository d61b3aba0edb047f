import assert from "node:assert/strict";
import { baseOf, editedNames, editedSet, editsOf } from "./edited_set.ts";
import { versionOfSet } from "./fingerprint.ts";
import type { ResourceSet } from "./resource.ts";
import { diffSets } from "./set_diff.ts";
import { resource as newResource } from "./test_snapshot.ts";
import { unionOf } from "./union.ts";

const resource = (name: string, version = "1") => ({
  ...newResource("cluster", name, new TextEncoder().encode(name)),
  version,
});
const setOf = (count: number, prefix = ""): ResourceSet =>
  new Map(Array.from({ length: count }, (_, i) => [`${prefix}${i}`, resource(`${prefix}${i}`)]));
const edit = (set: ResourceSet, ...names: string[]) =>
  editedSet(set, new Map(names.map((name) => [name, resource(name, "2")])));

/** All that a Map tells. */
function readings(set: ResourceSet) {
  const each: unknown[] = [];
  set.forEach((value, key, self) => each.push([key, value, self === set]));
  const lists = [[...set], [...set.keys()], [...set.values()], [...set.entries()]];
  return [set.size, ...lists, each, set.get("1"), set.has("1"), set.get("no"), set.has("no")];
}

Deno.test("an edited set tells what a copy would, and the set that was edited stays as it was", () => {
  for (const size of [3, 1000]) {
    const set = setOf(size);
    const before = readings(set);
    const once = edit(set, "1");
    const twice = editedSet(once, new Map([["2", resource("2", "3")], ["1", resource("1", "3")]]));
    const copy = new Map(set).set("1", resource("1", "3")).set("2", resource("2", "3"));
    assert.deepEqual(readings(twice), readings(copy));
    assert.deepEqual(readings(once), readings(new Map(set).set("1", resource("1", "2"))));
    assert.deepEqual(readings(set), before);
  }
});

Deno.test("nothing edited is the same set; a small set, or one with many edits, is copied", () => {
  const [small, large] = [setOf(10), setOf(1000)];
  assert.equal(editedSet(large, new Map()), large);
  assert.equal(baseOf(edit(small, "1")).size, 10);
  assert.notEqual(baseOf(edit(small, "1")), small);
  let set: ResourceSet = large;
  for (let i = 0; i < 15; i++) set = edit(set, `${i}`);
  assert.equal(baseOf(set), large);
  assert.equal(editsOf(set).size, 15);
  const copied = edit(set, "15");
  assert.notEqual(baseOf(copied), large);
  assert.equal(editsOf(copied).size, 0);
  assert.equal(copied.get("0")!.version, "2");
});

Deno.test("what differs between edits of one set is known without looking through it", () => {
  const set = setOf(1000);
  const [one, other] = [edit(set, "1", "2"), edit(set, "2", "3")];
  assert.deepEqual([...editedNames(one, other)!].sort(), ["1", "2", "3"]);
  assert.equal(editedNames(one, setOf(1000)), undefined);
  const { added, changed, updated, removed } = diffSets(one, other);
  assert.deepEqual([added, removed, changed], [[], [], updated]);
  assert.deepEqual(updated.map(({ name, version }) => `${name} ${version}`).sort(), ["1 1", "3 2"]);
  assert.deepEqual(diffSets(edit(set, "5"), edit(set, "5")).changed, []);
});

Deno.test("the version of an edited set is that of an equal one", () => {
  const set = setOf(1000);
  versionOfSet(set);
  assert.equal(versionOfSet(edit(set, "7"), set), versionOfSet(new Map(set).set("7", resource("7", "2"))));
});

Deno.test("the union of edited sets is an edit of the union", () => {
  const [a, b] = [setOf(300, "a"), setOf(300, "b")];
  const before = unionOf([a, b]);
  const after = unionOf([edit(a, "a1"), edit(b, "b2")]);
  assert.deepEqual([...editedNames(before, after)!].sort(), ["a1", "b2"]);
  const wanted = new Map([...a, ...b]).set("a1", resource("a1", "2")).set("b2", resource("b2", "2"));
  assert.deepEqual([...after], [...wanted]);
});
