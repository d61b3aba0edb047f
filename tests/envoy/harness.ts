/**
 * Starts a real, stock Envoy for tests: its own bootstrap, free ports, captured log, stopped by its own pid.
 *
 * The binary is the one that the environment variable `SLUICE_ENVOY` names, or else the one under `.tools/`.
 * Permissions: `--allow-env=SLUICE_ENVOY --allow-run --allow-read=.tools,<temp> --allow-write=<temp> --allow-net=127.0.0.1`.
 */
import { request as httpRequest } from "node:http";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

/** How to start an Envoy. Either `xds` (a bootstrap is made, as Gloo's is) or a whole `bootstrap` of one's own. */
export interface EnvoyOptions {
  /** Where the control plane listens: `127.0.0.1:9977` or `unix:/path`. */
  readonly xds?: string;
  /** node.metadata.role, `<namespace>~<proxy>`. Default `gloo-system~gateway-proxy`. */
  readonly role?: string;
  /** Delta xDS instead of the state of the world. Default false. */
  readonly delta?: boolean;
  /** node.id. Default `test-envoy`. */
  readonly nodeId?: string;
  /** A bootstrap of one's own (JSON); `admin` is always set by the harness. */
  readonly bootstrap?: Record<string, unknown>;
  /** `live`: resolve when /ready says LIVE (listeners and clusters are up); `admin`: when the admin page answers. Default `live`. */
  readonly until?: "live" | "admin";
  /** Transport socket of the xDS cluster (an envoy.config.core.v3.TransportSocket), for mTLS. */
  readonly xdsTransportSocket?: Record<string, unknown>;
  /** `--drain-time-s`: how long a removed listener goes on with the connections that it has. Default: Envoy's, 600. */
  readonly drainSeconds?: number;
  /** `--log-level`. Default `info`; `debug` tells what xDS does. */
  readonly logLevel?: string;
}

/** A running Envoy. */
export interface RunningEnvoy {
  /** `http://127.0.0.1:<port>` */
  readonly adminUrl: string;
  readonly pid: number;
  /** Everything that Envoy wrote to its log so far. */
  log(): string;
  /** One counter or gauge of /stats; 0 when Envoy does not know it. */
  stat(name: string): Promise<number>;
  /** GET of an admin page, parsed as JSON: `config_dump`, `clusters?format=json`, `listeners?format=json`. */
  admin(path: string): Promise<unknown>;
  /** Ends the process and waits for it. To be called once or more. */
  stop(): Promise<void>;
}

/** One answer through the data plane. */
export interface Answer {
  readonly status: number;
  readonly headers: Record<string, string | string[] | undefined>;
  readonly body: string;
}

/** Resolves when `condition` gives something else than false, null or undefined, and gives that; throws after `timeoutMs`. */
export async function waitFor<T>(
  what: string,
  condition: () => T | false | null | undefined | Promise<T | false | null | undefined>,
  timeoutMs = 20_000,
): Promise<T> {
  const end = Date.now() + timeoutMs;
  let last: unknown;
  while (Date.now() < end) {
    try {
      const value = await condition();
      if (value !== false && value !== null && value !== undefined) return value;
      last = undefined;
    } catch (error) {
      last = error;
    }
    await new Promise((resolve) => setTimeout(resolve, 15));
  }
  throw new Error(`waited ${timeoutMs} ms for ${what}${last === undefined ? "" : `; last: ${String(last)}`}`);
}

/** Below what Linux gives to connections and to listeners on port 0 (from 32768): none of those takes a port before its user. */
const FIRST_PORT = 20_000;
const BLOCK = 250;
const BLOCKS = 51;

/** Test files run side by side: each has a block of ports, whose first it listens on, without an answer, until it ends. */
const block = ownBlock();
let given = 0;

function ownBlock(): number {
  for (let i = 0; i < BLOCKS; i++) {
    const first = FIRST_PORT + i * BLOCK;
    if (listenOn(first)) return first;
  }
  throw new Error("all blocks of ports are taken");
}

function listenOn(port: number): Deno.Listener | undefined {
  try {
    return Deno.listen({ hostname: "127.0.0.1", port });
  } catch (error) {
    if (error instanceof Deno.errors.AddrInUse) return undefined;
    throw error;
  }
}

/** A TCP port of 127.0.0.1 that is free, and is given to nobody else for the next 248 calls. */
export function freePort(): number {
  for (let i = 1; i < BLOCK; i++) {
    const port = block + 1 + given++ % (BLOCK - 1);
    const listener = listenOn(port);
    listener?.close();
    if (listener) return port;
  }
  throw new Error(`no port from ${block} on is free`);
}

/** One HTTP/1.1 request to 127.0.0.1, with a Host header of one's own choice. */
export function send(
  port: number,
  path = "/",
  options: { host?: string; method?: string; headers?: Record<string, string>; body?: string } = {},
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const request = httpRequest({
      host: "127.0.0.1",
      port,
      path,
      method: options.method ?? "GET",
      headers: { host: options.host ?? "localhost", ...options.headers },
      agent: false,
    }, (response) => {
      const chunks: Uint8Array[] = [];
      response.on("data", (chunk: Uint8Array) => chunks.push(chunk));
      response.on("error", reject);
      response.on("end", () => {
        const body = chunks.map((chunk) => new TextDecoder().decode(chunk)).join("");
        resolve({ status: response.statusCode ?? 0, headers: response.headers, body });
      });
    });
    request.on("error", reject);
    request.end(options.body);
  });
}

/** A backend on a free port of 127.0.0.1 that answers every request with `body` and tells what it was asked for. */
export function startBackend(body: string): { port: number; requests: Request[]; stop(): Promise<void> } {
  const requests: Request[] = [];
  const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen: () => {} }, (request) => {
    requests.push(request);
    return new Response(body);
  });
  return { port: server.addr.port, requests, stop: () => server.shutdown() };
}

/** The Envoy binary: `SLUICE_ENVOY`, or what `deno task tools` installed into `.tools/`. */
export function envoyPath(): string {
  const own = Deno.env.get("SLUICE_ENVOY");
  if (own !== undefined && own !== "") return own;
  const root = join(dirname(fileURLToPath(import.meta.url)), "..", "..", ".tools");
  for (const folder of [...Deno.readDirSync(root)].map((entry) => entry.name).sort()) {
    const candidate = join(root, folder, "envoy", "_bin", "envoy");
    if (exists(candidate)) return candidate;
  }
  throw new Error("no Envoy: install the tools (`deno task tools`) or name a binary in SLUICE_ENVOY");
}

function exists(path: string): boolean {
  try {
    Deno.statSync(path);
    return true;
  } catch {
    return false;
  }
}

/** Starts Envoy and waits until it is ready. The caller stops it, also when the test fails (`try … finally`). */
export async function startEnvoy(options: EnvoyOptions): Promise<RunningEnvoy> {
  const folder = await Deno.makeTempDir({ prefix: "sluice_envoy_" });
  const adminPath = join(folder, "admin");
  const bootstrap = {
    ...(options.bootstrap ?? xdsBootstrap(options)),
    admin: { address: { socket_address: { address: "127.0.0.1", port_value: 0 } } },
  };
  const configPath = join(folder, "bootstrap.json");
  await Deno.writeTextFile(configPath, JSON.stringify(bootstrap));
  const child = new Deno.Command(envoyPath(), {
    args: [
      ...["-c", configPath, "--admin-address-path", adminPath, "--disable-hot-restart", "--concurrency", "1"],
      ...["--log-level", options.logLevel ?? "info"],
      ...(options.drainSeconds === undefined ? [] : ["--drain-time-s", String(options.drainSeconds)]),
    ],
    stdin: "null",
    stdout: "null",
    stderr: "piped",
  }).spawn();
  let text = "";
  let ended = false;
  const log = (async () => {
    for await (const chunk of child.stderr.pipeThrough(new TextDecoderStream())) text += chunk;
  })();
  const status = child.status.then(() => ended = true);
  let stopping: Promise<void> | undefined;
  const stop = () => stopping ??= end();
  const end = async () => {
    if (!ended) child.kill("SIGTERM");
    const killer = setTimeout(() => ended || child.kill("SIGKILL"), 5_000);
    await status;
    clearTimeout(killer);
    await log;
    await Deno.remove(folder, { recursive: true });
  };
  try {
    const adminUrl = await waitUntilReady(adminPath, options.until ?? "live", () => ended);
    return { adminUrl, pid: child.pid, log: () => text, stop, ...adminReader(adminUrl) };
  } catch (error) {
    await stop();
    throw new Error(`${String(error)}\n${text}`);
  }
}

async function waitUntilReady(adminPath: string, until: "live" | "admin", ended: () => boolean): Promise<string> {
  const failed = () => {
    if (ended()) throw new Error("Envoy ended while starting");
  };
  const adminUrl = await waitFor("Envoy's admin address", async () => {
    if (ended()) return "";
    const address = await Deno.readTextFile(adminPath);
    return address === "" ? false : `http://${address}`;
  });
  failed();
  if (until === "admin") return adminUrl;
  await waitFor("Envoy to be LIVE", async () => {
    if (ended()) return true;
    const response = await fetch(`${adminUrl}/ready`);
    await response.body?.cancel();
    return response.status === 200;
  });
  failed();
  return adminUrl;
}

function adminReader(adminUrl: string): Pick<RunningEnvoy, "stat" | "admin"> {
  return {
    stat: async (name) => {
      const response = await fetch(`${adminUrl}/stats?filter=^${encodeURIComponent(name.replaceAll(".", "\\."))}$`);
      const line = (await response.text()).split("\n").find((each) => each.startsWith(`${name}: `));
      return line === undefined ? 0 : Number(line.slice(name.length + 2));
    },
    admin: async (path) => (await fetch(`${adminUrl}/${path}`)).json(),
  };
}

/** The bootstrap that Gloo's proxies have, in short: node metadata `role`, one xDS cluster, ADS for LDS and CDS. */
export function xdsBootstrap(options: EnvoyOptions): Record<string, unknown> {
  const address = options.xds ?? "127.0.0.1:9977";
  const ads = { ads: {}, resource_api_version: "V3" };
  return {
    node: {
      id: options.nodeId ?? "test-envoy",
      cluster: "gateway",
      metadata: { role: options.role ?? "gloo-system~gateway-proxy" },
    },
    dynamic_resources: {
      ads_config: {
        api_type: options.delta ? "DELTA_GRPC" : "GRPC",
        transport_api_version: "V3",
        grpc_services: [{ envoy_grpc: { cluster_name: "xds_cluster" } }],
      },
      cds_config: ads,
      lds_config: ads,
    },
    static_resources: {
      clusters: [{
        name: "xds_cluster",
        type: "STATIC",
        connect_timeout: "5s",
        ...(options.xdsTransportSocket === undefined ? {} : { transport_socket: options.xdsTransportSocket }),
        load_assignment: {
          cluster_name: "xds_cluster",
          endpoints: [{ lb_endpoints: [{ endpoint: { address: envoyAddress(address) } }] }],
        },
        typed_extension_protocol_options: {
          "envoy.extensions.upstreams.http.v3.HttpProtocolOptions": {
            "@type": "type.googleapis.com/envoy.extensions.upstreams.http.v3.HttpProtocolOptions",
            explicit_http_config: { http2_protocol_options: {} },
          },
        },
      }],
    },
  };
}

function envoyAddress(address: string): Record<string, unknown> {
  if (address.startsWith("unix:")) return { pipe: { path: address.slice("unix:".length) } };
  const colon = address.lastIndexOf(":");
  const host = address.slice(0, colon).replace(/^\[|\]$/g, "");
  return { socket_address: { address: host, port_value: Number(address.slice(colon + 1)) } };
}
