import assert from "node:assert/strict";
import { XdsCache } from "./cache.ts";
import { versionOfSet } from "./fingerprint.ts";
import { Lately } from "./lately.ts";
import { removedFromJson, removedToJson } from "./removed_json.ts";
import { cluster, endpoints, host, listener, route, snapshot } from "./test_snapshot.ts";
import { both, returns, ROLE, settle } from "./test_stream.ts";

const with_ = (...names: string[]) => snapshot(...names.flatMap((name, i) => [cluster(name), endpoints(name, i)]));
const names = (set: ReadonlyMap<string, unknown> | undefined) => set && [...set.keys()].sort();

Deno.test("a client is known by the version of its clusters: those of some time, and what was removed before", () => {
  const lately = new Lately();
  const steps = [with_("a", "b", "c", "d"), with_("a", "c", "d"), with_("a", "d"), with_("a", "e")];
  steps.forEach((step, i) => i > 0 && lately.add(steps[i - 1]!, step));
  const last = steps.at(-1)!;
  const found = (...wanted: string[]) => {
    const { snapshot, behind } = lately.find(last, versionOfSet(with_(...wanted).clusters)) ?? {};
    return snapshot && [...names(snapshot.clusters)!, behind ? "behind" : "there"].join(" ");
  };
  assert.equal(found("a", "d", "e"), "a d e there");
  assert.equal(found("a", "c", "d", "e"), "a c d e there");
  assert.equal(found("a", "b", "c", "d", "e"), "a b c d e there");
  assert.equal(found("a", "d"), "a d e behind");
  assert.equal(found("a", "c", "d"), "a c d e behind");
  assert.equal(found("a", "b", "c", "d"), "a b c d e behind");
  assert.equal(found("a", "b", "e"), undefined);
  assert.equal(found("a", "x"), undefined);
});

Deno.test("a client that has clusters in a form of before is known too", () => {
  const lately = new Lately();
  const before = with_("a", "b");
  const after = { ...before, clusters: new Map([["a", cluster("a", { altStatName: "new" })], ["b", cluster("b")]]) };
  lately.add(before, after);
  assert.equal(lately.find(after, versionOfSet(before.clusters))!.behind, true);
});

Deno.test("what was removed goes to JSON and comes back; what is no such thing throws", () => {
  const cache = new XdsCache();
  let told = 0;
  cache.watchRemovals(() => told++);
  for (const step of [with_("a", "b"), with_("a"), with_("a", "c"), with_("c")]) cache.setSnapshot(ROLE, step);
  assert.equal(told, 3);
  const text = removedToJson(cache.lately());
  assert.deepEqual(removedFromJson(text), cache.lately());
  for (
    const wrong of ["", "{}", '[{"role":1}]', text.replace('"clusters"', '"other"'), text.replace('"version"', '"v"')]
  ) {
    assert.throws(() => removedFromJson(wrong), wrong);
  }
});

both(
  "who comes back within a grace keeps what it still has, and is told first of the routes that need it no more",
  async (scene) => {
    const { cache, client, clock, another, delta } = scene;
    const rest = [listener("l", 80), cluster("b"), endpoints("b", 2)];
    const before = snapshot(cluster("a"), endpoints("a", 1), ...rest, route("l", host("l/x", "a")));
    settle(scene, before);
    client.stream.close();
    // The next process serves another route already, and knows of the removal from the one before.
    const next = new XdsCache();
    next.setSnapshot(ROLE, snapshot(...rest, route("l", host("l/x", "b"))));
    cache.setSnapshot(ROLE, next.snapshot(ROLE)!);
    for (const { role, removed } of removedFromJson(removedToJson(cache.lately()))) next.restoreLately(role, removed);
    const back = another(next);
    returns(back, scene, before);
    assert.deepEqual(back.sent(true), ["route l"]);
    await clock.advance(5_000);
    assert.deepEqual(back.sent(), delta ? ["cluster -a", "endpoint -a"] : ["cluster b"]);
  },
);

both("who comes back from before a new cluster hears of the routes that name it when it has it", async (scene) => {
  const { cache, client, clock, another, delta } = scene;
  const before = snapshot(cluster("a"), endpoints("a", 1), listener("l", 80), route("l", host("l/x", "a")));
  settle(scene, before);
  client.stream.close();
  const next = new XdsCache();
  const after = snapshot(cluster("b"), endpoints("b", 2), listener("l", 80), route("l", host("l/x", "b")));
  next.setSnapshot(ROLE, after);
  cache.setSnapshot(ROLE, after);
  for (const { role, removed } of removedFromJson(removedToJson(cache.lately()))) next.restoreLately(role, removed);
  const back = another(next);
  returns(back, scene, before);
  assert.deepEqual(back.sent().filter((text) => !text.startsWith("endpoint")), [delta ? "cluster b" : "cluster a b"]);
  back.ask("endpoint", ["a", "b"]);
  back.sent(true);
  back.accept("cluster");
  assert.deepEqual(back.sent(true).filter((text) => text.startsWith("route")), ["route l"]);
  await clock.advance(5_000);
  assert.deepEqual(back.sent().filter((text) => text.startsWith("cluster")), [delta ? "cluster -a" : "cluster b"]);
});
