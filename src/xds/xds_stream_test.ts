import assert from "node:assert/strict";
import { FakeClock } from "../telemetry/fake_clock.ts";
import { DeltaState } from "./delta_state.ts";
import { SotwState } from "./sotw_state.ts";
import { cluster, endpoints, host, listener, route, secret, snapshot } from "./test_snapshot.ts";
import { BASE, BEFORE, both, cacheOf, LIMITS, ROLE, settle } from "./test_stream.ts";
import { XdsStream } from "./xds_stream.ts";
import { implicitWildcard, isWholeSet } from "./xds_type.ts";

both("clusters, endpoints, secrets, listeners and routes go out in that order", ({ cache, client }) => {
  for (const type of ["route", "listener", "secret", "endpoint", "cluster"] as const) {
    client.ask(
      type,
      type === "cluster" || type === "listener" ? [] : type === "secret" ? ["s"] : [type[0] === "r" ? "l" : "a"],
    );
  }
  const withSecret = { ...listener("l", 80), refs: { routes: ["l"], secrets: ["s"] } };
  cache.setSnapshot(
    ROLE,
    snapshot(cluster("a"), endpoints("a", 1), withSecret, secret("s"), route("l", host("l/x", "a"))),
  );
  assert.deepEqual(client.sent(), ["cluster a", "endpoint a", "secret s", "listener l", "route l"]);
});

both("a client that comes with nothing waits for no ACK", (scene) => {
  scene.cache.setSnapshot(ROLE, BEFORE);
  scene.client.ask("cluster");
  scene.client.ask("listener");
  scene.client.ask("route", ["l"]);
  assert.deepEqual(scene.client.sent(), ["cluster a", "listener l", "route l"]);
});

both("before there is a snapshot nothing is sent; it comes as soon as it is there", ({ cache, client }) => {
  client.ask("cluster");
  assert.deepEqual(client.sent(), []);
  cache.setSnapshot(ROLE, BEFORE);
  assert.deepEqual(client.sent(), ["cluster a"]);
});

both("an equal snapshot is not sent again, however it was made", (scene) => {
  settle(scene);
  const again = [cluster("a"), endpoints("a", 1), listener("l", 80), route("l", host("l/x", "a"), host("l/y", "a"))];
  assert.equal(scene.cache.setSnapshot(ROLE, snapshot(...again)), false);
  assert.deepEqual(scene.client.sent(), []);
});

both("a change of endpoints sends endpoints alone, at once", (scene) => {
  settle(scene);
  const changed = endpoints("a", 1, 2);
  scene.cache.setSnapshot(ROLE, { ...BEFORE, endpoints: new Map([["a", changed]]) });
  assert.deepEqual(scene.client.sent(), ["endpoint a"]);
});

both("a changed cluster is followed by its endpoints although they are equal", (scene) => {
  settle(scene, snapshot(cluster("a"), cluster("b"), endpoints("a", 1), endpoints("b", 2)));
  const slower = cluster("a", { connectTimeout: { seconds: 9 } });
  const refs = { endpoints: ["a"] };
  scene.cache.setSnapshot(ROLE, snapshot({ ...slower, refs }, cluster("b"), endpoints("a", 1), endpoints("b", 2)));
  assert.deepEqual(scene.client.sent(), [scene.delta ? "cluster a" : "cluster a b", "endpoint a"]);
});

both("a listener that comes again is followed by its routes although they are equal", (scene) => {
  settle(scene);
  const { cache, client } = scene;
  cache.setSnapshot(ROLE, { ...BEFORE, listeners: new Map() });
  client.sent(true);
  cache.setSnapshot(ROLE, BEFORE);
  assert.deepEqual(client.sent(), ["listener l", "route l"]);
});

both("a NACK is told with the resource and its origin, and the same is not sent again", (scene) => {
  settle(scene);
  const { cache, client, clock } = scene;
  const bad = [listener("good", 81), listener("bad", 82)];
  cache.setSnapshot(ROLE, snapshot(...BASE, ...bad, ...BEFORE.routes.values()));
  client.sent();
  client.refuse("listener", "Error adding/updating listener(s) bad: no");
  assert.deepEqual(client.sent(), [scene.delta ? "listener good" : "listener good l"]);
  assert.equal(client.nacks.length, 1);
  assert.equal(client.nacks[0]!.detail, "Error adding/updating listener(s) bad: no");
  assert.equal(client.nacks[0]!.at, clock.now());
  assert.deepEqual(client.nacks[0]!.resources, [{
    name: "bad",
    origins: [{ kind: "Test", namespace: "test", name: "bad" }],
  }]);
  assert.equal(client.stream.types().listener!.lastNack, client.nacks[0]);
  assert.notEqual(client.stream.types().listener!.versionAcked, client.stream.types().listener!.versionSent);
});

both("secrets that nothing refers to are not told", ({ cache, client, delta }) => {
  const withSecret = { ...cluster("a"), refs: { endpoints: ["a"], secrets: ["mine"] } };
  cache.setSnapshot(ROLE, snapshot(withSecret, endpoints("a", 1), secret("mine"), secret("other")));
  client.ask("secret", ["mine", "other"]);
  assert.deepEqual(client.sent(), [delta ? "secret -other mine" : "secret mine"]);
});

both("an end leaves no timer and no watch", (scene) => {
  settle(scene);
  const { cache, client, clock } = scene;
  cache.setSnapshot(ROLE, snapshot(...BASE, cluster("b"), endpoints("b", 2), route("l", host("l/x", "b"))));
  client.sent();
  assert.equal(clock.pending, 1);
  client.stream.close();
  assert.equal(clock.pending, 0);
  cache.clear(ROLE);
  assert.deepEqual(cache.roles(), []);
});

Deno.test("delta: types that are not served are answered as missing; in the state of the world not at all", () => {
  const cache = cacheOf(BEFORE);
  const common = {
    source: cache.source(ROLE),
    clock: new FakeClock(),
    limits: LIMITS,
    onWork: () => {},
    onNack: () => {},
    onLate: () => {},
  };
  const url = "type.googleapis.com/envoy.service.runtime.v3.Runtime";
  const delta = new XdsStream({ ...common, newState: (type) => new DeltaState(implicitWildcard(type)) });
  delta.receive(url, { subscribe: ["r"], unsubscribe: [], initialVersions: new Map(), nonce: "" });
  assert.deepEqual(delta.take()?.removed, ["r"]);
  assert.equal(delta.take(), undefined);
  const sotw = new XdsStream({ ...common, newState: (type) => new SotwState(isWholeSet(type), true) });
  sotw.receive(url, { version: "", names: ["r"], nonce: "" });
  assert.equal(sotw.take(), undefined);
});
