import assert from "node:assert/strict";
import { TYPE_URL } from "../envoy/mod.ts";
import { FakeClock } from "../telemetry/mod.ts";
import { XdsCache } from "./cache.ts";
import type { NackInfo } from "./client_info.ts";
import { DeltaState } from "./delta_state.ts";
import type { EnvoySnapshot } from "./resource.ts";
import { SotwState } from "./sotw_state.ts";
import { cluster, endpoints, host, listener, route, secret, snapshot, tcpListener } from "./test_snapshot.ts";
import { type Outgoing, XdsStream } from "./xds_stream.ts";
import { type XdsType, xdsTypeOf } from "./xds_type.ts";

const ROLE = "ns~proxy";
const LIMITS = { clusterWaitMs: 2_000, graceMs: 5_000 };

/** A client of either form that asks as Envoy does; requests are in the words of the state of the world. */
interface Client {
  /** Asks for all clusters and listeners, and for other types by name. `version` is what it kept from an earlier stream. */
  ask(type: XdsType, names?: string[], version?: string): void;
  /** Everything that can be sent now, as `cluster a b`, `route -c`; with `ack`, each is accepted at once. */
  sent(ack?: boolean): string[];
  accept(type: XdsType): void;
  refuse(type: XdsType, detail: string): void;
  readonly last: Map<XdsType, Outgoing>;
  readonly nacks: NackInfo[];
  readonly late: string[][];
  readonly stream: Pick<XdsStream<unknown>, "close" | "types" | "waitingFor">;
}

interface Scene {
  readonly cache: XdsCache;
  readonly clock: FakeClock;
  readonly client: Client;
  readonly another: () => Client;
  readonly delta: boolean;
}

function newClient(delta: boolean, cache: XdsCache, clock: FakeClock): Client {
  const nacks: NackInfo[] = [];
  const late: string[][] = [];
  const common = {
    source: cache.source(ROLE),
    clock,
    limits: LIMITS,
    onWork: () => {},
    onNack: (nack: NackInfo) => void nacks.push(nack),
    onLate: (clusters: readonly string[]) => void late.push([...clusters]),
  };
  const sotw = delta ? undefined : new XdsStream({ ...common, newState: (whole) => new SotwState(whole, true) });
  const incremental = delta ? new XdsStream({ ...common, newState: (whole) => new DeltaState(whole) }) : undefined;
  const stream = (sotw ?? incremental)!;
  const last = new Map<XdsType, Outgoing>();
  const wanted = new Map<XdsType, string[]>();
  const answer = (type: XdsType, error?: string) => {
    const { nonce } = last.get(type)!;
    const more = error === undefined ? {} : { error };
    sotw?.receive(TYPE_URL[type], { version: "", names: wanted.get(type)!, nonce, ...more });
    incremental?.receive(TYPE_URL[type], {
      subscribe: [],
      unsubscribe: [],
      initialVersions: new Map(),
      nonce,
      ...more,
    });
  };
  return {
    ask(type, names = [], version = "") {
      const before = wanted.get(type) ?? [];
      wanted.set(type, names);
      sotw?.receive(TYPE_URL[type], { version, names, nonce: last.get(type)?.nonce ?? "" });
      incremental?.receive(TYPE_URL[type], {
        subscribe: names.filter((name) => !before.includes(name)),
        unsubscribe: before.filter((name) => !names.includes(name)),
        initialVersions: new Map(version === "" ? [] : JSON.parse(version)),
        nonce: "",
      });
    },
    sent(ack = false) {
      const texts: string[] = [];
      for (let out = stream.take(); out !== undefined; out = stream.take()) {
        const type = xdsTypeOf(out.typeUrl)!;
        last.set(type, out);
        const names = [...out.resources.map(({ name }) => name), ...out.removed.map((name) => `-${name}`)].sort();
        texts.push([type, ...names].join(" "));
        if (ack) answer(type);
      }
      return texts;
    },
    accept: (type) => answer(type),
    refuse: (type, detail) => answer(type, detail),
    last,
    nacks,
    late,
    stream,
  };
}

/** Runs a test for both forms of xDS. */
function both(name: string, test: (scene: Scene) => void | Promise<void>): void {
  for (const delta of [false, true]) {
    Deno.test(`${delta ? "delta" : "sotw"}: ${name}`, async () => {
      const cache = new XdsCache();
      const clock = new FakeClock(1_000);
      const another = () => newClient(delta, cache, clock);
      await test({ cache, clock, client: another(), another, delta });
    });
  }
}

const BASE = [cluster("a"), endpoints("a", 1), listener("l", 80)];
const BEFORE = snapshot(...BASE, route("l", host("l/x", "a"), host("l/y", "a")));

/** A client that has taken over `snapshot` entirely, as Envoy does it: clusters, endpoints, listeners, routes. */
function settle({ cache, client }: Scene, start: EnvoySnapshot = BEFORE): void {
  cache.setSnapshot(ROLE, start);
  client.ask("cluster");
  client.sent(true);
  client.ask("endpoint", [...start.endpoints.keys()]);
  client.sent(true);
  client.ask("secret", [...start.secrets.keys()]);
  client.ask("listener");
  client.sent(true);
  client.ask("route", [...start.routes.keys()]);
  client.sent(true);
  assert.deepEqual(client.sent(), []);
}

/** The domains' clusters that the client was last told for route configuration `l`. */
function hosts(client: Client): Record<string, string> {
  const resource = client.last.get("route")!.resources.find(({ name }) => name === "l") as ReturnType<typeof route>;
  return Object.fromEntries(resource.virtualHosts.map(({ name, refs }) => [name, refs.clusters!.join()]));
}

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

both("only virtual hosts that name a new cluster wait for the clusters' ACK", (scene) => {
  settle(scene);
  const { cache, client } = scene;
  const added = [cluster("b"), endpoints("b", 2)];
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

both("a refused cluster response is no sign that its clusters are ready", async (scene) => {
  settle(scene);
  const { cache, client, clock } = scene;
  cache.setSnapshot(
    ROLE,
    snapshot(...BASE, cluster("b"), endpoints("b", 2), route("l", host("l/x", "b"), host("l/y", "a"))),
  );
  client.sent();
  client.refuse("cluster", "b is bad");
  assert.deepEqual(client.sent(), []);
  await clock.advance(2_000);
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

both("a NACK is told with the resource and its origin, and the same is not sent again", (scene) => {
  settle(scene);
  const { cache, client, clock } = scene;
  const bad = [listener("good", 81), listener("bad", 82)];
  cache.setSnapshot(ROLE, snapshot(...BASE, ...bad, ...BEFORE.routes.values()));
  client.sent();
  client.refuse("listener", "Error adding/updating listener(s) bad: no");
  assert.deepEqual(client.sent(), []);
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

both("a client that comes back to the same configuration is sent nothing", (scene) => {
  settle(scene);
  const back = scene.another();
  returns(back, scene, BEFORE);
  assert.deepEqual(back.sent(), []);
});

/** What a client says on a new stream that had taken over `kept`. */
function returns(client: Client, { delta }: Scene, kept: EnvoySnapshot): void {
  const all = newClient(delta, cacheOf(kept), new FakeClock());
  const version = (type: XdsType, names: string[] = []) => {
    all.ask(type, names);
    all.sent();
    const out = all.last.get(type)!;
    return delta ? JSON.stringify(out.resources.map(({ name, version }) => [name, version])) : out.version;
  };
  client.ask("cluster", [], version("cluster"));
  client.ask("endpoint", [...kept.endpoints.keys()], version("endpoint", [...kept.endpoints.keys()]));
  client.ask("listener", [], version("listener"));
  client.ask("route", [...kept.routes.keys()], version("route", [...kept.routes.keys()]));
}

function cacheOf(snapshot: EnvoySnapshot): XdsCache {
  const cache = new XdsCache();
  cache.setSnapshot(ROLE, snapshot);
  return cache;
}

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
  const delta = new XdsStream({ ...common, newState: (whole) => new DeltaState(whole) });
  delta.receive(url, { subscribe: ["r"], unsubscribe: [], initialVersions: new Map(), nonce: "" });
  assert.deepEqual(delta.take()?.removed, ["r"]);
  assert.equal(delta.take(), undefined);
  const sotw = new XdsStream({ ...common, newState: (whole) => new SotwState(whole, true) });
  sotw.receive(url, { version: "", names: ["r"], nonce: "" });
  assert.equal(sotw.take(), undefined);
});
