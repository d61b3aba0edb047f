/** Clients from outside that are written in Go: gRPC's own xDS client, and that of go-control-plane. */
import assert from "node:assert/strict";
import { TYPE_URL } from "../../src/envoy/mod.ts";
import { cluster, snapshot } from "../../src/xds/test_snapshot.ts";
import { waitFor } from "../envoy/harness.ts";
import { goProgram, NO_GO } from "./go_programs.ts";
import {
  bootstrapOf,
  METHOD,
  PROXYLESS_ROLE,
  serveProxyless,
  SERVICE,
  shop,
  startProcess,
  startShop,
} from "./proxyless.ts";

/** Ignored where Go or its modules are missing. */
function test(name: string, play: () => Promise<void>): void {
  Deno.test({ name: NO_GO === undefined ? name : `${name} (${NO_GO})`, ignore: NO_GO !== undefined, fn: play });
}

test("grpc-go follows endpoints, routes and the end of a cluster without an error", async () => {
  const program = await goProgram("grpc_xds");
  const [one, two, three] = [await startShop("one"), await startShop("two"), await startShop("three")];
  const { cache, server } = await serveProxyless();
  cache.setSnapshot(PROXYLESS_ROLE, shop({ a: one.port }));
  const env = { GRPC_XDS_BOOTSTRAP_CONFIG: bootstrapOf(server.address) };
  const client = startProcess(program, [SERVICE, METHOD], env);
  const clusters = () => server.clients()[0]!.types.cluster!.names;
  try {
    // It writes each answer that is new, and an error where a call fails.
    assert.equal(await client.line(), "one");
    assert.match(server.clients()[0]!.userAgent, /^gRPC Go 1\./i);
    cache.setSnapshot(PROXYLESS_ROLE, shop({ a: two.port }));
    assert.equal(await client.line(), "two");
    cache.setSnapshot(PROXYLESS_ROLE, shop({ b: three.port, a: two.port }));
    assert.equal(await client.line(), "three");
    await waitFor("the first cluster to be let go", () => clusters() === 1);
    cache.setSnapshot(PROXYLESS_ROLE, shop({ b: three.port }));
    cache.setSnapshot(PROXYLESS_ROLE, shop({ b: one.port }));
    assert.equal(await client.line(), "one");
    cache.setSnapshot(PROXYLESS_ROLE, shop({ c: two.port }));
    assert.equal(await client.line(), "two", "the route and the cluster in one step");
    const { types } = server.clients()[0]!;
    assert.deepEqual(Object.keys(types).sort(), ["cluster", "endpoint", "listener", "route"]);
    for (const { lastNack } of Object.values(types)) assert.equal(lastNack, undefined);
  } finally {
    await client.stop();
    await server.close(1_000);
    for (const each of [one, two, three]) each.stop();
  }
});

test("go-control-plane's client fetches, accepts and refuses", async () => {
  const program = await goProgram("sotw_client");
  const { cache, server } = await serveProxyless();
  const show = (...names: string[]) =>
    void cache.setSnapshot(PROXYLESS_ROLE, snapshot(...names.map((name) => cluster(name))));
  show("a", "b");
  const client = startProcess(program, [server.address, PROXYLESS_ROLE, TYPE_URL.cluster]);
  const told = () => server.clients()[0]!.types.cluster!;
  try {
    await client.say("fetch");
    assert.equal(await client.line(), "a b");
    await client.say("ack");
    const first = await waitFor("the ACK", () => told().versionAcked);
    show("a", "b", "c");
    await client.say("fetch");
    assert.equal(await client.line(), "a b c");
    await client.say("nack c: it does not please");
    const { detail, resources } = await waitFor("the NACK", () => told().lastNack);
    assert.equal(detail, "c: it does not please");
    assert.deepEqual(resources.map(({ name }) => name), ["c"]);
    assert.equal(told().versionAcked, first);
    show("a", "d");
    await client.say("fetch");
    assert.equal(await client.line(), "a b d", "b goes when d is ready; c was refused");
    await client.say("ack");
    await client.say("fetch");
    assert.equal(await client.line(), "a d");
  } finally {
    await client.stop();
    await server.close(1_000);
  }
});
