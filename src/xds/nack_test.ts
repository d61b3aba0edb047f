import assert from "node:assert/strict";
import { Exchange } from "./exchange.ts";
import { EMPTY_ENVOY_SNAPSHOT } from "./resource.ts";
import { endpoints, host, listener, route, snapshot } from "./test_snapshot.ts";
import { BASE, both, ROLE, settle } from "./test_stream.ts";

const ROUTE = route("l", host("l/x", "a"), host("l/y", "a"));

both("a refusal is put down to what it names; the same is not sent again with what comes later", (scene) => {
  const { cache, client } = scene;
  settle(scene);
  cache.setSnapshot(ROLE, snapshot(...BASE, listener("bad", 81), ROUTE));
  client.sent();
  client.refuse("listener", "Error adding/updating listener(s) bad: no");
  cache.setSnapshot(ROLE, snapshot(...BASE, listener("bad", 81), listener("good", 82), ROUTE));
  assert.deepEqual(client.sent(), [scene.delta ? "listener good" : "listener good l"]);
  assert.deepEqual(client.nacks.map(({ resources }) => resources.map(({ name }) => name)), [["bad"]]);
});

both("a name that is a part of another is not taken for it", (scene) => {
  const { cache, client } = scene;
  settle(scene);
  cache.setSnapshot(ROLE, snapshot(...BASE, listener("web", 81), listener("web-2", 82), ROUTE));
  client.sent();
  client.refuse("listener", "Error adding/updating listener(s) web-2: no");
  assert.deepEqual(client.nacks[0]!.resources.map(({ name }) => name), ["web-2"]);
});

Deno.test("of a client that answers nothing, only the newest responses are remembered", () => {
  const exchange = new Exchange();
  const response = (sequence: number) => ({
    sequence,
    version: `v${sequence}`,
    changed: [endpoints("a", sequence)],
    removed: [],
    shown: EMPTY_ENVOY_SNAPSHOT,
    aimed: EMPTY_ENVOY_SNAPSHOT,
  });
  exchange.sent(response(1));
  for (let sequence = 2; sequence <= 500; sequence++) exchange.sent(response(sequence));
  assert.deepEqual(exchange.answered("2", undefined), { accepted: [] });
  assert.equal(exchange.settled, false);
  const { accepted } = exchange.answered("500", undefined);
  assert.ok(accepted.length < 100, `${accepted.length} are remembered`);
  assert.equal(exchange.versionAcked, "v500");
  assert.equal(exchange.settled, true);
});
