import { deepStrictEqual as deepEqual, ok, strictEqual as equal } from "node:assert/strict";
import { refKey } from "../api/mod.ts";
import type { Resource } from "../api/mod.ts";
import { ApiSnapshot } from "./api_snapshot.ts";
import { changeResources } from "./resource_map.ts";
import type { ResourceMap } from "./resource_map.ts";

const resource = (namespace: string, name: string, labels = {}): Resource =>
  ({ kind: "Artifact", metadata: { name, namespace, labels }, spec: {} }) as Resource;

const changes = (...resources: Resource[]) => new Map(resources.map((one) => [refKey(one.metadata), one]));

const keys = (map: ResourceMap) => [...map.keys()];

Deno.test("the order is that of namespaces, then names, however resources come and go", () => {
  let map = changeResources(new Map(), changes(resource("a", "z"), resource("a-b", "a"), resource("a", "b-c")));
  deepEqual(keys(map), ["a/b-c", "a/z", "a-b/a"]);
  map = changeResources(map, changes(resource("a", "b"), resource("zz", "a"), resource("a", "c"), resource("a", "z")));
  deepEqual(keys(map), ["a/b", "a/b-c", "a/c", "a/z", "a-b/a", "zz/a"]);
  map = changeResources(map, new Map([["a/b-c", undefined], ["a/y", resource("a", "y")], ["zz/a", undefined]]));
  deepEqual(keys(map), ["a/b", "a/c", "a/y", "a/z", "a-b/a"]);
  map = changeResources(map, new Map([["a/y", undefined]]));
  deepEqual(keys(map), ["a/b", "a/c", "a/z", "a-b/a"]);
});

Deno.test("changes that change nothing give the same map, and others leave it as it was", () => {
  const one = resource("a", "one");
  const map = changeResources(new Map(), changes(one));
  equal(changeResources(map, new Map([["a/one", one], ["a/none", undefined]])), map);
  const next = changeResources(map, changes(resource("a", "one")));
  ok(next !== map);
  equal(map.get("a/one"), one);
});

Deno.test("an ApiSnapshot lists the same array for as long as the kind is the same", () => {
  const two = changes(resource("a", "one", { x: "y" }), resource("b", "two"));
  const map = changeResources(new Map(), two) as ResourceMap<"Artifact">;
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
