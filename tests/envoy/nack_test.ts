/**
 * What a real Envoy refuses: only that is held, only for that Envoy; its owner's status says so in Envoy's words. Configuration
 * that Sluice takes and an Envoy does not is made by what only Envoy can know: its runtime's bound on regexes, its files.
 */
import assert from "node:assert/strict";
import { join } from "node:path";
import { freePort, type RunningEnvoy, send, startBackend, startEnvoy, waitFor, xdsBootstrap } from "./harness.ts";
import { makeFolder, type RunningSluice, startSluice, type StatusEntry } from "./product.ts";
import { answer, httpGateway, to, upstream, virtualService } from "./yaml.ts";

interface Scene {
  readonly sluice: RunningSluice;
  readonly port: number;
  readonly otherPort: number;
  /** Refuses regexes that are not short. */
  readonly picky: RunningEnvoy;
  readonly backend: { readonly port: number };
}

const PICKY = { layers: [{ name: "static", static_layer: { re2: { max_program_size: { error_level: 10 } } } }] };
const LONG = "/abc.*[a-z]{3,9}foo";

/** One Envoy that refuses long regexes; both gateways are its. */
async function stage(
  delta: boolean,
  files: (port: number, other: number, backend: number) => Record<string, string>,
  play: (scene: Scene) => Promise<void>,
): Promise<void> {
  const backend = startBackend("backend");
  const [port, otherPort] = [freePort(), freePort()];
  const sluice = await startSluice({ files: files(port, otherPort, backend.port) });
  let picky: RunningEnvoy | undefined;
  try {
    const options = { xds: sluice.xds, delta, nodeId: "picky" };
    picky = await startEnvoy({ ...options, bootstrap: { ...xdsBootstrap(options), layered_runtime: PICKY } });
    await play({ sluice, port, otherPort, picky, backend });
  } finally {
    await picky?.stop();
    await sluice.stop();
    await backend.stop();
  }
}

function both(name: string, files: Parameters<typeof stage>[1], play: (scene: Scene) => Promise<void>): void {
  for (const delta of [false, true]) Deno.test(`${delta ? "delta" : "sotw"}: ${name}`, () => stage(delta, files, play));
}

const body = async (port: number, path: string, host = "x.test") => {
  const { status, body } = await send(port, path, { host });
  return status === 200 ? body : status;
};

async function rejected({ sluice }: Scene, kind: string, name: string): Promise<StatusEntry> {
  return await waitFor(`${kind} ${name} to be Rejected`, async () => {
    const status = await sluice.status(kind, name);
    return status?.state === "Rejected" && status;
  });
}

/** Whether a cluster that takes traffic has TLS. */
async function hasTls({ picky }: Scene, name: string): Promise<boolean> {
  const { configs } = await picky.admin("config_dump?resource=dynamic_active_clusters") as ClusterDump;
  const found = configs.find(({ cluster }) => cluster.name === name);
  assert.ok(found, name);
  return "transport_socket" in found.cluster;
}

interface ClusterDump {
  readonly configs: readonly { readonly cluster: { readonly name: string } }[];
}

const accepted = ({ sluice }: Scene, kind: string, name: string) =>
  waitFor(`${kind} ${name} to be Accepted`, async () => (await sluice.status(kind, name))?.state === "Accepted");

interface Client {
  readonly nodeId: string;
  readonly holds: readonly { readonly name: string; readonly shows: string; readonly detail: string }[];
}

const holdsOf = async ({ sluice }: Scene, node = "picky") => {
  const clients: Client[] = await (await sluice.page("/clients")).json();
  return clients.filter(({ nodeId }) => nodeId === node).flatMap(({ holds }) => holds);
};

const twoHosts = (port: number) => ({
  "gateway.yaml": httpGateway(port),
  "x.yaml": virtualService("x", ["x.test"], [answer("one", { prefix: "/one" }), answer("rest")]),
  "y.yaml": virtualService("y", ["y.test"], [answer("y")]),
});

both(
  "a route that one Envoy refuses is held there, and there alone; what is edited beside it goes on",
  twoHosts,
  async (scene) => {
    const { sluice, port } = scene;
    const bad = answer("bad", { regex: LONG });
    await sluice.write(
      "x.yaml",
      virtualService("x", ["x.test"], [answer("new", { prefix: "/one" }), bad, answer("rest")]),
    );
    await sluice.write("y.yaml", virtualService("y", ["y.test"], [answer("new y")]));
    const status = await rejected(scene, "VirtualService", "x");
    assert.equal(await body(port, "/one"), "new");
    assert.equal(await body(port, "/abc"), "rest");
    assert.equal(await waitFor("the edit of y", async () => (await body(port, "/", "y.test")) === "new y"), true);
    assert.match(
      status.reason,
      /SLUICE-1501 virtualHost\.routes\[1\]: refused by proxy gateway-proxy, Envoy picky \(envoy 1\.\d+\.\d+\)/,
    );
    assert.match(status.reason, /RE2 program size of \d+ > max program size of 10/);
    assert.match(status.reason, /it has nothing in its place/);
    assert.match(status.reasons[0]!.location!.file, /x\.yaml$/);
    assert.equal((await sluice.status("VirtualService", "y"))!.state, "Accepted");
    assert.equal(await sluice.metric("sluice_xds_holds"), 1);
    assert.match(sluice.log(), /VirtualService gloo-system\/x is Rejected: refused by proxy gateway-proxy/);
    const holds = await holdsOf(scene);
    assert.deepEqual(holds.map(({ name }) => name.split("/").at(-1)), ["gloo-system_x"]);
    await sluice.write("x.yaml", virtualService("x", ["x.test"], [answer("mended", { regex: "/ab" }), answer("rest")]));
    await accepted(scene, "VirtualService", "x");
    assert.equal(await body(port, "/ab"), "mended");
    assert.deepEqual(await holdsOf(scene), []);
    assert.equal(await sluice.metric("sluice_xds_holds"), 0);
  },
);

both("an Envoy that takes what another refuses has it", twoHosts, async (scene) => {
  const { sluice, port } = scene;
  const bad = answer("long", { regex: LONG });
  await sluice.write("x.yaml", virtualService("x", ["x.test"], [bad, answer("rest")]));
  await rejected(scene, "VirtualService", "x");
  await scene.picky.stop();
  const other = await startEnvoy({ xds: sluice.xds, nodeId: "other", delta: true });
  try {
    await waitFor("the other Envoy", async () => (await body(port, "/abcxyzfoo")) === "long");
    await accepted(scene, "VirtualService", "x");
    assert.deepEqual(await holdsOf(scene, "other"), []);
  } finally {
    await other.stop();
  }
});

both(
  "a cluster that an Envoy refuses keeps its form, and routes are not given over to a new one",
  (port, _other, backend) => ({
    "gateway.yaml": httpGateway(port),
    "up.yaml": upstream("up", backend),
    "x.yaml": virtualService("x", ["x.test"], [to("up")]),
    "y.yaml": virtualService("y", ["y.test"], [answer("y")]),
  }),
  async (scene) => {
    const { sluice, port, backend } = scene;
    const missing = { sslConfig: { sslFiles: { rootCa: "/nowhere/ca.pem" } } };
    await waitFor("the backend", async () => (await body(port, "/")) === "backend");
    await sluice.write("up.yaml", upstream("up", backend.port, missing));
    const status = await rejected(scene, "Upstream", "up");
    assert.match(status.reason, /\/nowhere\/.*; what needs it goes on as it was, or stays away/);
    // Envoy took the cluster before it asked for the secret: the former one is back in the exchange after the refusal.
    await waitFor("the former cluster", async () => !(await hasTls(scene, "up_gloo-system")));
    assert.equal(await body(port, "/"), "backend");
    await sluice.write("new.yaml", upstream("new", backend.port, missing));
    await sluice.write("x.yaml", virtualService("x", ["x.test"], [to("new")]));
    await sluice.write("y.yaml", virtualService("y", ["y.test"], [answer("new y")]));
    await rejected(scene, "Upstream", "new");
    await waitFor("the edit of y", async () => (await body(port, "/", "y.test")) === "new y");
    assert.equal(await body(port, "/"), "backend");
    await sluice.write("new.yaml", upstream("new", backend.port));
    await sluice.write("up.yaml", upstream("up", backend.port));
    await accepted(scene, "Upstream", "new");
    await accepted(scene, "Upstream", "up");
    assert.equal(await body(port, "/"), "backend");
  },
);

both(
  "a listener that an Envoy refuses keeps its form, and is the Gateway's fault; others go on",
  (port, other) => ({
    "gateway.yaml": httpGateway(port),
    "other.yaml": httpGateway(other),
    "x.yaml": virtualService("x", ["x.test"], [answer("x")]),
  }),
  async (scene) => {
    const { sluice, port, otherPort } = scene;
    const log = {
      options: { accessLoggingService: { accessLog: [{ fileSink: { path: "/nowhere/log", stringFormat: "" } }] } },
    };
    await waitFor("the listeners", async () => (await body(port, "/")) === "x" && (await body(otherPort, "/")) === "x");
    await sluice.write("gateway.yaml", httpGateway(port, log));
    const status = await rejected(scene, "Gateway", `http-${port}`);
    assert.match(status.reason, /nowhere\/log/);
    await sluice.write("x.yaml", virtualService("x", ["x.test"], [answer("new x")]));
    for (const each of [port, otherPort]) {
      await waitFor("the edit", async () => (await body(each, "/")) === "new x");
    }
    await sluice.write("gateway.yaml", httpGateway(port));
    await accepted(scene, "Gateway", `http-${port}`);
  },
);

Deno.test("statuses of an Envoy's refusals go when it goes", async () => {
  await stage(true, twoHosts, async (scene) => {
    const { sluice } = scene;
    await sluice.write("x.yaml", virtualService("x", ["x.test"], [answer("long", { regex: LONG }), answer("rest")]));
    await rejected(scene, "VirtualService", "x");
    await scene.picky.stop();
    await accepted(scene, "VirtualService", "x");
  });
});

for (const delta of [false, true]) {
  Deno.test(`${delta ? "delta" : "sotw"}: after kill -9 an Envoy is not shown again what it refuses, and it is still told`, async () => {
    const folder = await makeFolder();
    await Deno.mkdir(join(folder, "config"));
    const [port, xds] = [freePort(), `127.0.0.1:${freePort()}`];
    const files = twoHosts(port);
    let sluice = await startSluice({ folder, xdsAddress: xds, files });
    const options = { xds, delta, nodeId: "picky" };
    const picky = await startEnvoy({ ...options, bootstrap: { ...xdsBootstrap(options), layered_runtime: PICKY } });
    const scene = () => ({ sluice }) as Scene;
    try {
      const bad = answer("bad", { regex: LONG });
      await sluice.write("x.yaml", virtualService("x", ["x.test"], [answer("new", { prefix: "/one" }), bad]));
      await rejected(scene(), "VirtualService", "x");
      await waitFor("the state", async () => await sluice.metric("sluice_state_bytes") > 0);
      await sluice.stop("SIGKILL");
      sluice = await startSluice({ folder, xdsAddress: xds });
      await waitFor("the Envoy to be back", async () => (await holdsOf(scene())).length === 1);
      assert.equal((await rejected(scene(), "VirtualService", "x")).reasons[0]!.path, "virtualHost.routes[1]");
      await sluice.write("y.yaml", virtualService("y", ["y.test"], [answer("new y")]));
      await waitFor("an edit", async () => (await body(port, "/", "y.test")) === "new y");
      assert.equal(await body(port, "/one"), "new");
      assert.equal(await sluice.metric("sluice_xds_nacks_total"), 0);
      await sluice.write("x.yaml", virtualService("x", ["x.test"], [answer("mended")]));
      await accepted(scene(), "VirtualService", "x");
      assert.equal(await body(port, "/one"), "mended");
    } finally {
      await picky.stop();
      await sluice.stop("SIGKILL");
      await Deno.remove(folder, { recursive: true });
    }
  });
}
