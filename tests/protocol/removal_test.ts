/** Resources that go, that are not there yet, and that come again, while a client asks for them. */
import assert from "node:assert/strict";
import type { SnapshotType } from "../../src/xds/mod.ts";
import { WAYS } from "./subscriber.ts";
import { everywhere } from "./world.ts";

const SOTW = WAYS.filter(({ delta }) => !delta);
const DELTA = WAYS.filter(({ delta }) => delta);
const WHOLE: readonly SnapshotType[] = ["cluster", "listener"];
const NAMED: readonly SnapshotType[] = ["endpoint", "route", "secret"];

everywhere(
  "what is removed is named, and sent when it comes again, though nobody asks again",
  async (scene) => {
    const { show, subscriber: arrive } = scene;
    show({ a: 1, b: 1 });
    const subscriber = arrive();
    subscriber.subscribe("a", "b");
    await subscriber.next();
    subscriber.ack();
    show({ a: 1 });
    const gone = await subscriber.next();
    assert.deepEqual([gone.names, gone.removed], [[], ["b"]]);
    subscriber.ack();
    show({ a: 1, b: 1 });
    assert.deepEqual((await subscriber.next()).names, ["b"], "as it was before, but the client has dropped it");
  },
  undefined,
  DELTA,
);

everywhere(
  "what is asked for and not there is named at once, and sent when it comes to be",
  async (scene) => {
    const { show, subscriber: arrive } = scene;
    show({ a: 1 });
    const subscriber = arrive();
    subscriber.subscribe("a", "x");
    const first = await subscriber.next();
    assert.deepEqual([first.names, first.removed], [["a"], ["x"]]);
    show({ a: 1, x: 1 });
    assert.deepEqual((await subscriber.next()).names, ["x"]);
  },
  undefined,
  DELTA,
);

everywhere(
  "what is removed is absent from the whole; the last one leaves an empty response",
  async (scene) => {
    const { show, subscriber: arrive } = scene;
    show({ a: 1, b: 1, other: 1 });
    const subscriber = arrive();
    subscriber.subscribe("a", "b");
    await subscriber.next();
    subscriber.ack();
    show({ a: 1, other: 1 });
    assert.deepEqual((await subscriber.next()).names, ["a"]);
    subscriber.ack();
    show({ other: 1 });
    assert.deepEqual((await subscriber.next()).names, []);
    subscriber.ack();
    show({ b: 1, other: 1 });
    assert.deepEqual((await subscriber.next()).names, ["b"]);
  },
  WHOLE,
  SOTW,
);

everywhere(
  "a removal says nothing, as absence means nothing; what comes again is sent",
  async (scene) => {
    const { show, subscriber: arrive } = scene;
    show({ a: 1, b: 1 });
    const subscriber = arrive();
    subscriber.subscribe("a", "b", "x");
    assert.deepEqual((await subscriber.next()).names, ["a", "b"]);
    subscriber.ack();
    show({ a: 1 });
    show({ a: 1, b: 2 });
    assert.deepEqual((await subscriber.next()).names, ["b"]);
    show({ a: 1, b: 2, x: 1 });
    assert.deepEqual((await subscriber.next()).names, ["x"]);
  },
  NAMED,
  SOTW,
);

everywhere("what is asked for anew is sent although it did not change", async ({ whole, show, subscriber: arrive }) => {
  show({ a: 1, b: 1 });
  const subscriber = arrive();
  subscriber.subscribe("a");
  await subscriber.next();
  subscriber.ack();
  subscriber.unsubscribe("a");
  subscriber.subscribe("b");
  const { names } = await subscriber.next();
  // A client that asks for whole sets is told first that nothing is left of what it dropped.
  const second = whole && names.length === 0 ? (await subscriber.next()).names : names;
  assert.deepEqual(second, ["b"]);
  subscriber.ack();
  subscriber.subscribe("a");
  assert.deepEqual((await subscriber.next()).names, whole ? ["a", "b"] : ["a"]);
});
