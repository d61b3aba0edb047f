/** The xDS server, asked by a gRPC client in this process. */
import assert from "node:assert/strict";
import { status } from "@grpc/grpc-js";
import { decode, TYPE_URL } from "../../src/envoy/mod.ts";
import { startXdsServer, type XdsServer, type XdsServerOptions } from "../../src/server/mod.ts";
import { createLogger, createMetrics, type Metrics, systemClock } from "../../src/telemetry/mod.ts";
import { SERVICE_TYPES, XdsCache } from "../../src/xds/mod.ts";
import { cluster, endpoints, host, listener, route, secret, snapshot } from "../../src/xds/test_snapshot.ts";
import { TEST_SOCKET } from "../../scripts/test_sets.ts";
import { waitFor } from "../envoy/harness.ts";
import { ask, connect, type DeltaResponse, names, node, SERVICE_OF, type TestClient } from "./xds_client.ts";

const ROLE = "ns~proxy";
const ALL = snapshot(
  { ...cluster("a"), refs: { endpoints: ["a"], secrets: ["s"] } },
  endpoints("a", 1),
  listener("l", 80),
  route("l", host("l/x", "a")),
  secret("s"),
  secret("not-mine"),
);
/** Names of route configurations that stay inline, as Settings have them. */
const inline: string[] = [];
const NAMES = { cluster: [], endpoint: ["a"], listener: [], route: ["l"], secret: ["s"] };
const FOUND = { cluster: ["a"], endpoint: ["a"], listener: ["l"], route: ["l"], secret: ["s"] };

interface Scene {
  readonly cache: XdsCache;
  readonly server: XdsServer;
  readonly client: TestClient;
  readonly metrics: Metrics;
  readonly lines: string[];
}

/** A test with a server and a client that are closed afterwards. */
function test(name: string, play: (scene: Scene) => Promise<void>, options: Partial<XdsServerOptions> = {}): void {
  Deno.test(name, async () => {
    const cache = new XdsCache();
    const metrics = await createMetrics();
    const lines: string[] = [];
    const write = (line: string) => void lines.push(line);
    const logger = createLogger({ format: "text", level: "info", clock: systemClock, write });
    const server = await startXdsServer({
      address: "127.0.0.1:0",
      cache,
      clock: systemClock,
      logger,
      metrics,
      ...options,
    });
    const client = connect(server.address);
    try {
      await play({ cache, server, client, metrics, lines });
    } finally {
      await client.close();
      await server.close(1_000);
    }
  });
}

test("ADS, state of the world: answers, ACK, change, NACK, and what the client table says", async (scene) => {
  const { cache, server, client, metrics, lines } = scene;
  cache.setSnapshot(ROLE, ALL);
  const stream = client.stream();
  stream.send(ask("cluster", [], { node: node(ROLE) }));
  const first = await stream.response(1);
  assert.equal(first.typeUrl, TYPE_URL.cluster);
  assert.deepEqual(names(first), ["a"]);
  stream.send(ask("cluster", [], { versionInfo: first.versionInfo, responseNonce: first.nonce }));
  await waitFor("the ACK", () => server.clients()[0]!.types.cluster!.versionAcked === first.versionInfo);
  cache.setSnapshot(ROLE, { ...ALL, clusters: new Map([...ALL.clusters, ["b", cluster("b")]]) });
  const second = await stream.response(2);
  assert.deepEqual(names(second), ["a", "b"]);
  stream.send(ask("cluster", [], { responseNonce: second.nonce, errorDetail: { code: 3, message: "b: no" } }));
  await waitFor("the NACK", () => server.clients()[0]!.types.cluster!.lastNack !== undefined);
  const { types, ...info } = server.clients()[0]!;
  assert.equal(info.nodeId, "test-client");
  assert.equal(info.role, ROLE);
  assert.equal(info.known, true);
  assert.equal(info.variant, "sotw");
  assert.equal(info.service, "ads");
  assert.equal(types.cluster!.versionSent, second.versionInfo);
  assert.equal(types.cluster!.lastNack!.detail, "b: no");
  assert.equal(types.cluster!.lastNack!.resources[0]!.name, "b");
  assert.equal(lines.some((line) => line.includes("refused") && line.includes(ROLE) && line.includes('"b"')), true);
  assert.match(await metrics.text(), /sluice_xds_nacks_total{type="cluster",role="ns~proxy"} 1/);
  stream.send(ask("listener"));
  await stream.response(3);
  assert.equal(stream.responses.length, 3, "the refused clusters were sent again");
});

test("ADS, delta: answers, only the change, unknown names", async ({ cache, client }) => {
  cache.setSnapshot(ROLE, ALL);
  const stream = client.delta();
  stream.send({ node: node(ROLE), typeUrl: TYPE_URL.cluster });
  const first = await stream.response(1);
  assert.deepEqual(names(first), ["a"]);
  assert.equal(first.resources![0]!.version, ALL.clusters.get("a")!.version);
  stream.send({ typeUrl: TYPE_URL.endpoint, resourceNamesSubscribe: ["a", "z"] });
  const second = await stream.response(2);
  assert.deepEqual(names(second), ["a"]);
  assert.deepEqual(second.removedResources, ["z"]);
  cache.setSnapshot(ROLE, { ...ALL, clusters: new Map([...ALL.clusters, ["b", cluster("b")]]) });
  assert.deepEqual(names(await stream.response(3)), ["b"]);
});

for (const type of SERVICE_TYPES) {
  test(`${type}: its own service answers streams and Fetch; other types are refused`, async ({ cache, client }) => {
    cache.setSnapshot(ROLE, ALL);
    const stream = client.stream(SERVICE_OF[type]);
    stream.send({ node: node(ROLE), resourceNames: NAMES[type] });
    assert.deepEqual(names(await stream.response(1)), FOUND[type]);
    const delta = client.delta(SERVICE_OF[type]);
    delta.send({ node: node(ROLE), resourceNamesSubscribe: NAMES[type] });
    assert.deepEqual(names(await delta.response(1)), FOUND[type]);
    const fetched = await client.fetch(type, { node: node(ROLE), resourceNames: NAMES[type] });
    assert.deepEqual(names(fetched), FOUND[type]);
    assert.equal(fetched.versionInfo, stream.responses[0]!.versionInfo);
    const wrong = client.stream(SERVICE_OF[type]);
    wrong.send({ node: node(ROLE), typeUrl: "type.googleapis.com/envoy.service.runtime.v3.Runtime" });
    assert.equal((await wrong.ended)?.code, status.INVALID_ARGUMENT);
  });
}

test("virtual hosts come apart to Envoys on delta ADS alone, as Settings were when the stream began", async (scene) => {
  const { cache, server, client } = scene;
  cache.setSnapshot(ROLE, ALL);
  const asked = { typeUrl: TYPE_URL.route, resourceNamesSubscribe: ["l"] };
  const hostsOf = ({ resources }: DeltaResponse) => {
    const { virtualHosts = [] } = decode("envoy.config.route.v3.RouteConfiguration", resources![0]!.resource!.value!);
    return virtualHosts.map(({ name }) => name);
  };
  const apart = client.delta();
  apart.send({ ...asked, node: node(ROLE) });
  assert.deepEqual(hostsOf(await apart.response(1)), []);
  const noEnvoy = client.delta();
  noEnvoy.send({ ...asked, node: { ...node(ROLE), userAgentName: "gRPC Node Pure JS" } });
  assert.deepEqual(hostsOf(await noEnvoy.response(1)), ["l/x"]);
  const single = client.delta(SERVICE_OF.route);
  single.send({ ...asked, node: node(ROLE) });
  assert.deepEqual(hostsOf(await single.response(1)), ["l/x"]);
  inline.push("l");
  const later = client.delta();
  later.send({ ...asked, node: node(ROLE) });
  assert.deepEqual(hostsOf(await later.response(1)), ["l/x"]);
  apart.send({ typeUrl: TYPE_URL.virtualHost });
  assert.deepEqual(names(await apart.response(2)), ["l/x"], "a stream keeps to the form that it began with");
  assert.equal(server.clients()[0]!.types.virtualHost!.names, undefined);
}, { inlineRouteConfigurations: () => [...inline] });

test("secrets that the client's snapshot does not refer to are given to nobody", async ({ cache, client }) => {
  cache.setSnapshot(ROLE, ALL);
  cache.setSnapshot("ns~other", snapshot({ ...cluster("o"), refs: { secrets: ["not-mine"] } }, secret("not-mine")));
  const asked = { node: node(ROLE), resourceNames: ["s", "not-mine"] };
  assert.deepEqual(names(await client.fetch("secret", asked)), ["s"]);
  assert.deepEqual(names(await client.fetch("secret", { ...asked, resourceNames: ["*"] })), ["s"]);
  const delta = client.delta();
  delta.send({ node: node(ROLE), typeUrl: TYPE_URL.secret, resourceNamesSubscribe: ["s", "not-mine"] });
  const response = await delta.response(1);
  assert.deepEqual([names(response), response.removedResources], [["s"], ["not-mine"]]);
});

test("a role that nobody knows gets no answer until the roles are known, then the fallback", async (scene) => {
  const { cache, server, client, lines } = scene;
  const stream = client.stream();
  stream.send(ask("listener", [], { node: node("ns~typo") }));
  await waitFor("the client", () => server.clients().length === 1);
  await assert.rejects(client.fetch("listener", { node: node("ns~typo") }), { code: status.UNAVAILABLE });
  assert.equal(stream.responses.length, 0);
  cache.setSnapshot(ROLE, ALL);
  cache.openFallback();
  assert.deepEqual(names(await stream.response(1)), ["listener-for-invalid-envoy"]);
  assert.equal(server.clients()[0]!.known, false);
  const withoutRole = client.stream();
  withoutRole.send(ask("listener", [], { node: node(undefined) }));
  const response = await withoutRole.response(1);
  assert.equal(new TextDecoder().decode(response.resources![0]!.value).includes(ROLE), false);
  assert.equal(lines.some((line) => line.includes("role that has no proxy") && line.includes(ROLE)), true);
  cache.setSnapshot("ns~typo", ALL);
  assert.deepEqual(names(await stream.response(2)), ["l"]);
});

test("requests that make no sense end their stream and nothing else", async ({ cache, client }) => {
  cache.setSnapshot(ROLE, ALL);
  const good = client.stream();
  good.send(ask("cluster", [], { node: node(ROLE) }));
  await good.response(1);
  const nameless = client.stream();
  nameless.send(ask("cluster"));
  assert.equal((await nameless.ended)?.code, status.INVALID_ARGUMENT);
  const typeless = client.stream();
  typeless.send({ node: node(ROLE) });
  assert.equal((await typeless.ended)?.code, status.INVALID_ARGUMENT);
  good.send(ask("constructor" as never, ["__proto__"], { typeUrl: "constructor" }));
  good.send(ask("endpoint", ["a", "__proto__", ""]));
  assert.deepEqual(names(await good.response(2)), ["a"]);
});

test("a client that goes is forgotten", async ({ cache, server, client, metrics }) => {
  cache.setSnapshot(ROLE, ALL);
  const stream = client.stream();
  stream.send(ask("cluster", [], { node: node(ROLE) }));
  await stream.response(1);
  stream.cancel();
  await waitFor("the end", () => server.clients().length === 0);
  assert.match(await metrics.text(), /sluice_xds_streams 0/);
});

test("a client that does not read gets the newest state when it reads again, not all of them", async (scene) => {
  const { cache, server, client } = scene;
  const big = (round: number) =>
    snapshot(...Array.from({ length: 300 }, (_, index) =>
      cluster(`c${index}`, {
        type: "STATIC",
        altStatName: `${round}-`.padEnd(3_000, "x"),
      })));
  cache.setSnapshot(ROLE, big(0));
  const stream = client.stream();
  stream.send(ask("cluster", [], { node: node(ROLE) }));
  await stream.response(1);
  stream.pause();
  const otherClient = connect(server.address);
  otherClient.delta();
  for (let round = 1; round <= 40; round++) {
    cache.setSnapshot(ROLE, big(round));
    await new Promise((resolve) => setImmediate(resolve));
  }
  await otherClient.close();
  const last = server.clients().find(({ variant }) => variant === "sotw")!;
  stream.resume();
  const newest = await waitFor("the newest state", () => {
    const response = stream.responses.at(-1)!;
    const text = new TextDecoder().decode(response.resources![0]!.value);
    return text.includes("40-x") && response;
  });
  assert.ok(newest);
  assert.ok(stream.responses.length < 30, `${stream.responses.length} responses for 40 changes`);
  assert.ok(last);
});

test("a unix socket is served, for owner and group only, and a socket left behind is replaced", async ({ cache }) => {
  const start = async () =>
    await startXdsServer({
      address: `unix:${TEST_SOCKET}`,
      cache,
      clock: systemClock,
      logger: createLogger({ format: "text", level: "error", clock: systemClock, write: () => {} }),
      metrics: await createMetrics(),
    });
  // A socket file that nobody listens on: what a killed server leaves.
  const left = Deno.listen({ transport: "unix", path: TEST_SOCKET });
  Deno.renameSync(TEST_SOCKET, `${TEST_SOCKET}.left`);
  left.close();
  Deno.renameSync(`${TEST_SOCKET}.left`, TEST_SOCKET);
  assert.equal(Deno.statSync(TEST_SOCKET).isSocket, true);
  const server = await start();
  const client = connect(server.address);
  try {
    cache.setSnapshot(ROLE, ALL);
    assert.equal(server.address, `unix:${TEST_SOCKET}`);
    assert.equal(Deno.statSync(TEST_SOCKET).mode! & 0o777, 0o660);
    assert.deepEqual(names(await client.fetch("cluster", { node: node(ROLE) })), ["a"]);
    await assert.rejects(start(), /EADDRINUSE/);
  } finally {
    await client.close();
    await server.close(1_000);
  }
});

Deno.test("addresses that others can reach are not served without client certificates", async () => {
  const options = {
    cache: new XdsCache(),
    clock: systemClock,
    logger: createLogger({ format: "text", level: "error", clock: systemClock, write: () => {} }),
    metrics: await createMetrics(),
  };
  await assert.rejects(startXdsServer({ ...options, address: "0.0.0.0:0" }), /client certificates/);
  await assert.rejects(startXdsServer({ ...options, address: ":0" }), /client certificates/);
  await assert.rejects(startXdsServer({ ...options, address: "here" }), /HOST:PORT/);
});

test("types that Sluice does not serve share one label of the metrics", async ({ cache, client, server, metrics }) => {
  cache.setSnapshot(ROLE, ALL);
  const stream = client.delta();
  const typeUrl = "type.googleapis.com/made.up.Type";
  stream.send({ node: node(ROLE), typeUrl, resourceNamesSubscribe: ["x"] });
  const { nonce } = await stream.response(1);
  stream.send({ typeUrl, responseNonce: nonce, errorDetail: { code: 3, message: "no" } });
  await waitFor("the NACK", () => server.clients()[0]!.types[typeUrl]?.lastNack !== undefined);
  assert.match(await metrics.text(), /sluice_xds_nacks_total{type="other",role="ns~proxy"} 1/);
  assert.equal((await metrics.text()).includes("made.up"), false);
});

test("secrets in what a client says are hidden before that is logged", async ({ cache, server, client, lines }) => {
  cache.setSnapshot(ROLE, ALL);
  const stream = client.stream();
  stream.send(ask("cluster", [], { node: node(ROLE) }));
  const { versionInfo, nonce } = await stream.response(1);
  const errorDetail = { code: 3, message: "no header value may be hunter2" };
  stream.send(ask("cluster", [], { versionInfo, responseNonce: nonce, errorDetail }));
  await waitFor("the NACK", () => server.clients()[0]!.types.cluster!.lastNack !== undefined);
  assert.ok(lines.some((line) => line.includes("no header value may be [hidden]")), lines.join("\n"));
  assert.ok(!lines.some((line) => line.includes("hunter2")));
}, { hide: (text) => text.replace("hunter2", "[hidden]") });
