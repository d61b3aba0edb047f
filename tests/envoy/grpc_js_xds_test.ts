/** A second kind of real xDS client: proxyless gRPC. It asks by name, listener first, and wants listeners with an api_listener. */
import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { fileURLToPath } from "node:url";
import { Server, ServerCredentials } from "@grpc/grpc-js";
import { any, encode } from "../../src/envoy/mod.ts";
import { startXdsServer } from "../../src/server/mod.ts";
import { createMetrics, silentLogger, systemClock } from "../../src/telemetry/mod.ts";
import { XdsCache, type XdsResource } from "../../src/xds/mod.ts";
import { cluster, host, resource, route, snapshot } from "../../src/xds/test_snapshot.ts";
import { waitFor } from "./harness.ts";

const ROLE = "ns~proxyless";
const SERVICE = "shop";
const bytes = (value: Buffer) => value;
const METHOD = { path: "/test.Shop/Name", requestStream: false, responseStream: false };

/** A gRPC server that answers every call with its name. */
async function startShop(name: string): Promise<{ port: number; stop(): void }> {
  const server = new Server();
  const definition = {
    ...METHOD,
    requestSerialize: bytes,
    requestDeserialize: bytes,
    responseSerialize: bytes,
    responseDeserialize: bytes,
  };
  server.addService({ name: definition }, {
    name: (_call: unknown, reply: (error: null, value: Buffer) => void) => reply(null, Buffer.from(name)),
  });
  const port = await new Promise<number>((resolve, reject) =>
    server.bindAsync(
      "127.0.0.1:0",
      ServerCredentials.createInsecure(),
      (error, port) => error ? reject(error) : resolve(port),
    )
  );
  return { port, stop: () => server.forceShutdown() };
}

function apiListener(): XdsResource {
  const httpConnection = any("envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager", {
    rds: { routeConfigName: "shop-routes", configSource: { ads: {}, resourceApiVersion: "V3" } },
    httpFilters: [{ name: "router", typedConfig: any("envoy.extensions.filters.http.router.v3.Router", {}) }],
  });
  const listener = { name: SERVICE, apiListener: { apiListener: httpConnection } };
  return resource("listener", SERVICE, encode("envoy.config.listener.v3.Listener", listener), {
    routes: ["shop-routes"],
  });
}

/** gRPC wants a locality with a weight. */
function endpoints(name: string, port: number): XdsResource {
  const address = { socketAddress: { address: "127.0.0.1", portValue: port } };
  const message = {
    clusterName: name,
    endpoints: [{
      locality: { region: "here" },
      loadBalancingWeight: { value: 1 },
      lbEndpoints: [{ endpoint: { address } }],
    }],
  };
  return resource("endpoint", name, encode("envoy.config.endpoint.v3.ClusterLoadAssignment", message));
}

/**
 * The client, in a process of its own: where client and server of one process part at the same time, nghttp2 in Deno 2.9
 * ends the process (an assertion of find_stream_on_goaway_func). After 20 s it ends, and gives no more answers.
 */
function startClient(address: string): { answer(): Promise<string | undefined>; stop(): Promise<void> } {
  const script = fileURLToPath(new URL("./grpc_js_xds_client.ts", import.meta.url));
  const child = new Deno.Command(Deno.execPath(), {
    args: [
      ...["run", "--quiet", "--no-prompt", "--allow-read", "--allow-env", "--allow-sys=uid,gid"],
      ...["--allow-net=127.0.0.1", script, address, ROLE, SERVICE, METHOD.path],
    ],
    stdin: "null",
    stdout: "piped",
    stderr: "inherit",
  }).spawn();
  const lines = child.stdout.pipeThrough(new TextDecoderStream()).getReader();
  let ended = false;
  const status = child.status.finally(() => ended = true);
  const kill = () => ended || child.kill("SIGKILL");
  const deadline = setTimeout(kill, 20_000);
  const stop = async () => {
    clearTimeout(deadline);
    kill();
    await status;
    await lines.cancel();
  };
  return { answer: async () => (await lines.read()).value?.trim(), stop };
}

Deno.test("a proxyless gRPC client finds its backend and follows a route to a new cluster without an error", async () => {
  const [one, two] = [await startShop("one"), await startShop("two")];
  const cache = new XdsCache();
  const limits = { clusterWaitMs: 500, graceMs: 100 };
  const server = await startXdsServer({
    address: "127.0.0.1:0",
    cache,
    clock: systemClock,
    logger: silentLogger,
    metrics: await createMetrics(),
    limits,
  });
  const routes = (clusterName: string) => route("shop-routes", host("shop-routes/shop", clusterName, [SERVICE], ""));
  cache.setSnapshot(ROLE, snapshot(apiListener(), routes("a"), cluster("a"), endpoints("a", one.port)));
  const client = startClient(server.address);
  try {
    assert.equal(await client.answer(), "one");
    const info = server.clients()[0]!;
    assert.match(info.userAgent, /^gRPC/i);
    assert.deepEqual(Object.keys(info.types).sort(), ["cluster", "endpoint", "listener", "route"]);
    cache.setSnapshot(ROLE, snapshot(apiListener(), routes("b"), cluster("b"), endpoints("b", two.port)));
    // It writes what is new, and ends where a call fails.
    assert.equal(await client.answer(), "two");
    await waitFor("the old cluster to be let go", () => server.clients()[0]!.types.cluster!.names === 1);
    for (const { lastNack } of Object.values(server.clients()[0]!.types)) assert.equal(lastNack, undefined);
  } finally {
    await client.stop();
    await server.close(1_000);
    one.stop();
    two.stop();
  }
});
