import assert from "node:assert/strict";
import { cluster, endpoints, host, listener, route, snapshot, tcpListener } from "./test_snapshot.ts";
import { BASE, BEFORE, both, hosts, returns, ROLE, settle } from "./test_stream.ts";

/** Ready only after a first answer. */
const CHECKED = { healthChecks: [{ timeout: { seconds: 1 }, interval: { seconds: 1 }, tcpHealthCheck: {} }] };

both("only virtual hosts that name a new cluster wait for the clusters' ACK", (scene) => {
  settle(scene);
  const { cache, client } = scene;
  const added = [cluster("b", CHECKED), endpoints("b", 2)];
  const after = route("l", host("l/x", "b"), host("l/y", "a", ["y"], "/new"), host("l/z", "b"));
  cache.setSnapshot(ROLE, snapshot(...BASE, ...added, after));
  const sent = client.sent();
  assert.equal(sent[0], scene.delta ? "cluster b" : "cluster a b");
  assert.equal(sent.at(-1), "route l");
  assert.deepEqual(hosts(client), { "l/x": "a", "l/y": "a" });
  assert.deepEqual(client.stream.waitingFor(), ["b"]);
  client.accept("route");
  client.ask("endpoint", ["a", "b"]);
  client.sent(false);
  client.accept("endpoint");
  assert.deepEqual(client.sent(), []);
  client.accept("cluster");
  assert.deepEqual(client.sent(), ["route l"]);
  assert.deepEqual(hosts(client), { "l/x": "b", "l/y": "a", "l/z": "b" });
  assert.deepEqual(client.stream.waitingFor(), []);
});

both(
  "a cluster that needs its endpoints alone is ready with them, whatever else keeps the clusters' ACK back",
  (scene) => {
    settle(scene);
    const { cache, client } = scene;
    const never = [cluster("never", CHECKED), endpoints("never", 9)];
    const first = route("l", host("l/x", "never"), host("l/y", "a"));
    cache.setSnapshot(ROLE, snapshot(...BASE, ...never, first));
    client.sent();
    client.ask("endpoint", ["a", "never"]);
    client.sent();
    client.accept("endpoint");
    assert.deepEqual(client.stream.waitingFor(), ["never"]);
    const b = [cluster("b"), endpoints("b", 2)];
    cache.setSnapshot(ROLE, snapshot(...BASE, ...never, ...b, route("l", host("l/x", "never"), host("l/y", "b"))));
    client.sent();
    assert.deepEqual(client.stream.waitingFor(), ["never", "b"]);
    client.ask("endpoint", ["a", "b", "never"]);
    assert.deepEqual(client.sent(), ["endpoint b"]);
    client.accept("endpoint");
    assert.deepEqual(client.stream.waitingFor(), ["never"]);
    assert.equal(client.sent().at(-1), "route l");
    assert.deepEqual(hosts(client), { "l/x": "a", "l/y": "b" });
  },
);

both("endpoints are no sign for a cluster that waits for a secret, or was changed after them", (scene) => {
  settle(scene);
  const { cache, client } = scene;
  const secured = { ...cluster("s"), refs: { endpoints: ["s"], secrets: ["key"] } };
  const uses = route("l", host("l/x", "s"), host("l/y", "b"));
  const rest = [endpoints("s", 3), endpoints("b", 2), uses];
  cache.setSnapshot(ROLE, snapshot(...BASE, secured, cluster("b"), ...rest));
  client.sent();
  client.ask("endpoint", ["a", "b", "s"]);
  client.sent();
  cache.setSnapshot(ROLE, snapshot(...BASE, secured, cluster("b", { connectTimeout: { seconds: 9 } }), ...rest));
  const before = client.last.get("endpoint")!;
  client.sent();
  const after = client.last.get("endpoint")!;
  client.last.set("endpoint", before);
  client.accept("endpoint");
  assert.deepEqual(client.stream.waitingFor(), ["s", "b"]);
  client.last.set("endpoint", after);
  client.accept("endpoint");
  assert.deepEqual(client.stream.waitingFor(), ["s"]);
});

both("hosts that share a domain with a waiting one wait with it", (scene) => {
  settle(scene);
  const { cache, client } = scene;
  // x gives its domain to w, which names a new cluster: without the hold nobody would answer for x.
  const after = route("l", host("l/x", "a", ["other"]), host("l/y", "a"), host("l/w", "b", ["x"]));
  cache.setSnapshot(ROLE, snapshot(...BASE, cluster("b"), endpoints("b", 2), after));
  const sent = client.sent();
  assert.equal(sent.includes("route l"), false, sent.join());
  client.accept("cluster");
  assert.deepEqual(client.sent(), ["route l"]);
  assert.deepEqual(Object.keys(hosts(client)), ["l/x", "l/y", "l/w"]);
});

both("of a new route configuration or listener that waits the client is not told that there is none such", (scene) => {
  settle(scene);
  const { cache, client, delta } = scene;
  const added = [cluster("b"), endpoints("b", 2), listener("m", 81), route("m", host("m/x", "b"))];
  cache.setSnapshot(ROLE, snapshot(...BASE, ...added, route("l", host("l/x", "a")), tcpListener("t", 82, "b")));
  client.sent();
  client.ask("route", ["l", "m", "none"]);
  assert.deepEqual(client.sent(), delta ? ["route -none"] : []);
  client.accept("cluster");
  assert.deepEqual(client.sent(), [delta ? "listener t" : "listener l m t", "route m"]);
});

both("the wait has an end, and is told", async (scene) => {
  settle(scene);
  const { cache, client, clock } = scene;
  cache.setSnapshot(ROLE, snapshot(...BASE, cluster("b"), endpoints("b", 2), route("l", host("l/x", "b"))));
  client.sent();
  await clock.advance(1_999);
  assert.deepEqual(client.late, []);
  await clock.advance(1);
  assert.deepEqual(client.late, [["b"]]);
  assert.equal(client.sent().at(-1), "route l");
  assert.deepEqual(hosts(client), { "l/x": "b" });
});

both("routes are not given over to a cluster that was refused, however long it takes", async (scene) => {
  settle(scene);
  const { cache, client, clock } = scene;
  cache.setSnapshot(
    ROLE,
    snapshot(...BASE, cluster("b"), endpoints("b", 2), route("l", host("l/x", "b"), host("l/y", "a"))),
  );
  client.sent();
  client.refuse("cluster", "b is bad");
  assert.deepEqual(client.sent(), []);
  await clock.advance(60_000);
  assert.deepEqual(client.sent(), []);
  cache.setSnapshot(
    ROLE,
    snapshot(...BASE, cluster("b"), endpoints("b", 3), route("l", host("l/x", "a", ["x"], "/other"), host("l/y", "a"))),
  );
  assert.deepEqual(client.sent(), ["route l"]);
});

both("a newer snapshot does not lose the waits of the one before", (scene) => {
  settle(scene);
  const { cache, client } = scene;
  const b = [cluster("b"), endpoints("b", 2)];
  const c = [cluster("c"), endpoints("c", 3)];
  cache.setSnapshot(ROLE, snapshot(...BASE, ...b, route("l", host("l/x", "b"), host("l/y", "a"))));
  client.sent();
  const [firstClusters] = [client.last.get("cluster")!];
  cache.setSnapshot(ROLE, snapshot(...BASE, ...b, ...c, route("l", host("l/x", "b"), host("l/y", "c"))));
  client.sent();
  const second = client.last.get("cluster")!;
  client.last.set("cluster", firstClusters);
  client.accept("cluster");
  assert.deepEqual(client.stream.waitingFor(), ["c"]);
  client.sent();
  assert.deepEqual(hosts(client), { "l/x": "b", "l/y": "a" });
  client.last.set("cluster", second);
  client.accept("cluster");
  client.sent();
  assert.deepEqual(hosts(client), { "l/x": "b", "l/y": "c" });
});

both("a cluster that is dropped before it was ready is waited for no more", (scene) => {
  settle(scene);
  const { cache, client } = scene;
  cache.setSnapshot(
    ROLE,
    snapshot(...BASE, cluster("b"), endpoints("b", 2), route("l", host("l/x", "b"), host("l/y", "a"))),
  );
  client.sent();
  cache.setSnapshot(ROLE, BEFORE);
  client.sent();
  assert.deepEqual(client.stream.waitingFor(), []);
});

both("a listener that names a new cluster waits; one that is removed goes at once", (scene) => {
  settle(scene, snapshot(cluster("a"), endpoints("a", 1), tcpListener("t", 90, "a"), tcpListener("old", 91, "a")));
  const { cache, client } = scene;
  const after = [tcpListener("t", 90, "b"), tcpListener("new", 92, "b"), tcpListener("other", 93, "a")];
  cache.setSnapshot(ROLE, snapshot(cluster("a"), cluster("b"), endpoints("a", 1), endpoints("b", 2), ...after));
  assert.equal(client.sent().at(-1), scene.delta ? "listener -old other" : "listener other t");
  client.accept("cluster");
  assert.deepEqual(client.sent(), [scene.delta ? "listener new t" : "listener new other t"]);
});

both("a new route configuration waits as a whole", (scene) => {
  settle(scene);
  const { cache, client } = scene;
  client.ask("route", ["l", "m"]);
  client.sent(true);
  const m = [listener("m", 81), route("m", host("m/x", "b"), host("m/y", "a"))];
  cache.setSnapshot(ROLE, snapshot(...BASE, ...BEFORE.routes.values(), cluster("b"), endpoints("b", 2), ...m));
  const sent = client.sent();
  assert.equal(sent.includes("route m"), false);
  assert.equal(sent.some((text) => text.startsWith("listener")), true);
  client.accept("cluster");
  assert.deepEqual(client.sent(), ["route m"]);
});

both("removed clusters go after the routes' ACK and a grace", async (scene) => {
  settle(scene);
  const { cache, client, clock, delta } = scene;
  const b = [cluster("b"), endpoints("b", 2)];
  cache.setSnapshot(ROLE, snapshot(...b, listener("l", 80), route("l", host("l/x", "b"))));
  assert.equal(client.sent()[0], delta ? "cluster b" : "cluster a b");
  client.accept("cluster");
  assert.deepEqual(client.sent(), ["route l"]);
  await clock.advance(10_000);
  assert.deepEqual(client.sent(), []);
  client.accept("route");
  await clock.advance(4_999);
  assert.deepEqual(client.sent(), []);
  await clock.advance(1);
  assert.deepEqual(client.sent(), delta ? ["cluster -a", "endpoint -a"] : ["cluster b"]);
  assert.equal(clock.pending, 0);
});

both("removed clusters stay while the routes that replace them are refused", async (scene) => {
  settle(scene);
  const { cache, client, clock, delta } = scene;
  const rest = [listener("l", 80), cluster("b"), endpoints("b", 2)];
  cache.setSnapshot(ROLE, snapshot(...BASE, ...rest.slice(1), ...BEFORE.routes.values()));
  client.sent(true);
  cache.setSnapshot(ROLE, snapshot(...rest, route("l", host("l/x", "b"))));
  client.sent();
  client.refuse("route", "no");
  client.sent();
  client.refuse("route", "no");
  await clock.advance(60_000);
  assert.deepEqual(client.sent(), []);
  cache.setSnapshot(ROLE, snapshot(...rest, route("l", host("l/x", "b", ["x"], "/other"))));
  client.sent(true);
  await clock.advance(5_000);
  assert.deepEqual(client.sent(), delta ? ["cluster -a", "endpoint -a"] : ["cluster b"]);
});

both("a cluster that comes back within its grace is not removed", async (scene) => {
  settle(scene);
  const { cache, client, clock } = scene;
  cache.setSnapshot(ROLE, {
    ...BEFORE,
    clusters: new Map(),
    endpoints: new Map(),
    routes: snapshot(route("l")).routes,
  });
  client.sent(true);
  await clock.advance(3_000);
  cache.setSnapshot(ROLE, BEFORE);
  client.sent(true);
  await clock.advance(60_000);
  assert.deepEqual(client.sent(), []);
  assert.equal(clock.pending, 0);
});

both("a client that comes back to the same configuration is sent nothing", (scene) => {
  settle(scene);
  const back = scene.another();
  returns(back, scene, BEFORE);
  assert.deepEqual(back.sent(), []);
});

both("a client that comes back after a change goes on make before break from where it was", async (scene) => {
  settle(scene);
  const { cache, another, clock, delta } = scene;
  cache.setSnapshot(
    ROLE,
    snapshot(cluster("b"), endpoints("b", 2), listener("l", 80), route("l", host("l/x", "b"), host("l/y", "b"))),
  );
  const back = another();
  returns(back, scene, BEFORE);
  assert.equal(back.sent()[0], delta ? "cluster b" : "cluster a b");
  assert.equal(back.last.has("route"), false);
  back.accept("cluster");
  assert.deepEqual(back.sent(), ["route l"]);
  back.accept("route");
  await clock.advance(5_000);
  assert.equal(back.sent()[0], delta ? "cluster -a" : "cluster b");
});

both("a client that comes with clusters nobody knows gets routes when it accepted its clusters", async (scene) => {
  const { cache, client, another, clock, delta } = scene;
  const after = snapshot(cluster("b"), endpoints("b", 2), listener("l", 80), route("l", host("l/x", "b")));
  cache.setSnapshot(ROLE, after);
  returns(client, scene, BEFORE);
  assert.deepEqual(client.sent().map((text) => text.split(" ")[0]), delta ? ["cluster", "endpoint"] : ["cluster"]);
  client.accept("cluster");
  assert.equal(client.sent().at(-1), "route l");
  const patient = another();
  returns(patient, scene, BEFORE);
  patient.sent();
  await clock.advance(2_000);
  assert.equal(patient.sent().at(-1), "route l");
});

both("who sets the machine's clock back makes no wait longer", async (scene) => {
  settle(scene, snapshot(...BASE, cluster("old"), endpoints("old", 9), route("l", host("l/x", "old"))));
  const { cache, client, clock } = scene;
  cache.setSnapshot(ROLE, snapshot(...BASE, cluster("b"), endpoints("b", 2), route("l", host("l/x", "b"))));
  client.sent();
  clock.set(-3_600_000);
  await clock.advance(2_000);
  assert.deepEqual(client.late, [["b"]]);
  client.sent(true);
  clock.set(-3_600_000);
  await clock.advance(5_000);
  assert.deepEqual(client.sent()[0], scene.delta ? "cluster -old" : "cluster a b");
});
