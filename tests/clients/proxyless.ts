/** What proxyless gRPC clients need: back ends, listeners with an api_listener, and a process to be in. */
import { Buffer } from "node:buffer";
import { Server, ServerCredentials } from "@grpc/grpc-js";
import { any, encode } from "../../src/envoy/mod.ts";
import { startXdsServer, type XdsServer } from "../../src/server/mod.ts";
import { createMetrics, silentLogger, systemClock } from "../../src/telemetry/mod.ts";
import { type EnvoySnapshot, XdsCache, type XdsResource } from "../../src/xds/mod.ts";
import { cluster, host, resource, route, snapshot } from "../../src/xds/test_snapshot.ts";

export const PROXYLESS_ROLE = "ns~proxyless";
export const SERVICE = "shop";
export const METHOD = "/test.Shop/Name";

const bytes = (value: Buffer) => value;
const DEFINITION = {
  path: METHOD,
  requestStream: false,
  responseStream: false,
  requestSerialize: bytes,
  requestDeserialize: bytes,
  responseSerialize: bytes,
  responseDeserialize: bytes,
};

/** A gRPC server that answers every call with its name. */
export async function startShop(name: string): Promise<{ port: number; stop(): void }> {
  const server = new Server();
  server.addService({ name: DEFINITION }, {
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

/** The service goes to the first of these clusters; each has the one endpoint. */
export function shop(clusters: Readonly<Record<string, number>>): EnvoySnapshot {
  const [first] = Object.keys(clusters);
  const backends = Object.entries(clusters).flatMap(([name, port]) => [cluster(name), endpoints(name, port)]);
  const routes = route("shop-routes", host("shop-routes/shop", first!, [SERVICE], ""));
  return snapshot(apiListener(), routes, ...backends);
}

/** An xDS server for these clients. */
export async function serveProxyless(cache = new XdsCache()): Promise<{ cache: XdsCache; server: XdsServer }> {
  const server = await startXdsServer({
    address: "127.0.0.1:0",
    cache,
    clock: systemClock,
    logger: silentLogger,
    metrics: await createMetrics(),
    limits: { clusterWaitMs: 500, graceMs: 100 },
  });
  return { cache, server };
}

/** A gRPC bootstrap that names the server. */
export function bootstrapOf(address: string): string {
  return JSON.stringify({
    xds_servers: [{ server_uri: address, channel_creds: [{ type: "insecure" }], server_features: ["xds_v3"] }],
    node: { id: "proxyless", locality: {}, metadata: { role: PROXYLESS_ROLE } },
  });
}

/** A client in a process of its own. After 20 s it ends, and gives no more lines. */
export interface ClientProcess {
  /** The next line that it writes; undefined after the last. */
  line(): Promise<string | undefined>;
  say(line: string): Promise<void>;
  stop(): Promise<void>;
}

export function startProcess(program: string | URL, args: string[], env: Record<string, string> = {}): ClientProcess {
  const child = new Deno.Command(program, { args, env, stdin: "piped", stdout: "piped", stderr: "inherit" }).spawn();
  const reader = child.stdout.pipeThrough(new TextDecoderStream()).getReader();
  const writer = child.stdin.getWriter();
  let ended = false;
  let text = "";
  const status = child.status.finally(() => ended = true);
  const kill = () => ended || child.kill("SIGKILL");
  const deadline = setTimeout(kill, 20_000);
  return {
    line: async () => {
      while (!text.includes("\n")) {
        const { value, done } = await reader.read();
        if (done) return undefined;
        text += value;
      }
      const line = text.slice(0, text.indexOf("\n"));
      text = text.slice(line.length + 1);
      return line;
    },
    say: async (line) => await writer.write(new TextEncoder().encode(`${line}\n`)),
    stop: async () => {
      clearTimeout(deadline);
      kill();
      await status;
      await writer.abort().catch(() => {});
      await reader.cancel();
    },
  };
}
