/** From a saved file to the next request: the whole pipeline, with Envoy in state of the world and in delta. */
import assert from "node:assert/strict";
import { freePort, type RunningEnvoy, send, startBackend, startEnvoy, waitFor } from "./harness.ts";
import { makeFolder, startSluice } from "./product.ts";
import { answer, httpGateway, resource, to, upstream, virtualService } from "./yaml.ts";

const answers = async (port: number, host: string, path = "/"): Promise<string> => {
  const { status, body } = await send(port, path, { host });
  return `${status} ${body}`;
};

Deno.test("a directory of YAML drives real Envoys, and an edit changes the next request in both variants", async () => {
  const backend = startBackend("from the back end");
  const [sotwPort, deltaPort] = [freePort(), freePort()];
  const files = {
    "gateways.yaml": `${httpGateway(sotwPort, { proxyNames: ["sotw"] })}---\n${
      httpGateway(deltaPort, { proxyNames: ["delta"] })
    }`,
    "upstream.yaml": upstream("backend", backend.port),
    "vs.yaml": virtualService("vs", ["a.test"], [answer("fixed", { exact: "/fixed" }), to("backend")]),
  };
  const sluice = await startSluice({ files });
  const envoys: RunningEnvoy[] = [];
  try {
    envoys.push(await startEnvoy({ xds: sluice.xds, role: "gloo-system~sotw" }));
    envoys.push(await startEnvoy({ xds: sluice.xds, role: "gloo-system~delta", delta: true }));
    for (const port of [sotwPort, deltaPort]) {
      await waitFor("the back end's answer", async () => await answers(port, "a.test") === "200 from the back end");
      assert.equal(await answers(port, "a.test", "/fixed"), "200 fixed");
      assert.match(await answers(port, "other.test"), /^404/);
    }
    await sluice.write("vs.yaml", virtualService("vs", ["a.test"], [answer("edited")]));
    for (const port of [sotwPort, deltaPort]) {
      await waitFor("the edit", async () => await answers(port, "a.test") === "200 edited");
    }
    await sluice.remove("vs.yaml");
    for (const port of [sotwPort, deltaPort]) {
      // The last virtual service of a gateway takes its listener along, as in Gloo.
      await waitFor("the listener to go", async () => {
        try {
          await send(port);
          return false;
        } catch {
          return true;
        }
      });
    }
    const clients = await (await sluice.page("/clients")).json() as { role: string; variant: string; known: boolean }[];
    assert.deepEqual(clients.map(({ role, variant }) => `${role} ${variant}`).sort(), [
      "gloo-system~delta delta",
      "gloo-system~sotw sotw",
    ]);
  } finally {
    for (const envoy of envoys) await envoy.stop();
    await sluice.stop();
    await backend.stop();
  }
});

Deno.test("Gloo's own directory layout with its Settings file works unchanged, by Gloo's bootstrap", async () => {
  const port = freePort();
  const bare = (yaml: string): string => {
    const { metadata, spec } = JSON.parse(yaml);
    return JSON.stringify({ metadata, ...spec });
  };
  const sluice = await startSluice({
    sources: ["--dir", "{folder}"],
    files: {
      "config/gateways/gloo-system/http.yaml": bare(httpGateway(port)),
      "config/virtualservices/gloo-system/vs.yaml": bare(virtualService("vs", ["*"], [answer("gloo")])),
      // Settings name folders by their whole path, which only the running test knows; so they are written later.
      "gloo-system/default.yaml": "metadata: {name: default, namespace: gloo-system}\nrefreshRate: 1s\n",
    },
  });
  try {
    await sluice.write(
      "gloo-system/default.yaml",
      JSON.stringify({
        metadata: { name: "default", namespace: "gloo-system" },
        refreshRate: "1s",
        directoryConfigSource: { directory: `${sluice.config}/config` },
      }),
    );
    const address = await waitFor("sluice to start again with the folder that Settings name", () => {
      const lines = sluice.log().split("\n").filter((line) => line.includes("sluice serves"));
      return lines.length === 2 && (JSON.parse(lines[1]!) as { xds: string }).xds;
    });
    const envoy = await startEnvoy({ xds: address });
    try {
      await waitFor("the answer", async () => await answers(port, "any.test") === "200 gloo");
      const settings = (directory: string): string =>
        JSON.stringify({
          metadata: { name: "default", namespace: "gloo-system" },
          directoryConfigSource: { directory },
        });
      await sluice.write("gloo-system/default.yaml", settings(`${sluice.config}/confgi`));
      await waitFor("the refusal", () => /there is no folder .*confgi/.test(sluice.log()));
      assert.equal(await answers(port, "any.test"), "200 gloo", "a typo in Settings takes nothing down");
    } finally {
      await envoy.stop();
    }
  } finally {
    await sluice.stop();
  }
});

Deno.test("Settings that name a taken port take nothing down: Sluice goes on where it was and says so", async () => {
  const port = freePort();
  const taken = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const bindAddr = `127.0.0.1:${(taken.addr as Deno.NetAddr).port}`;
  const xdsPort = freePort();
  const own = `127.0.0.1:${xdsPort}`;
  const sluice = await startSluice({
    files: {
      "gateway.yaml": httpGateway(port),
      "vs.yaml": virtualService("vs", ["*"], [answer("here")]),
      "settings.yaml": resource("Settings", "default", { gloo: { xdsBindAddr: own } }),
    },
    xdsAddress: null,
    adminAddress: `127.0.0.1:${freePort()}`,
  });
  try {
    const envoy = await startEnvoy({ xds: own });
    try {
      await waitFor("the answer", async () => await answers(port, "any.test") === "200 here");
      await sluice.write("vs.yaml", virtualService("vs", ["*"], [answer("faulty", { regex: "(" })]));
      await waitFor(
        "the fault of the route",
        async () => (await sluice.status("VirtualService", "vs"))?.state === "Rejected",
      );
      await sluice.write("settings.yaml", resource("Settings", "default", { gloo: { xdsBindAddr: bindAddr } }));
      const status = await waitFor("the fault", async () => {
        const found = await sluice.status("Settings", "default");
        return found?.state === "Rejected" && found;
      });
      assert.match(status.reason, /goes on as before/);
      await waitFor("Envoy to ask again for its routes", async () => {
        const [client] = await (await sluice.page("/clients")).json() as { types: Record<string, unknown> }[];
        return client?.types.route;
      });
      assert.equal(await answers(port, "any.test"), "200 here", "what was held is held on");
      await sluice.write("settings.yaml", resource("Settings", "default", { gloo: { xdsBindAddr: own } }));
      await waitFor(
        "the Settings to be good again",
        async () => (await sluice.status("Settings", "default"))?.state === "Accepted",
      );
      await sluice.write("more.yaml", virtualService("more", ["more.test"], [answer("more")]));
      await waitFor("a later edit to get through", async () => await answers(port, "more.test") === "200 more");
    } finally {
      await envoy.stop();
    }
  } finally {
    await sluice.stop();
    taken.close();
  }
});

Deno.test("a folder behind a link is read with the Worker's permissions, and so is the next release when the link is turned", async () => {
  const port = freePort();
  const folder = await makeFolder({
    "releases/1/a.yaml": httpGateway(port) + "---\n" + virtualService("vs", ["*"], [answer("release 1")]),
    "releases/2/a.yaml": httpGateway(port) + "---\n" + virtualService("vs", ["*"], [answer("release 2")]),
  });
  await Deno.symlink(`${folder}/releases/1`, `${folder}/current`);
  const xdsPort = freePort();
  const sluice = await startSluice({ sources: ["--config", `${folder}/current`], xdsAddress: `127.0.0.1:${xdsPort}` });
  try {
    const envoy = await startEnvoy({ xds: sluice.xds });
    try {
      await waitFor("release 1", async () => await answers(port, "any.test") === "200 release 1");
      await Deno.symlink(`${folder}/releases/2`, `${folder}/next`);
      await Deno.rename(`${folder}/next`, `${folder}/current`);
      await waitFor("release 2", async () => await answers(port, "any.test") === "200 release 2");
    } finally {
      await envoy.stop();
    }
  } finally {
    await sluice.stop();
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("adding, changing and removing CORS on a route under traffic drains no connection", async () => {
  const port = freePort();
  const vs = (cors?: object): string =>
    virtualService("vs", ["*"], [answer("here", { prefix: "/" }, cors ? { cors } : undefined)]);
  const sluice = await startSluice({ files: { "gw.yaml": httpGateway(port), "vs.yaml": vs() } });
  const envoy = await startEnvoy({ xds: sluice.xds });
  const counters = ["listener_manager.listener_in_place_updated", "listener_manager.total_listeners_draining"];
  const drained = `http.http.downstream_cx_drain_close`;
  const allowed = async (): Promise<string> => {
    const { headers } = await send(port, "/", { headers: { origin: "https://app.test" } });
    return String(headers["access-control-allow-origin"] ?? "none") + "/" +
      String(headers["access-control-expose-headers"] ?? "none");
  };
  let running = true;
  const client = Deno.createHttpClient({ poolMaxIdlePerHost: 1 });
  const failures: string[] = [];
  const traffic = (async () => {
    while (running) {
      const response = await fetch(`http://127.0.0.1:${port}/`, { client });
      if (await response.text() !== "here") failures.push(String(response.status));
    }
  })();
  try {
    await waitFor("the first answer", async () => await allowed() === "none/none");
    const before = await Promise.all([...counters, drained].map(envoy.stat));
    await sluice.write("vs.yaml", vs({ allowOrigin: ["https://app.test"] }));
    await waitFor("CORS to be there", async () => await allowed() === "https://app.test/none");
    await sluice.write("vs.yaml", vs({ allowOrigin: ["https://app.test"], exposeHeaders: ["x-a"] }));
    await waitFor("CORS to be changed", async () => await allowed() === "https://app.test/x-a");
    await sluice.write("vs.yaml", vs());
    await waitFor("CORS to be gone", async () => await allowed() === "none/none");
    assert.deepEqual(await Promise.all([...counters, drained].map(envoy.stat)), before);
    assert.deepEqual(failures, []);
  } finally {
    running = false;
    await traffic.catch(() => {});
    client.close();
    await envoy.stop();
    await sluice.stop();
  }
});
