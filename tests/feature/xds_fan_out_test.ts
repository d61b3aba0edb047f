/** One edit and many streams: what is worked out and encoded does not grow with the streams, and none is passed over. */
import assert from "node:assert/strict";
import { TYPE_URL } from "../../src/envoy/mod.ts";
import { startXdsServer } from "../../src/server/mod.ts";
import { createMetrics, silentLogger, systemClock } from "../../src/telemetry/mod.ts";
import { XdsCache } from "../../src/xds/mod.ts";
import { cluster, host, route, snapshot } from "../../src/xds/test_snapshot.ts";
import { waitFor } from "../envoy/harness.ts";
import { ask, connect, names, node, type TestClient } from "./xds_client.ts";

const ROLE = "ns~proxy";
const HOSTS = 300;
const CLIENTS = 40;

/** Each client with a connection of its own. */
async function stage(
  play: (scene: {
    edit(round: number): void;
    clients: TestClient[];
    metric(name: string): Promise<number>;
  }) => Promise<void>,
): Promise<void> {
  const cache = new XdsCache();
  const metrics = await createMetrics();
  const hosts = Array.from({ length: HOSTS }, (_, index) => host(`l/host-${index}`, "a"));
  const edit = (round: number) => {
    const edited = hosts.with(0, host("l/host-0", "a", ["host-0"], `/${round}!`));
    cache.setSnapshot(ROLE, snapshot(cluster("a"), route("l", ...edited)));
  };
  edit(0);
  const server = await startXdsServer({
    address: "127.0.0.1:0",
    cache,
    clock: systemClock,
    logger: silentLogger,
    metrics,
  });
  const clients = Array.from({ length: CLIENTS }, () => connect(server.address));
  const metric = async (name: string) => {
    const lines = (await metrics.text()).split("\n").filter((line) => line.startsWith(name));
    return lines.reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(" ") + 1)), 0);
  };
  try {
    await play({ edit, clients, metric });
  } finally {
    for (const client of clients) await client.close();
    await server.close(1_000);
  }
}

Deno.test("delta: one edit of one host is encoded once and sent to every stream, and nothing else is", () =>
  stage(async ({ edit, clients, metric }) => {
    const streams = clients.map((client) => client.delta());
    for (const stream of streams) {
      stream.send({ node: node(ROLE), typeUrl: TYPE_URL.route, resourceNamesSubscribe: ["l"] });
      stream.send({ typeUrl: TYPE_URL.virtualHost });
    }
    for (const stream of streams) assert.equal(names(await stream.response(2)).length, HOSTS);
    const before = [await metric("sluice_xds_encoded_bytes_total"), await metric("sluice_xds_sent_bytes_total")];
    edit(1);
    for (const stream of streams) assert.deepEqual(names(await stream.response(3)), ["l/host-0"]);
    const encoded = await metric("sluice_xds_encoded_bytes_total") - before[0]!;
    assert.equal(await metric("sluice_xds_sent_bytes_total") - before[1]!, CLIENTS * encoded);
    assert.equal(encoded < 500, true, `${encoded} bytes`);
  }));

Deno.test("state of the world: the whole is encoded once for all streams that wait for it, and each gets it", () =>
  stage(async ({ edit, clients, metric }) => {
    const streams = clients.map((client) => client.stream());
    for (const stream of streams) stream.send(ask("route", ["l"], { node: node(ROLE) }));
    for (const stream of streams) await stream.response(1);
    const before = await metric("sluice_xds_encoded_bytes_total");
    edit(1);
    const sizes = new Set<number>();
    for (const stream of streams) sizes.add((await stream.response(2)).resources![0]!.value!.length);
    const [size] = sizes;
    assert.equal(sizes.size, 1);
    const encoded = await metric("sluice_xds_encoded_bytes_total") - before;
    assert.equal(encoded < 2 * size!, true, `${encoded} bytes were encoded for ${size}`);
  }));

Deno.test("a client that does not read keeps nobody else from the newest state, and gets it when it reads", () =>
  stage(async ({ edit, clients }) => {
    const streams = clients.map((client) => client.stream());
    for (const stream of streams) stream.send(ask("route", ["l"], { node: node(ROLE) }));
    for (const stream of streams) await stream.response(1);
    const [sleeper, ...others] = streams;
    sleeper!.pause();
    const text = (stream: typeof sleeper) => new TextDecoder().decode(stream!.responses.at(-1)!.resources![0]!.value);
    for (let round = 1; round <= 20; round++) {
      edit(round);
      await waitFor(`round ${round} at all others`, () => others.every((other) => text(other).includes(`/${round}!`)));
    }
    sleeper!.resume();
    await waitFor("the newest state", () => text(sleeper).includes("/20!"));
  }));
