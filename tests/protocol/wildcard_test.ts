/** Everything there is (`*`, or no name at first), names, and both together. */
import assert from "node:assert/strict";
import type { SnapshotType } from "../../src/xds/mod.ts";
import { WAYS } from "./subscriber.ts";
import { everywhere } from "./world.ts";

const SOTW = WAYS.filter(({ delta }) => !delta);
const DELTA = WAYS.filter(({ delta }) => delta);
/** Types of which a first request without names asks for everything. */
const UNNAMED: readonly SnapshotType[] = ["cluster", "listener"];
const NAMED: readonly SnapshotType[] = ["endpoint", "route", "secret"];

everywhere(
  "no name at first is everything, and what comes to be; once a name was said, no name is nothing",
  async (scene) => {
    const { show, asked, subscriber: arrive } = scene;
    show({ a: 1, b: 1 });
    const subscriber = arrive();
    subscriber.subscribe();
    assert.deepEqual((await subscriber.next()).names, ["a", "b"]);
    subscriber.ack();
    show({ a: 1, b: 1, c: 1 });
    assert.deepEqual((await subscriber.next()).names, ["a", "b", "c"]);
    subscriber.subscribe("a");
    assert.deepEqual((await subscriber.next()).names, ["a"]);
    subscriber.unsubscribe("a");
    await asked(0);
    show({ a: 2, b: 2, c: 2 });
    subscriber.subscribe("b");
    assert.deepEqual((await subscriber.next()).names, ["b"]);
  },
  UNNAMED,
  SOTW,
);

everywhere(
  "`*` beside a name is everything; without it the name is left",
  async ({ show, asked, subscriber: arrive }) => {
    show({ a: 1, b: 1 });
    const subscriber = arrive();
    subscriber.subscribe("a");
    assert.deepEqual((await subscriber.next()).names, ["a"]);
    subscriber.subscribe("*");
    assert.deepEqual((await subscriber.next()).names, ["a", "b"]);
    subscriber.ack();
    subscriber.unsubscribe("*");
    await asked(1);
    show({ a: 1, b: 2 });
    show({ a: 2, b: 2 });
    assert.deepEqual((await subscriber.next()).names, ["a"]);
  },
  UNNAMED,
  SOTW,
);

everywhere(
  "no name at first is everything, then only what changes and what comes to be",
  async (scene) => {
    const { show, subscriber: arrive } = scene;
    show({ a: 1, b: 1 });
    const subscriber = arrive();
    subscriber.subscribe();
    assert.deepEqual((await subscriber.next()).names, ["a", "b"]);
    show({ a: 1, b: 2, c: 1 });
    assert.deepEqual((await subscriber.next()).names, ["b", "c"]);
    subscriber.ack();
    show({ a: 1, c: 1 });
    assert.deepEqual((await subscriber.next()).removed, ["b"]);
  },
  UNNAMED,
  DELTA,
);

everywhere(
  "a wildcard client that has nothing hears at once that there is nothing",
  async ({ show, subscriber: arrive }) => {
    show({});
    const subscriber = arrive();
    subscriber.subscribe();
    const { names, removed } = await subscriber.next();
    assert.deepEqual([names, removed], [[], []]);
    show({ a: 1 });
    assert.deepEqual((await subscriber.next()).names, ["a"]);
  },
  UNNAMED,
);

everywhere(
  "`*` can be asked for aloud, and beside names that there are not",
  async ({ show, subscriber: arrive }) => {
    show({ a: 1 });
    const subscriber = arrive();
    subscriber.subscribe("*", "x");
    const first = await subscriber.next();
    assert.deepEqual([first.names, first.removed], [["a"], ["x"]]);
    show({ a: 1, x: 1, b: 1 });
    assert.deepEqual((await subscriber.next()).names, ["b", "x"]);
  },
  undefined,
  DELTA,
);

everywhere(
  "`*` is taken back and names are left; asked for again, all comes again",
  async ({ show, asked, subscriber: arrive }) => {
    show({ a: 1, b: 1 });
    const subscriber = arrive();
    subscriber.subscribe("*", "a");
    assert.deepEqual((await subscriber.next()).names, ["a", "b"]);
    subscriber.unsubscribe("*");
    await asked(1);
    show({ a: 1, b: 2 });
    show({ a: 2, b: 2 });
    assert.deepEqual((await subscriber.next()).names, ["a"]);
    subscriber.subscribe("*");
    assert.deepEqual((await subscriber.next()).names, ["a", "b"]);
  },
  undefined,
  DELTA,
);

everywhere(
  "a name that the wildcard covers too is answered when it is unsubscribed, there or not",
  async (scene) => {
    const { show, subscriber: arrive } = scene;
    show({ a: 1, b: 1 });
    const subscriber = arrive();
    subscriber.subscribe("*", "a", "x");
    assert.deepEqual((await subscriber.next()).names, ["a", "b"]);
    subscriber.unsubscribe("a");
    const covered = await subscriber.next();
    assert.deepEqual([covered.names, covered.removed], [["a"], []]);
    subscriber.unsubscribe("x");
    const missing = await subscriber.next();
    assert.deepEqual([missing.names, missing.removed], [[], ["x"]]);
    show({ a: 2, b: 1 });
    assert.deepEqual((await subscriber.next()).names, ["a"], "the wildcard goes on");
  },
  undefined,
  DELTA,
);

everywhere(
  "names to unsubscribe that were never asked for are passed over",
  async ({ show, subscriber: arrive }) => {
    show({ a: 1, b: 1 });
    const subscriber = arrive();
    subscriber.subscribe("a");
    await subscriber.next();
    subscriber.unsubscribe("b", "x");
    subscriber.subscribe("b");
    const { names, removed } = await subscriber.next();
    assert.deepEqual([names, removed], [["b"], []]);
  },
  undefined,
  DELTA,
);

everywhere(
  "for types that are asked for by name, no name at first asks for nothing",
  async ({ show, subscriber: arrive }) => {
    show({ a: 1 });
    const subscriber = arrive();
    subscriber.subscribe();
    show({ a: 2 });
    subscriber.subscribe("a");
    assert.deepEqual((await subscriber.next()).names, ["a"]);
  },
  NAMED,
);
