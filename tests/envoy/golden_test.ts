/**
 * The second oracle of the golden cases: what each translates to is put to the real `envoy --mode validate`, also where
 * there are errors, as nothing that Envoy refuses may ever be sent; and it may name nothing that Envoy has deprecated.
 * Where a case has a request.yaml, its requests are sent through a real Envoy with a back end that echoes.
 */
import assert from "node:assert/strict";
import type { JsonObject, JsonValue } from "../../src/envoy/mod.ts";
import { staticBootstrap } from "../../src/cli/static_bootstrap.ts";
import type { TranslatedProxy } from "../../src/syncer/mod.ts";
import { findCases, type GoldenCase } from "../golden/find_cases.ts";
import { type Expectation, isAsWanted, readRequests, type Wanted } from "../golden/request_file.ts";
import { runCase } from "../golden/run_case.ts";
import { type Answer, envoyPath, freePort, send, startEnvoy, waitFor } from "./harness.ts";

for (const one of findCases()) {
  const read = (file: string) => Deno.readTextFile(new URL(file, one.folder));
  Deno.test(`envoy accepts ${one.name}`, async () => {
    const { proxies, envoy } = runCase(await read("input.yaml"));
    assert.equal(envoy, await read("envoy.yaml"), "what is put to Envoy is not what envoy.yaml says");
    for (const proxy of proxies) await validate(proxy);
  });
  if (!hasRequests(one)) continue;
  Deno.test(`traffic of ${one.name}`, async () => {
    const [proxy] = runCase(await read("input.yaml")).proxies;
    assert.ok(proxy, "a case with a request.yaml has a proxy");
    await sendAll(proxy, readRequests(await read("request.yaml")));
  });
}

async function validate(proxy: TranslatedProxy): Promise<void> {
  const folder = await Deno.makeTempDir({ prefix: "sluice_golden_" });
  try {
    const config = `${folder}/bootstrap.json`;
    await Deno.writeTextFile(config, JSON.stringify(await bootstrapIn(folder, proxy)));
    const { success, stdout, stderr } = await new Deno.Command(envoyPath(), {
      args: ["--mode", "validate", "--log-level", "warning", "-c", config],
    }).output();
    const output = new TextDecoder().decode(stdout) + new TextDecoder().decode(stderr);
    assert.ok(success, `Envoy refuses ${proxy.role}:\n${output}`);
    assert.doesNotMatch(output, /deprecated/i);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

async function bootstrapIn(folder: string, proxy: TranslatedProxy): Promise<JsonObject> {
  const { bootstrap, keyFiles } = staticBootstrap(proxy.snapshot, { keyFolder: folder });
  for (const [name, bytes] of keyFiles) await Deno.writeFile(`${folder}/${name}`, bytes, { mode: 0o600 });
  return bootstrap;
}

async function sendAll(proxy: TranslatedProxy, expectations: readonly Expectation[]): Promise<void> {
  const folder = await Deno.makeTempDir({ prefix: "sluice_golden_" });
  const backend = startEcho();
  try {
    const { bootstrap, ports } = relocate(await bootstrapIn(folder, proxy), backend.port);
    const envoy = await startEnvoy({ bootstrap });
    try {
      for (const expectation of expectations) await checkTraffic(expectation, ports);
    } finally {
      await envoy.stop();
    }
  } finally {
    await backend.stop();
    await Deno.remove(folder, { recursive: true });
  }
}

/** The same bootstrap with every endpoint at the back end and every listener at a free port of the loopback. */
function relocate(bootstrap: JsonObject, backendPort: number): { bootstrap: JsonObject; ports: Map<number, number> } {
  const ports = new Map<number, number>();
  const { listeners, clusters } = bootstrap.staticResources as { listeners: JsonObject[]; clusters: JsonObject[] };
  const moved = listeners.map((listener) => {
    const { portValue } = (listener.address as { socketAddress: { portValue: number } }).socketAddress;
    ports.set(portValue, freePort());
    return { ...listener, address: socketAddress(ports.get(portValue)!) };
  });
  const staticResources = { listeners: moved, clusters: clusters.map((each) => atBackend(each, backendPort)) };
  return { bootstrap: { ...bootstrap, staticResources } as JsonObject, ports };
}

function socketAddress(port: number): JsonObject {
  return { socketAddress: { address: "127.0.0.1", portValue: port } };
}

/** Endpoints are where an `address` is; nothing else in a cluster has one. */
function atBackend<T extends JsonValue>(value: T, port: number): T {
  if (Array.isArray(value)) return value.map((item) => atBackend(item, port)) as unknown as T;
  if (typeof value !== "object" || value === null) return value;
  const fields = Object.entries(value as JsonObject).map(([name, field]): [string, JsonValue] => {
    return [name, name === "address" ? socketAddress(port) : atBackend(field, port)];
  });
  return Object.fromEntries(fields) as T;
}

async function checkTraffic({ request, expect }: Expectation, ports: ReadonlyMap<number, number>): Promise<void> {
  const port = request.port === undefined ? [...ports.values()][0] : ports.get(request.port);
  assert.ok(port, `there is no listener on port ${request.port}`);
  const { host, ...headers } = request.headers ?? {};
  const answer = await waitFor("an answer of Envoy", () =>
    send(port, request.path ?? "/", {
      headers,
      ...(host !== undefined && { host }),
      ...(request.method !== undefined && { method: request.method }),
      ...(request.body !== undefined && { body: request.body }),
    }));
  const context = `${request.method ?? "GET"} ${request.path ?? "/"}: ${answer.status} ${JSON.stringify(answer)}`;
  if (expect.status !== undefined) assert.equal(answer.status, expect.status, context);
  checkTexts((name) => header(answer, name), expect.headers ?? {}, context);
  if (expect.body !== undefined) assert.ok(isAsWanted(answer.body, expect.body), context);
  for (const part of [expect.bodyContains ?? []].flat()) assert.ok(answer.body.includes(part), context);
  if (expect.upstream) checkUpstream(answer, expect.upstream, context);
}

function checkUpstream(
  answer: Answer,
  { headers = {}, ...texts }: NonNullable<Expectation["expect"]["upstream"]>,
  context: string,
): void {
  const echoed = JSON.parse(answer.body) as Echo;
  checkTexts((name) => echoed.headers[name.toLowerCase()], headers, context);
  checkTexts((name) => echoed[name as "method" | "path" | "body"], texts, context);
}

function checkTexts(
  actual: (name: string) => string | undefined,
  wanted: Readonly<Record<string, Wanted>>,
  context: string,
): void {
  for (const [name, text] of Object.entries(wanted)) {
    const found = actual(name);
    assert.ok(isAsWanted(found, text), `${name} is ${JSON.stringify(found)}, not ${JSON.stringify(text)}; ${context}`);
  }
}

function header(answer: Answer, name: string): string | undefined {
  const value = answer.headers[name.toLowerCase()];
  return Array.isArray(value) ? value.join(", ") : value;
}

interface Echo {
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** A back end that answers each request with that request, as JSON. */
function startEcho(): { readonly port: number; stop(): Promise<void> } {
  const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen: () => {} }, async (request) => {
    const url = new URL(request.url);
    const echo: Echo = {
      method: request.method,
      path: url.pathname + url.search,
      headers: Object.fromEntries(request.headers),
      body: await request.text(),
    };
    return Response.json(echo, { headers: { "x-backend": "echo" } });
  });
  return { port: server.addr.port, stop: () => server.shutdown() };
}

function hasRequests({ folder }: GoldenCase): boolean {
  return [...Deno.readDirSync(folder)].some(({ name }) => name === "request.yaml");
}
