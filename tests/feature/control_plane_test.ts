/** From a file to what a gRPC client is sent, all in this process: what changes, what stays silent, what is written. */
import assert from "node:assert/strict";
import type { ServeConfig } from "../../src/cli/config.ts";
import { ControlPlane } from "../../src/cli/serve/control_plane.ts";
import { XdsFront } from "../../src/cli/serve/xds_front.ts";
import { decode, TYPE_URL } from "../../src/envoy/mod.ts";
import { createMetrics } from "../../src/telemetry/mod.ts";
import { waitFor } from "../envoy/harness.ts";
import { answer, httpGateway, resource, to, upstream, virtualService } from "../envoy/yaml.ts";
import { ask, connect, names, node, type SotwResponse, type TestStream } from "./xds_client.ts";

const SCRATCH = ".cache/test";
const ROLE = "gloo-system~gateway-proxy";

interface World {
  readonly config: string;
  readonly state: string;
  readonly plane: ControlPlane;
  /** Configurations for which the control plane asked to be started again. */
  readonly restarts: ServeConfig[];
  write(file: string, text: string): Promise<void>;
}

function configOf(folders: readonly string[], stateDir: string): ServeConfig {
  return {
    roots: folders.map((path) => ({ path })),
    namespace: "gloo-system",
    writeNamespace: "gloo-system",
    xdsAddress: "127.0.0.1:0",
    adminAddress: "127.0.0.1:0",
    stateDir,
    logFormat: "text",
    logLevel: "error",
    insecureXds: false,
    measureStalls: false,
    fixed: [],
  };
}

async function withControlPlane(files: Record<string, string>, check: (world: World) => Promise<void>): Promise<void> {
  await Deno.mkdir(SCRATCH, { recursive: true });
  const folder = await Deno.makeTempDir({ dir: SCRATCH });
  const [config, state] = [`${folder}/config`, `${folder}/state`];
  const write = (file: string, text: string): Promise<void> => Deno.writeTextFile(`${config}/${file}`, text);
  await Deno.mkdir(config);
  for (const [file, text] of Object.entries(files)) await write(file, text);
  const restarts: ServeConfig[] = [];
  const plane = new ControlPlane({
    front: await XdsFront.open(configOf([config], state), await createMetrics()),
    restart: (wanted) => restarts.push(wanted),
  });
  await plane.start();
  try {
    await check({ config, state, plane, restarts, write });
  } finally {
    await plane.stop();
    await Deno.remove(folder, { recursive: true });
  }
}

async function connectOnce<T>(
  plane: ControlPlane,
  use: (client: ReturnType<typeof connect>) => Promise<T>,
): Promise<T> {
  const client = connect(plane.addresses.xds);
  try {
    return await use(client);
  } finally {
    await client.close();
  }
}

/** An ADS stream that subscribes as Envoy does and acknowledges all that it gets. */
function follow(stream: TestStream<ReturnType<typeof ask>, SotwResponse>): { of(type: string): SotwResponse[] } {
  let done = 0;
  const acknowledge = (): void => {
    for (; done < stream.responses.length; done++) {
      const { typeUrl, versionInfo, nonce } = stream.responses[done]!;
      const request = { typeUrl, versionInfo, responseNonce: nonce };
      const wildcard = typeUrl === TYPE_URL.cluster || typeUrl === TYPE_URL.listener;
      stream.send(wildcard ? request : { ...request, resourceNames: names(stream.responses[done]!) });
    }
  };
  return {
    of(type) {
      acknowledge();
      return stream.responses.filter(({ typeUrl }) => typeUrl === type);
    },
  };
}

const ROUTES = "listener-127.0.0.1-8080-routes";
const base = (text: string): Record<string, string> => ({
  "gateway.yaml": httpGateway(8080),
  "upstream.yaml": upstream("backend", 9999),
  "vs.yaml": virtualService("vs", ["a.test"], [answer(text, { prefix: "/fixed" }), to("backend")]),
});

Deno.test("an edited route sends its route configuration and nothing else; a file saved as it was sends nothing", async () => {
  await withControlPlane(base("one"), async ({ plane, write }) => {
    const client = connect(plane.addresses.xds);
    const stream = client.stream();
    const seen = follow(stream);
    stream.send(ask("cluster", [], { node: node(ROLE) }));
    stream.send(ask("listener"));
    stream.send(ask("route", [ROUTES]));
    stream.send(ask("endpoint", ["backend_gloo-system"]));
    const count = (): number[] =>
      [TYPE_URL.cluster, TYPE_URL.endpoint, TYPE_URL.listener].map((type) => seen.of(type).length);
    const body = (): string | undefined => {
      const last = seen.of(TYPE_URL.route).at(-1)?.resources?.[0]?.value;
      const routes = last &&
        decode("envoy.config.route.v3.RouteConfiguration", last as Uint8Array).virtualHosts?.[0]?.routes;
      return routes?.[0]?.directResponse?.body?.inlineString;
    };
    await waitFor("the first routes", () => body() === "one");
    await waitFor("every type once", () => count().every((one) => one === 1));
    await write("vs.yaml", base("one")["vs.yaml"]!);
    await write("vs.yaml", base("two")["vs.yaml"]!);
    await waitFor("the edit", () => body() === "two");
    assert.deepEqual(count(), [1, 1, 1], "clusters, endpoints and listeners stay silent");
    assert.equal(seen.of(TYPE_URL.route).length, 2);
    await write("upstream.yaml", upstream("backend", 9998));
    await waitFor("the new endpoint", () => seen.of(TYPE_URL.endpoint).length === 2);
    assert.deepEqual([count()[0], count()[2], seen.of(TYPE_URL.route).length], [1, 1, 2], "endpoints go alone");
    await client.close();
  });
});

Deno.test("statuses go to files in Gloo's shape, and to nowhere near the user's files", async () => {
  await withControlPlane(base("one"), async ({ config, state, write }) => {
    const status = async (kind: string, name: string): Promise<string> => {
      try {
        return await Deno.readTextFile(`${state}/status/${kind}/gloo-system/${name}.yaml`);
      } catch {
        return "";
      }
    };
    await waitFor(
      "the status of the virtual service",
      async () => (await status("virtualservices", "vs")).includes("state: Accepted"),
    );
    await write("vs.yaml", base("one")["vs.yaml"]!.replace("prefix", "prefxi"));
    const rejected = await waitFor("the fault", async () => {
      const text = await status("virtualservices", "vs");
      return text.includes("state: Rejected") && text;
    });
    for (const part of ["reportedBy: gateway", "SLUICE-1002", "did you mean prefix", "vs.yaml", "line: 1"]) {
      assert.ok(rejected.includes(part), `${part} in ${rejected}`);
    }
    assert.deepEqual([...Deno.readDirSync(config)].map(({ name }) => name).sort(), [
      "gateway.yaml",
      "upstream.yaml",
      "vs.yaml",
    ]);
    await Deno.remove(`${config}/vs.yaml`);
    await waitFor("the status to go with its resource", async () => await status("virtualservices", "vs") === "");
  });
});

Deno.test("what is held at its last good form is held on when Settings change which namespaces are watched", async () => {
  await withControlPlane(base("one"), async ({ plane, write }) => {
    const statuses = async (): Promise<{ kind: string; name: string; state: string }[]> =>
      await (await fetch(`http://${plane.addresses.admin}/status`)).json();
    const input = async (): Promise<string> =>
      await (await fetch(`http://${plane.addresses.admin}/snapshots/input`)).text();
    await waitFor("the first sync", async () => (await statuses()).length === 3);
    await write("vs.yaml", "spec: [");
    await waitFor(
      "the fault",
      async () => (await statuses()).some(({ name, state }) => name === "vs" && state === "Rejected"),
    );
    await write("settings.yaml", resource("Settings", "default", { watchNamespaces: ["elsewhere"] }));
    await waitFor("the Settings", async () => (await statuses()).some(({ kind }) => kind === "Settings"));
    assert.match(await input(), /a\.test/, "the virtual service is still there");
    const { resources } = await connectOnce(
      plane,
      (client) => client.fetch("route", ask("route", [ROUTES], { node: node(ROLE) })),
    );
    assert.equal(resources?.length, 1);
  });
});

Deno.test("a header of a Secret that has changed is hidden even where a route that is held still shows it", async () => {
  const withHeader = (key: string): string =>
    virtualService("vs", ["a.test"], [
      to("backend", { prefix: "/" }, {
        headerManipulation: { requestHeadersToAdd: [{ headerSecretRef: { name: "auth", namespace: "gloo-system" } }] },
        ...(key ? { prefixRewrite: key } : {}),
      }),
    ]);
  const secret = (value: string): string =>
    JSON.stringify({
      apiVersion: "v1",
      kind: "Secret",
      metadata: { name: "auth", namespace: "gloo-system" },
      stringData: { authorization: value },
    });
  const files = { ...base("one"), "vs.yaml": withHeader(""), "secret.yaml": secret("old-secret-100%") };
  await withControlPlane(files, async ({ plane, write }) => {
    const xds = async (): Promise<string> =>
      await (await fetch(`http://${plane.addresses.admin}/snapshots/xds?node=${ROLE}`)).text();
    await waitFor("the header", async () => (await xds()).includes("authorization"));
    await write("vs.yaml", withHeader("/a/../b"));
    await write("secret.yaml", secret("new-secret"));
    const held = await waitFor("the hold", async () => {
      const status = await (await fetch(`http://${plane.addresses.admin}/status`)).text();
      return status.includes("last good form") && await xds();
    });
    assert.ok(held.includes("authorization") && held.includes("[redacted]"), held);
    assert.ok(!held.includes("old-secret") && !held.includes("new-secret"), held);
  });
});

Deno.test("Settings change while it runs: policies at once, addresses by starting again", async () => {
  const settings = (spec: object): string => resource("Settings", "default", spec);
  const files = { ...base("one"), "vs.yaml": virtualService("vs", ["a.test"], [to("nowhere")]) };
  await withControlPlane(files, async ({ plane, restarts, write }) => {
    const client = connect(plane.addresses.xds);
    const answered = async (): Promise<number | undefined> => {
      const { resources } = await client.fetch("route", ask("route", [ROUTES], { node: node(ROLE) }));
      const routes = decode("envoy.config.route.v3.RouteConfiguration", resources![0]!.value as Uint8Array);
      return routes.virtualHosts?.[0]?.routes?.[0]?.directResponse?.status;
    };
    assert.equal(await waitFor("routes", async () => await answered() ?? "a cluster"), "a cluster");
    await write(
      "settings.yaml",
      settings({ gloo: { invalidConfigPolicy: { replaceInvalidRoutes: true, invalidRouteResponseCode: 418 } } }),
    );
    await waitFor("the replacement", async () => await answered() === 418);
    assert.equal(restarts.length, 0);
    await write("settings.yaml", settings({ gloo: { xdsBindAddr: "0.0.0.0:1234" } }));
    await waitFor("the refusal to open xDS to everybody", async () => {
      const statuses = await (await fetch(`http://${plane.addresses.admin}/status`)).json() as {
        kind: string;
        reason: string;
      }[];
      return statuses.some(({ kind, reason }) => kind === "Settings" && /--insecure-xds/.test(reason));
    });
    assert.equal(restarts.length, 0);
    await write("settings.yaml", settings({ gloo: { xdsBindAddr: "127.0.0.1:1234" } }));
    await waitFor("the wish to start again", () => restarts.length === 1);
    assert.equal(restarts[0]!.xdsAddress, "127.0.0.1:1234");
    await client.close();
  });
});

Deno.test("a folder's link that was turned while a Worker started wants another Worker before anything is served", async () => {
  await Deno.mkdir(SCRATCH, { recursive: true });
  const folder = await Deno.makeTempDir({ dir: SCRATCH });
  await Deno.mkdir(`${folder}/config`);
  const restarts: ServeConfig[] = [];
  const plane = new ControlPlane({
    front: await XdsFront.open(configOf([`${folder}/config`], `${folder}/state`), await createMetrics()),
    links: JSON.stringify(["", "where it led before"]),
    restart: (wanted) => restarts.push(wanted),
  });
  try {
    await plane.start();
    assert.equal(restarts.length, 1);
    assert.equal(plane.addresses.xds, "");
  } finally {
    await plane.stop();
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("Gloo's mode does not start on Settings that cannot be used, and says why", async () => {
  await Deno.mkdir(SCRATCH, { recursive: true });
  const folder = await Deno.makeTempDir({ dir: SCRATCH });
  await Deno.mkdir(`${folder}/gloo-system`);
  await Deno.writeTextFile(`${folder}/gloo-system/default.yaml`, "metadata: {name: default}\nwrongField: 1\n");
  const front = await XdsFront.open({ ...configOf([], `${folder}/state`), settingsDir: folder }, await createMetrics());
  const plane = new ControlPlane({ front, restart: () => assert.fail("Settings that are bad want nothing") });
  try {
    await assert.rejects(plane.start(), /gloo-system\/default\.yaml: unknown field wrongField/);
  } finally {
    await plane.stop();
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("a state is served before any source is read; one that is older than what was served is not", async () => {
  await withControlPlane(base("one"), async ({ config, state, plane }) => {
    await waitFor(
      "the state",
      async () => (await Deno.stat(`${state}/served/log`).catch(() => undefined)) !== undefined,
    );
    await plane.stop();
    const open = async (isStale: boolean) => {
      const front = await XdsFront.open(configOf([config], state), await createMetrics(), isStale);
      const seen = [front.cache.roles(), front.address !== undefined];
      await front.close(0);
      await front.state.stop();
      return seen;
    };
    assert.deepEqual(await open(false), [[ROLE], true]);
    assert.deepEqual(await open(true), [[], false]);
  });
});
