import { deepStrictEqual as deepEqual, ok, strictEqual as equal } from "node:assert/strict";
import { refKey } from "../api/mod.ts";
import type { Resource } from "../api/mod.ts";
import { ApiSnapshot } from "./api_snapshot.ts";
import { SortedResources } from "./resource_map.ts";
import type { ResourceMap } from "./resource_map.ts";

const resource = (namespace: string, name: string, labels = {}): Resource =>
  ({ kind: "Artifact", metadata: { name, namespace, labels }, spec: {} }) as Resource;

const changes = (...resources: Resource[]) => new Map(resources.map((one) => [refKey(one.metadata), one]));

const keys = (map: ResourceMap) => [...map.keys()];

Deno.test("the order is that of namespaces, then names, however resources come and go", () => {
  let map = new SortedResources([]).with(changes(resource("a", "z"), resource("a-b", "a"), resource("a", "b-c")));
  deepEqual(keys(map), ["a/b-c", "a/z", "a-b/a"]);
  map = map.with(changes(resource("a", "b"), resource("zz", "a"), resource("a", "c"), resource("a", "z")));
  deepEqual(keys(map), ["a/b", "a/b-c", "a/c", "a/z", "a-b/a", "zz/a"]);
  map = map.with(new Map([["a/b-c", undefined], ["a/y", resource("a", "y")], ["zz/a", undefined]]));
  deepEqual(keys(map), ["a/b", "a/c", "a/y", "a/z", "a-b/a"]);
  map = map.with(new Map([["a/y", undefined]]));
  deepEqual(keys(map), ["a/b", "a/c", "a/z", "a-b/a"]);
});

Deno.test("changes that change nothing give the same map, and others leave it as it was", () => {
  const one = resource("a", "one");
  const map = new SortedResources([]).with(changes(one));
  equal(map.with(new Map([["a/one", one], ["a/none", undefined]])), map);
  const next = map.with(changes(resource("a", "one")));
  ok(next !== map);
  equal(map.get("a/one"), one);
});

Deno.test("an ApiSnapshot lists the same array for as long as the kind is the same", () => {
  const two = changes(resource("a", "one", { x: "y" }), resource("b", "two"));
  const map = new SortedResources([]).with(two) as SortedResources<"Artifact">;
  const [first, second] = [new ApiSnapshot(1, { Artifact: map }), new ApiSnapshot(2, { Artifact: map })];
  equal(first.list("Artifact"), second.list("Artifact"));
  equal(first.select("Artifact", {}), first.list("Artifact"));
  deepEqual(first.select("Artifact", { namespaces: ["b"] }).map(({ metadata }) => metadata.name), ["two"]);
  deepEqual(first.select("Artifact", { labels: { x: "y" } }).map(({ metadata }) => metadata.name), ["one"]);
  deepEqual([first.list("Upstream"), first.size, first.get("Artifact", { namespace: "b", name: "one" })], [
    [],
    2,
    undefined,
  ]);
});

Deno.test("a map of resources has a Map's readings", () => {
  const two = [resource("a", "one"), resource("a-b", "two")] as const;
  const map: ResourceMap = SortedResources.of(changes(two[1], two[0]));
  deepEqual([...map], [["a/one", two[0]], ["a-b/two", two[1]]]);
  deepEqual([...map.values()], [...two]);
  deepEqual([map.has("a/one"), map.has("a/"), map.has(""), map.get("a-b/two")], [true, false, false, two[1]]);
  const seen: unknown[] = [];
  map.forEach((value, key, of) => seen.push([value, key, of === map]));
  deepEqual(seen, [[two[0], "a/one", true], [two[1], "a-b/two", true]]);
});

Deno.test("namespaces are selected without their neighbours, each once", () => {
  const names = ["a/x", "a/y", "a-b/x", "a.b/x", "aa/x", "b/x"];
  const all = changes(...names.map((name) => resource(...name.split("/") as [string, string])));
  const snapshot = new ApiSnapshot(1, { Artifact: all as ResourceMap<"Artifact"> });
  const select = (...namespaces: string[]) =>
    snapshot.select("Artifact", { namespaces }).map(({ metadata }) => refKey(metadata));
  deepEqual(select("a"), ["a/x", "a/y"]);
  deepEqual(select("b", "a", "b", "none"), ["a/x", "a/y", "b/x"]);
  deepEqual([select(""), select()], [[], []]);
});

Deno.test("changes between two states are what leads from the one to the other", () => {
  // Mulberry32: the same steps in every run.
  let seed = 7;
  const random = (below: number): number => {
    seed = (seed + 0x6d2b79f5) | 0;
    let mixed = Math.imul(seed ^ (seed >>> 15), seed | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below;
  };
  const states = [new ApiSnapshot(0, {})];
  for (let step = 0; step < 300; step++) {
    const edits = new Map<string, Resource | undefined>();
    for (let i = random(4); i >= 0; i--) {
      const one = resource("abc"[random(3)]!, `n${random(6)}`);
      edits.set(refKey(one.metadata), random(3) > 0 ? one : undefined);
    }
    states.push(states.at(-1)!.with(new Map([["Artifact", edits]])));
    const [before, after] = [states[random(states.length)]!, states.at(-1)!];
    const changed = after.changesSince(before).get("Artifact") ?? new Map();
    for (const { before: old, after: now } of changed.values()) ok(old !== now);
    const led = before.with(
      new Map([["Artifact", new Map([...changed].map(([key, change]) => [key, change.after]))]]),
    );
    deepEqual([...led.map("Artifact")], [...after.map("Artifact")]);
    for (const [i, one] of led.list("Artifact").entries()) equal(one, after.list("Artifact")[i]);
    const back = before.changesSince(after).get("Artifact") ?? new Map();
    deepEqual([...back.keys()], [...changed.keys()]);
  }
  equal(states.at(-1)!.changesSince(states.at(-1)!).size, 0);
  equal(new SortedResources([]).changesSince(new SortedResources([])).size, 0);
});

Deno.test("labels are selected the same at the first time and from the index, with and without namespaces", () => {
  const list = [
    resource("a", "x", { app: "shop", tier: "1" }),
    resource("a", "y", { app: "shop", tier: "2" }),
    resource("a", "z"),
    resource("b", "x", { app: "shop", tier: "1" }),
    resource("b", "y", { app: "other" }),
  ];
  const snapshot = new ApiSnapshot(1, {
    Artifact: new SortedResources([]).with(changes(...list)) as ResourceMap<"Artifact">,
  });
  const select = (selection: object) => snapshot.select("Artifact", selection).map(({ metadata }) => refKey(metadata));
  for (let time = 0; time < 3; time++) {
    deepEqual(select({ labels: { app: "shop" } }), ["a/x", "a/y", "b/x"]);
    deepEqual(select({ labels: { app: "shop", tier: "1" } }), ["a/x", "b/x"]);
    deepEqual(select({ labels: { app: "shop" }, namespaces: ["b", "none"] }), ["b/x"]);
    deepEqual(select({ labels: { app: "shop" }, expressions: [{ key: "tier", operator: "In", values: ["2"] }] }), [
      "a/y",
    ]);
    deepEqual(select({ labels: { app: "nothing" } }), []);
    deepEqual(select({ labels: {} }), ["a/x", "a/y", "a/z", "b/x", "b/y"]);
  }
});
