/** Requests that answer a response which is not the last one. */
import assert from "node:assert/strict";
import { waitFor } from "../envoy/harness.ts";
import { WAYS } from "./subscriber.ts";
import { everywhere } from "./world.ts";

const SOTW = WAYS.filter(({ delta }) => !delta);
const DELTA = WAYS.filter(({ delta }) => delta);

everywhere(
  "what a stale request asks for is passed over",
  async ({ whole, show, subscriber: arrive }) => {
    show({ a: 1, b: 1, c: 1 });
    const subscriber = arrive();
    subscriber.subscribe("a");
    const { nonce } = await subscriber.next();
    show({ a: 2, b: 1, c: 1 });
    assert.deepEqual((await subscriber.next()).names, ["a"]);
    subscriber.subscribeStale(nonce, "b");
    subscriber.forget("b");
    subscriber.subscribe("c");
    assert.deepEqual((await subscriber.next()).names, whole ? ["a", "c"] : ["c"]);
    show({ a: 2, b: 2, c: 2 });
    assert.deepEqual((await subscriber.next()).names, whole ? ["a", "c"] : ["c"]);
  },
  undefined,
  SOTW,
);

everywhere(
  "what a stale request asks for is given",
  async ({ show, subscriber: arrive }) => {
    show({ a: 1, b: 1 });
    const subscriber = arrive();
    subscriber.subscribe("a");
    const { nonce } = await subscriber.next();
    show({ a: 2, b: 1 });
    assert.deepEqual((await subscriber.next()).names, ["a"]);
    subscriber.subscribeStale(nonce, "b");
    assert.deepEqual((await subscriber.next()).names, ["b"]);
    show({ a: 2, b: 2 });
    assert.deepEqual((await subscriber.next()).names, ["b"]);
  },
  undefined,
  DELTA,
);

everywhere("a stale ACK accepts what it answers and no more", async ({ server, type, show, subscriber: arrive }) => {
  const acked = () => server.clients()[0]!.types[type]!.versionAcked;
  show({ a: 1 });
  const subscriber = arrive();
  subscriber.subscribe("a");
  const first = await subscriber.next();
  show({ a: 2 });
  const second = await subscriber.next();
  subscriber.ack(first.nonce);
  await waitFor("the first ACK", () => acked() === first.version);
  subscriber.ack(second.nonce);
  await waitFor("the second ACK", () => acked() === second.version);
});

everywhere("a nonce that was never given answers nothing", async ({ server, type, way, show, subscriber: arrive }) => {
  show({ a: 1, b: 1 });
  const subscriber = arrive();
  subscriber.subscribe("a");
  await subscriber.next();
  subscriber.ack("made up");
  subscriber.subscribe("b");
  const { names } = await subscriber.next();
  assert.equal(names.includes("b"), true);
  // In the state of the world a request for more names answers the last response as well.
  assert.equal(server.clients()[0]!.types[type]!.versionAcked === undefined, way.delta);
});
