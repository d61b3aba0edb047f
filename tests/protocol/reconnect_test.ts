/** A client that was away: to the same server, or to another process that has the same to say. */
import assert from "node:assert/strict";
import { XdsCache } from "../../src/xds/mod.ts";
import { waitFor } from "../envoy/harness.ts";
import { connect } from "../feature/xds_client.ts";
import { Subscriber, TEST_ROLE, WAYS } from "./subscriber.ts";
import { everywhere, serve, worldOf } from "./world.ts";

const SOTW = WAYS.filter(({ delta }) => !delta);
const DELTA = WAYS.filter(({ delta }) => delta);

everywhere(
  "initial_resource_versions: what changed is sent, what went is removed, the rest is not sent",
  async (scene) => {
    const { type, show, subscriber: arrive } = scene;
    show({ a: 1, b: 1, c: 1 });
    const before = arrive();
    before.subscribe("a", "b", "c");
    const { versions } = await before.next();
    assert.deepEqual(Object.keys(versions).sort(), ["a", "b", "c"]);
    before.cancel();
    show({ a: 1, b: 2 });
    const after = arrive({ versions });
    after.subscribe("a", "b", "c");
    const { names, removed } = await after.next();
    after.ack();
    // Clusters go when no route can need them any more.
    const later = type === "cluster" ? (await after.next()).removed : removed;
    assert.deepEqual([names, later], [["b"], ["c"]]);
  },
  undefined,
  DELTA,
);

everywhere(
  "initial_resource_versions: where nothing changed nothing is sent until something does",
  async (scene) => {
    const { show, subscriber: arrive } = scene;
    show({ a: 1, b: 1 });
    const before = arrive();
    before.subscribe("a", "b");
    const { versions } = await before.next();
    before.cancel();
    const after = arrive({ versions });
    after.subscribe("a", "b");
    after.subscribe("x");
    assert.deepEqual((await after.next()).removed, ["x"]);
    show({ a: 1, b: 2 });
    assert.deepEqual((await after.next()).names, ["b"]);
  },
  undefined,
  DELTA,
);

everywhere(
  "initial_resource_versions: the wildcard is as good as names",
  async ({ type, show, subscriber: arrive }) => {
    show({ a: 1, b: 1, c: 1 });
    const before = arrive();
    before.subscribe();
    const { versions } = await before.next();
    before.cancel();
    show({ a: 1, b: 2, d: 1 });
    const after = arrive({ versions });
    after.subscribe();
    const { names, removed } = await after.next();
    after.ack();
    const later = type === "cluster" ? (await after.next()).removed : removed;
    assert.deepEqual([names, later], [["b", "d"], ["c"]]);
  },
  ["cluster", "listener"],
  DELTA,
);

everywhere(
  "another process with the same configuration sends nothing anew",
  async ({ type, way, show, subscriber }) => {
    show({ a: 1, b: 1 });
    const before = subscriber();
    before.subscribe("a", "b");
    const { version, versions } = await before.next();
    const cache = new XdsCache();
    cache.setSnapshot(TEST_ROLE, worldOf(type, { a: 1, b: 1 }));
    const other = await serve(cache);
    const client = connect(other.address);
    try {
      const arrival = way.delta ? { versions } : { version, userAgentName: "envoy" };
      const after = new Subscriber(client, way, type, arrival);
      after.subscribe("a", "b");
      await waitFor("the request", () => other.clients()[0]?.types[type]);
      cache.setSnapshot(TEST_ROLE, worldOf(type, { a: 1, b: 2 }));
      const whole = !way.delta && (type === "cluster" || type === "listener");
      assert.deepEqual((await after.next()).names, whole ? ["a", "b"] : ["b"]);
    } finally {
      await client.close();
      await other.close(1_000);
    }
  },
);

everywhere(
  "an Envoy that comes with the present version hears nothing until something changes",
  async (scene) => {
    const { server, whole, show, asked, subscriber: arrive } = scene;
    show({ a: 1, b: 1 });
    const before = arrive();
    before.subscribe("a", "b");
    const { version } = await before.next();
    before.cancel();
    const after = arrive({ version, userAgentName: "envoy" });
    after.subscribe("a", "b");
    await waitFor("the request", () => server.clients().at(-1)?.userAgent === "envoy");
    await asked(2);
    show({ a: 1, b: 2 });
    assert.deepEqual((await after.next()).names, whole ? ["a", "b"] : ["b"]);
  },
  undefined,
  SOTW,
);

everywhere(
  "who comes with another version, or is no Envoy, hears all",
  async ({ show, subscriber: arrive }) => {
    show({ a: 1, b: 1 });
    const before = arrive();
    before.subscribe("a", "b");
    const { version } = await before.next();
    before.cancel();
    const stranger = arrive({ version, userAgentName: "gRPC Node Pure JS" });
    stranger.subscribe("a", "b");
    assert.deepEqual((await stranger.next()).names, ["a", "b"]);
    stranger.cancel();
    show({ a: 1, b: 2 });
    const envoy = arrive({ version, userAgentName: "envoy" });
    envoy.subscribe("a", "b");
    assert.deepEqual((await envoy.next()).names, ["a", "b"]);
  },
  undefined,
  SOTW,
);
