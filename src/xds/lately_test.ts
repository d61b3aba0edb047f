import assert from "node:assert/strict";
import { XdsCache } from "./cache.ts";
import { versionOfSet } from "./fingerprint.ts";
import { Lately } from "./lately.ts";
import { removedFromJson, removedToJson } from "./removed_json.ts";
import { cluster, endpoints, host, listener, route, snapshot } from "./test_snapshot.ts";
import { both, returns, ROLE, settle } from "./test_stream.ts";

const with_ = (...names: string[]) => snapshot(...names.flatMap((name, i) => [cluster(name), endpoints(name, i)]));
const names = (set: ReadonlyMap<string, unknown> | undefined) => set && [...set.keys()].sort();

Deno.test("what is there, with what was removed since some time, is known by the version of its clusters", () => {
  const lately = new Lately();
  const steps = [with_("a", "b", "c", "d"), with_("a", "c", "d"), with_("a", "d"), with_("a", "e")];
  steps.forEach((step, i) => i > 0 && lately.add(steps[i - 1]!, step));
  const last = steps.at(-1)!;
  const found = (...wanted: string[]) => lately.with(last, versionOfSet(with_(...wanted).clusters));
  assert.deepEqual(names(found("a", "d", "e")?.clusters), ["a", "d", "e"]);
  assert.deepEqual(names(found("a", "c", "d", "e")?.endpoints), ["a", "c", "d", "e"]);
  assert.deepEqual(names(found("a", "b", "c", "d", "e")?.clusters), ["a", "b", "c", "d", "e"]);
  assert.equal(found("a", "b", "e"), undefined);
  assert.equal(found("a", "x"), undefined);
});

Deno.test("what was removed goes to JSON and comes back; what is no such thing throws", () => {
  const cache = new XdsCache();
  let told = 0;
  cache.watchRemovals(() => told++);
  for (const step of [with_("a", "b"), with_("a"), with_("a", "c"), with_("c")]) cache.setSnapshot(ROLE, step);
  assert.equal(told, 2);
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
