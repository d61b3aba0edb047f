/** Secrets: who refers to one is given it, when it is there, and again when it is rotated. */
import assert from "node:assert/strict";
import { cluster, secret, snapshot } from "../../src/xds/test_snapshot.ts";
import type { XdsResource } from "../../src/xds/mod.ts";
import { TEST_ROLE } from "./subscriber.ts";
import { everywhere } from "./world.ts";

const user = (...secrets: string[]): XdsResource => ({ ...cluster("user", { type: "STATIC" }), refs: { secrets } });

everywhere("a secret is given when something refers to it, and each edition after that", async (scene) => {
  const { cache, way, asked, subscriber: arrive } = scene;
  const show = (...resources: XdsResource[]) => void cache.setSnapshot(TEST_ROLE, snapshot(...resources));
  show(secret("s"), secret("other"), user("other"));
  const subscriber = arrive();
  subscriber.subscribe("s");
  if (way.delta) assert.deepEqual((await subscriber.next()).removed, ["s"], "as if it were not there");
  await asked(1);
  show(secret("s"), secret("other"), user("s", "other"));
  assert.deepEqual((await subscriber.next()).names, ["s"]);
  subscriber.ack();
  show(secret("s"), secret("other", "rotated"), user("s", "other"));
  show(secret("s", "rotated"), secret("other", "rotated"), user("s", "other"));
  assert.deepEqual((await subscriber.next()).names, ["s"], "and not the other, which it did not ask for");
}, ["secret"]);

everywhere("a secret that nothing refers to any more is taken away", async (scene) => {
  const { cache, way, subscriber: arrive } = scene;
  const show = (...resources: XdsResource[]) => void cache.setSnapshot(TEST_ROLE, snapshot(...resources));
  show(secret("s"), user("s"));
  const subscriber = arrive();
  subscriber.subscribe("s");
  assert.deepEqual((await subscriber.next()).names, ["s"]);
  subscriber.ack();
  show(secret("s"), user());
  if (way.delta) assert.deepEqual((await subscriber.next()).removed, ["s"]);
  show(secret("s", "rotated"), user());
  show(secret("s", "rotated again"), user("s"));
  assert.deepEqual((await subscriber.next()).names, ["s"], "what it was meanwhile was told to nobody");
}, ["secret"]);

everywhere("the wildcard gives the secrets that are referred to, and no others", async (scene) => {
  const { cache, subscriber: arrive } = scene;
  cache.setSnapshot(TEST_ROLE, snapshot(secret("s"), secret("t"), secret("hidden"), user("s", "t")));
  const subscriber = arrive();
  subscriber.subscribe("*");
  assert.deepEqual((await subscriber.next()).names, ["s", "t"]);
}, ["secret"]);
