/** A response is refused: only error_detail says so, the rest goes on, and what was refused comes again when it changed. */
import assert from "node:assert/strict";
import { waitFor } from "../envoy/harness.ts";
import { everywhere } from "./world.ts";

everywhere(
  "a refused resource is told with its words and not sent again until it changed; others are",
  async (scene) => {
    const { server, type, whole, show } = scene;
    const told = () => server.clients()[0]!.types[type]!;
    show({ a: 1, b: 1 });
    const subscriber = scene.subscriber();
    subscriber.subscribe("a", "b");
    const first = await subscriber.next();
    assert.deepEqual(first.names, ["a", "b"]);
    subscriber.ack();
    show({ a: 2, b: 1 });
    const second = await subscriber.next();
    assert.deepEqual(second.names, whole ? ["a", "b"] : ["a"]);
    subscriber.nack("a: it does not please");
    const nack = await waitFor("the refusal", () => told().lastNack);
    assert.equal(nack.detail, "a: it does not please");
    assert.equal(nack.version, second.version);
    assert.deepEqual(nack.resources.map(({ name }) => name), ["a"]);
    assert.equal(told().versionAcked, first.version);
    show({ a: 2, b: 2 });
    assert.deepEqual((await subscriber.next()).names, whole ? ["a", "b"] : ["b"]);
    subscriber.ack();
    show({ a: 3, b: 2 });
    const mended = await subscriber.next();
    assert.deepEqual(mended.names, whole ? ["a", "b"] : ["a"]);
    subscriber.ack();
    await waitFor("the mended one to be accepted", () => told().versionAcked === mended.version);
  },
);

everywhere(
  "the very first response is refused: the next edition comes all the same",
  async ({ server, type, ...scene }) => {
    scene.show({ a: 1 });
    const subscriber = scene.subscriber();
    subscriber.subscribe("a");
    await subscriber.next();
    subscriber.nack("no");
    await waitFor("the refusal", () => server.clients()[0]!.types[type]!.lastNack);
    assert.equal(server.clients()[0]!.types[type]!.versionAcked, undefined);
    scene.show({ a: 2 });
    assert.deepEqual((await subscriber.next()).names, ["a"]);
  },
);
