/** Virtual hosts one by one, over gRPC: to Envoys on delta ADS, and to nobody else. */
import assert from "node:assert/strict";
import { status } from "@grpc/grpc-js";
import { TYPE_URL } from "../../src/envoy/mod.ts";
import { XdsCache, xdsTypeOf } from "../../src/xds/mod.ts";
import { cluster, endpoints, host, route, snapshot } from "../../src/xds/test_snapshot.ts";
import { waitFor } from "../envoy/harness.ts";
import { ask, connect, type DeltaResponse, names, node, type TestClient } from "../feature/xds_client.ts";
import { TEST_ROLE } from "./subscriber.ts";
import { serve } from "./world.ts";

type Host = ReturnType<typeof host>;
type Versions = Record<string, string>;

/** An Envoy's stream that asks for route configuration l and for virtual hosts. */
function follow(client: TestClient, kept: { route?: Versions; virtualHost?: Versions } = {}) {
  const stream = client.delta();
  let heard = 0;
  const last = (type: "route" | "virtualHost") =>
    stream.responses.findLast(({ typeUrl }) => typeUrl === TYPE_URL[type]) as DeltaResponse;
  stream.send({
    typeUrl: TYPE_URL.route,
    node: node(TEST_ROLE),
    resourceNamesSubscribe: ["l"],
    initialResourceVersions: kept.route,
  });
  stream.send({ typeUrl: TYPE_URL.virtualHost, initialResourceVersions: kept.virtualHost });
  return {
    async next(): Promise<string> {
      const response = await stream.response(++heard);
      const removed = (response.removedResources ?? []).map((name) => `-${name}`);
      return [xdsTypeOf(response.typeUrl!), ...names(response), ...removed].join(" ");
    },
    /** Versions in the last response of the type. */
    versions: (type: "route" | "virtualHost"): Versions =>
      Object.fromEntries(last(type).resources!.map(({ name, version }) => [name!, version!])),
    nack: (message: string) =>
      stream.send({
        typeUrl: TYPE_URL.virtualHost,
        responseNonce: last("virtualHost").nonce,
        errorDetail: { code: 3, message },
      }),
    ack: () => stream.send({ typeUrl: TYPE_URL.virtualHost, responseNonce: last("virtualHost").nonce }),
    cancel: stream.cancel,
  };
}

function test(name: string, play: (client: TestClient, show: (...hosts: Host[]) => void) => Promise<void>): void {
  Deno.test(`VHDS: ${name}`, async () => {
    const cache = new XdsCache();
    const server = await serve(cache);
    const client = connect(server.address);
    try {
      const show = (...hosts: Host[]) =>
        void cache.setSnapshot(TEST_ROLE, snapshot(cluster("a"), endpoints("a", 1), route("l", ...hosts)));
      await play(client, show);
    } finally {
      await client.close();
      await server.close(1_000);
    }
  });
}

const [X, Y, Z] = [host("l/x", "a"), host("l/y", "a"), host("l/z", "a")];
const edited = (name: string, prefix: string) => host(name, "a", undefined, prefix);

test("hosts follow their route configuration; then each comes, changes and goes by itself", async (client, show) => {
  show(X, Y);
  const stream = follow(client);
  assert.equal(await stream.next(), "route l");
  assert.equal(await stream.next(), "virtualHost l/x l/y");
  show(edited("l/x", "/1"), Y);
  assert.equal(await stream.next(), "virtualHost l/x");
  show(edited("l/x", "/1"), Y, Z);
  assert.equal(await stream.next(), "virtualHost l/z");
  show(edited("l/x", "/1"), Z);
  assert.equal(await stream.next(), "virtualHost -l/y");
});

test("an Envoy that comes back is sent what changed meanwhile, and told what went", async (client, show) => {
  show(X, Y, Z);
  const before = follow(client);
  await before.next();
  await before.next();
  const kept = { route: before.versions("route"), virtualHost: before.versions("virtualHost") };
  before.cancel();
  show(X, edited("l/y", "/1"));
  assert.equal(await follow(client, kept).next(), "virtualHost l/y -l/z");
});

test(
  "a host is refused: those that came with it come again without it, and it when it is mended",
  async (client, show) => {
    show(X);
    const stream = follow(client);
    await stream.next();
    await stream.next();
    show(X, edited("l/y", "/bad"), Z);
    assert.equal(await stream.next(), "virtualHost l/y l/z");
    stream.nack("l/y: only a single wildcard domain is permitted");
    assert.equal(await stream.next(), "virtualHost l/z");
    stream.ack();
    assert.equal(await stream.next(), "virtualHost l/y", "without its route");
    stream.ack();
    assert.equal(await stream.next(), "virtualHost l/y", "closed");
    stream.ack();
    show(X, Y, Z);
    assert.equal(await stream.next(), "virtualHost l/y");
  },
);

test("in the state of the world there are none, and a service of their own there is not", async (client, show) => {
  show(X);
  const stream = client.stream();
  stream.send({ typeUrl: TYPE_URL.virtualHost, node: node(TEST_ROLE), resourceNames: ["l/x"] });
  stream.send(ask("route", ["l"]));
  await stream.response(1);
  assert.deepEqual(stream.responses.map(({ typeUrl }) => typeUrl), [TYPE_URL.route]);
  const own = client.delta("envoy.service.route.v3.VirtualHostDiscoveryService");
  own.send({ node: node(TEST_ROLE) });
  assert.equal((await own.ended)?.code, status.UNIMPLEMENTED);
  await waitFor("the other stream to go on", () => stream.responses.length === 1);
});
