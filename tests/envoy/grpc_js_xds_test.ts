/** A second kind of real xDS client: proxyless gRPC. It asks by name, listener first, and wants listeners with an api_listener. */
import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { Client, credentials, Server, ServerCredentials, type ServiceError } from "@grpc/grpc-js";
import { register } from "@grpc/grpc-js-xds";
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

function call(client: Client): Promise<string> {
  return new Promise((resolve, reject) => {
    const deadline = { deadline: Date.now() + 20_000 };
    client.makeUnaryRequest(
      METHOD.path,
      bytes,
      bytes,
      Buffer.alloc(0),
      deadline,
      (error: ServiceError | null, value) => {
        if (error) reject(error);
        else resolve(value!.toString());
      },
    );
  });
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
  register();
  const routes = (clusterName: string) => route("shop-routes", host("shop-routes/shop", clusterName, [SERVICE], ""));
  cache.setSnapshot(ROLE, snapshot(apiListener(), routes("a"), cluster("a"), endpoints("a", one.port)));
  // The environment variable that is meant for this is not used by version 1.14.1 when it looks for its listener.
  const client = new Client(`xds:///${SERVICE}`, credentials.createInsecure(), {
    "grpc.TEST_ONLY_DO_NOT_USE_IN_PROD.xds_bootstrap_config": JSON.stringify({
      xds_servers: [{ server_uri: server.address, channel_creds: [{ type: "insecure" }], server_features: ["xds_v3"] }],
      node: { id: "proxyless", locality: {}, metadata: { role: ROLE } },
    }),
  });
  try {
    assert.equal(await call(client), "one");
    const info = server.clients()[0]!;
    assert.match(info.userAgent, /^gRPC/i);
    assert.deepEqual(Object.keys(info.types).sort(), ["cluster", "endpoint", "listener", "route"]);
    cache.setSnapshot(ROLE, snapshot(apiListener(), routes("b"), cluster("b"), endpoints("b", two.port)));
    const seen = new Set<string>();
    await waitFor("the new backend", async () => seen.add(await call(client)).has("two"));
    assert.deepEqual([...seen], ["one", "two"]);
    await waitFor("the old cluster to be let go", () => server.clients()[0]!.types.cluster!.names === 1);
    for (const { lastNack } of Object.values(server.clients()[0]!.types)) assert.equal(lastNack, undefined);
  } finally {
    client.close();
    await server.close(1_000);
    one.stop();
    two.stop();
  }
});
