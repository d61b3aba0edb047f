import assert from "node:assert/strict";
import { XdsCache } from "./cache.ts";
import { versionOfSet } from "./fingerprint.ts";
import type { EnvoySnapshot } from "./resource.ts";
import { cluster, endpoints, host, route, snapshot } from "./test_snapshot.ts";

const make = (...ports: number[]) =>
  snapshot(cluster("a"), cluster("b"), endpoints("a", ...ports), route("l", host("l/x", "a")));

Deno.test("what is equal keeps its identity from one snapshot to the next", () => {
  const cache = new XdsCache();
  cache.setSnapshot("r", make(1));
  const before = cache.snapshot("r")!;
  assert.equal(cache.setSnapshot("r", make(1)), false);
  assert.equal(cache.snapshot("r"), before);
  assert.equal(cache.setSnapshot("r", make(1, 2)), true);
  const after = cache.snapshot("r")!;
  assert.notEqual(after.endpoints, before.endpoints);
  assert.equal(after.clusters, before.clusters);
  assert.equal(after.routes, before.routes);
  cache.setSnapshot("r", { ...make(1, 2), clusters: new Map([["a", cluster("a")], ["c", cluster("c")]]) });
  assert.equal(cache.snapshot("r")!.clusters.get("a"), before.clusters.get("a"));
});

Deno.test("other refs or origins with equal bytes are a change: they are used and shown", () => {
  const cache = new XdsCache();
  cache.setSnapshot("r", snapshot(cluster("a")));
  assert.equal(cache.setSnapshot("r", snapshot({ ...cluster("a"), refs: { endpoints: ["other"] } })), true);
});

Deno.test("watchers hear of their own role only, until they stop", () => {
  const cache = new XdsCache();
  const heard: (EnvoySnapshot | undefined)[] = [];
  const stop = cache.source("r").watch((next) => heard.push(next));
  cache.setSnapshot("other", make(1));
  cache.setSnapshot("r", make(1));
  assert.deepEqual(heard, [cache.snapshot("r")]);
  stop();
  cache.setSnapshot("r", make(2));
  assert.equal(heard.length, 1);
});

Deno.test("an unknown role has nothing until the fallback is open; a role that is cleared gets it too", () => {
  const cache = new XdsCache();
  const heard: string[] = [];
  const source = cache.source("typo");
  source.watch((next) => heard.push([...next?.listeners.keys() ?? []].join()));
  assert.equal(source.current(), undefined);
  cache.openFallback();
  cache.setSnapshot("typo", make(1));
  cache.clear("typo");
  assert.deepEqual(heard, ["listener-for-invalid-envoy", "", "listener-for-invalid-envoy"]);
  assert.deepEqual(cache.roles(), []);
});

Deno.test("roles are those that were set, sorted", () => {
  const cache = new XdsCache();
  cache.source("watched").watch(() => {});
  cache.setSnapshot("b", make(1));
  cache.setSnapshot("a", make(1));
  assert.deepEqual(cache.roles(), ["a", "b"]);
  assert.equal(cache.has("watched"), false);
});

Deno.test("earlier snapshots are found by the version of their clusters, the last sixteen of them, and what was before those", () => {
  const cache = new XdsCache();
  const sets = Array.from({ length: 18 }, (_, index) => snapshot(cluster(`c${index}`)));
  for (const each of sets) cache.setSnapshot("r", each);
  const found = sets.map(({ clusters }) => cache.source("r").earlier(versionOfSet(clusters)) !== undefined);
  assert.deepEqual(found, sets.map((_, index) => index >= 1));
});

Deno.test("who watches roles hears of each that has a snapshot, once, and of one that comes back again", () => {
  const cache = new XdsCache();
  const heard: string[] = [];
  cache.setSnapshot("a", make(1));
  const stop = cache.watchRoles((role) => heard.push(role));
  cache.source("b").watch(() => {});
  cache.openFallback();
  assert.deepEqual(heard, ["a"], "one that is only asked for has none");
  cache.setSnapshot("b", make(1));
  cache.setSnapshot("b", snapshot());
  cache.clear("b");
  cache.setSnapshot("b", make(1));
  assert.deepEqual(heard, ["a", "b", "b"]);
  stop();
  cache.setSnapshot("c", make(1));
  assert.deepEqual(heard, ["a", "b", "b"]);
});
