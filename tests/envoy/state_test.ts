/** A life of its own: a Sluice that was killed and started again, with real Envoys before, meanwhile and after. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { createAuthority, issueCertificate } from "../../scripts/certificates.ts";
import { type Answer, freePort, type RunningEnvoy, send, startBackend, startEnvoy, waitFor } from "./harness.ts";
import { makeFolder, type RunningSluice, type SluiceOptions, startSluice } from "./product.ts";
import { answer, httpGateway, httpsGateway, resource, tlsSecret, to, upstream, virtualService } from "./yaml.ts";

/** What a test starts, and ends when it is over. */
interface Scene {
  readonly folder: string;
  /** Where Envoys find Sluice, whichever process it is. */
  readonly xds: string;
  readonly port: number;
  /** Starts Sluice, or its next process. */
  start(options?: SluiceOptions): Promise<RunningSluice>;
  /** Ends the running process as a power cut of its own would. */
  kill(): Promise<void>;
  envoy(delta: boolean, options?: { readonly role?: string }): Promise<RunningEnvoy>;
  write(path: string, text: string): Promise<void>;
}

async function stage(play: (scene: Scene) => Promise<void>): Promise<void> {
  const folder = await makeFolder();
  await Deno.mkdir(join(folder, "config"));
  const xds = `127.0.0.1:${freePort()}`;
  let sluice: RunningSluice | undefined;
  const envoys: RunningEnvoy[] = [];
  const kill = async () => {
    await sluice?.stop("SIGKILL");
    sluice = undefined;
  };
  try {
    await play({
      ...{ folder, xds, port: freePort(), kill },
      start: async (options = {}) => {
        const running = sluice = await startSluice({ folder, xdsAddress: xds, ...options });
        if (options.until !== "serving") {
          await waitFor("the state", async () => await running.metric("sluice_state_bytes") > 0);
        }
        return running;
      },
      envoy: async (delta, options = {}) => {
        const envoy = await startEnvoy({ xds, delta, nodeId: delta ? "delta" : "sotw", ...options });
        envoys.push(envoy);
        return envoy;
      },
      write: (path, text) => Deno.writeTextFile(join(folder, "config", path), text),
    });
  } finally {
    for (const envoy of envoys) await envoy.stop();
    await kill();
    await Deno.remove(folder, { recursive: true });
  }
}

const get = (port: number, domain: string, path = "/"): Promise<Answer> => send(port, path, { host: domain });

const body = async (port: number, domain: string, path = "/"): Promise<string> => {
  const { status, body } = await get(port, domain, path);
  return status === 200 ? body : String(status);
};

/** Envoys that are connected and were told all there is. */
const connected = async (sluice: RunningSluice): Promise<number> =>
  ((await (await sluice.page("/clients")).json()) as unknown[]).length;

/** Some hosts that answer with their number. */
const hosts = (count: number): string =>
  Array.from({ length: count }, (_, i) => virtualService(`vs-${i}`, [`${i}.test`], [answer(`answer ${i}`)])).join(
    "---\n",
  );

for (const delta of [false, true]) {
  const variant = delta ? "delta with VHDS" : "state of the world";

  Deno.test(`state: after kill -9 nothing is sent to an Envoy whose configuration did not change (${variant})`, async () => {
    await stage(async ({ start, kill, envoy, port, write }) => {
      const backend = startBackend("backend");
      try {
        await write("gw.yaml", httpGateway(port));
        await write("many.yaml", hosts(30));
        await write(
          "up.yaml",
          `${upstream("one", backend.port)}---\n${virtualService("up", ["up.test"], [to("one")])}`,
        );
        await start();
        const running = await envoy(delta);
        assert.deepEqual([await body(port, "7.test"), await body(port, "up.test")], ["answer 7", "backend"]);
        await kill();
        const next = await start();
        assert.match(next.log(), /serving 1 role from the state/);
        await waitFor("Envoy to be back", async () => await connected(next) === 1);
        // Written after it, so that whatever the first sync had to tell is told when this is.
        await write("late.yaml", virtualService("late", ["late.test"], [answer("late")]));
        await waitFor("the edit", async () => await body(port, "late.test") === "late");
        assert.equal(await next.metric("sluice_xds_responses_total"), 1);
        assert.equal(await running.stat("listener_manager.listener_modified"), 0);
        assert.deepEqual([await body(port, "7.test"), await body(port, "up.test")], ["answer 7", "backend"]);
      } finally {
        await backend.stop();
      }
    });
  });

  Deno.test(`state: an Envoy that is new is served while all sources are gone, and then goes on (${variant})`, async () => {
    await stage(async ({ start, kill, envoy, port, write, folder }) => {
      await write("gw.yaml", httpGateway(port));
      await write("many.yaml", hosts(3));
      await start();
      await kill();
      await Deno.rename(join(folder, "config"), join(folder, "away"));
      const next = await start({ until: "serving" });
      await envoy(delta);
      assert.equal(await body(port, "2.test"), "answer 2");
      await waitFor("the first sync", () => next.log().includes('"message":"ready"'));
      assert.equal(await body(port, "2.test"), "answer 2");
      const missing = (await next.statuses()).filter(({ kind }) => kind === "File");
      assert.deepEqual(missing.flatMap(({ reasons }) => reasons.map(({ code }) => code)), ["SLUICE-1107"]);
      const sent = await next.metric("sluice_xds_responses_total");
      await Deno.rename(join(folder, "away"), join(folder, "config"));
      await waitFor("the folder", async () => (await next.statuses()).every(({ kind }) => kind !== "File"));
      assert.equal(await next.metric("sluice_xds_responses_total"), sent);
      await write("many.yaml", hosts(2));
      await waitFor("the removal", async () => await body(port, "2.test") === "404");
      assert.equal(await body(port, "1.test"), "answer 1");
    });
  });
}

Deno.test("state: killed again and again while files are edited, Envoys never fail and end with the last edit", async () => {
  await stage(async ({ start, kill, envoy, port, write }) => {
    await write("gw.yaml", httpGateway(port));
    await write("many.yaml", hosts(30));
    await write("edited.yaml", virtualService("edited", ["edited.test"], [answer("edit 0")]));
    await start();
    await envoy(true);
    let [edits, asked, failed, ended] = [0, 0, 0, false];
    const traffic = (async () => {
      for (; !ended; asked++) if (await body(port, "7.test").catch(String) !== "answer 7") failed++;
    })();
    for (let round = 0; round < 6; round++) {
      // Each time in the middle of something else: of the first list, the first sync, the file being written anew, or an edit.
      for (let i = 0; i < 3 + 5 * round; i++) {
        await write("edited.yaml", virtualService("edited", ["edited.test"], [answer(`edit ${++edits}`)]));
        await waitFor("traffic", ((before) => () => asked > before)(asked));
      }
      await kill();
      await start({ until: "serving" });
    }
    await waitFor("the last edit", async () => await body(port, "edited.test") === `edit ${edits}`);
    ended = true;
    await traffic;
    assert.ok(asked > 50);
    assert.equal(failed, 0, `of ${asked} requests`);
  });
});

Deno.test("state: a folder that is another one and empty deletes nothing; files that were deleted meanwhile are gone", async () => {
  await stage(async ({ start, kill, envoy, port, write, folder }) => {
    const config = join(folder, "config");
    await write("gw.yaml", httpGateway(port));
    await write("one.yaml", virtualService("one", ["one.test"], [answer("one")]));
    await write("two.yaml", virtualService("two", ["two.test"], [answer("two")]));
    await start();
    await envoy(true);
    await kill();
    await Deno.remove(join(config, "two.yaml"));
    await start();
    await waitFor("what was deleted to be gone", async () => await body(port, "two.test") === "404");
    await kill();
    await Deno.rename(config, join(folder, "away"));
    await Deno.mkdir(config);
    const next = await start();
    assert.equal(await body(port, "one.test"), "one");
    const codes = (await next.statuses()).flatMap(({ kind, reasons }) => kind === "File" ? reasons : []);
    assert.deepEqual(codes.map(({ code }) => code), ["SLUICE-1111"]);
    // And a second time: the empty folder is not taken for the one that was read.
    await kill();
    await start();
    assert.equal(await body(port, "one.test"), "one");
    await write("gw.yaml", httpGateway(port));
    await write("three.yaml", virtualService("three", ["three.test"], [answer("three")]));
    await waitFor("the file", async () => await body(port, "three.test") === "three");
    await waitFor("the rest to be gone", async () => await body(port, "one.test") === "404");
  });
});

Deno.test("state: a role whose Gateways went while Sluice was away serves nothing; the other is served all along", async () => {
  await stage(async ({ start, kill, envoy, port, write, folder }) => {
    const edge = freePort();
    await write("gw.yaml", httpGateway(port));
    await write("edge.yaml", httpGateway(edge, { proxyNames: ["edge"] }));
    await write("vs.yaml", virtualService("vs", ["vs.test"], [answer("vs")]));
    await start();
    await envoy(false);
    await envoy(true, { role: "gloo-system~edge" });
    assert.deepEqual([await body(port, "vs.test"), await body(edge, "vs.test")], ["vs", "vs"]);
    await kill();
    await Deno.remove(join(folder, "config/edge.yaml"));
    await start();
    await waitFor("the listener to go", () => body(edge, "vs.test").then(() => false, () => true));
    assert.equal(await body(port, "vs.test"), "vs");
  });
});

Deno.test("state: a file that is bad at the very start is served in its last good form, whatever is wrong in it", async () => {
  await stage(async ({ start, kill, envoy, port, write }) => {
    await write("gw.yaml", httpGateway(port));
    const good = (name: string) => virtualService(name, [`${name}.test`], [answer(name)]);
    for (const name of ["yaml", "field", "route", "fine"]) await write(`${name}.yaml`, good(name));
    await start();
    await envoy(false);
    await kill();
    await write("yaml.yaml", "apiVersion: gateway.solo.io/v1\nkind: [VirtualService\n");
    await write("field.yaml", good("field").replace("domains", "domainss"));
    const faulty = {
      matchers: [{ prefix: "/" }],
      routeAction: { single: { upstream: { name: "nowhere" } } },
      options: { timeout: "-5s" },
    };
    await write("route.yaml", virtualService("route", ["route.test"], [faulty]));
    const next = await start();
    for (const name of ["yaml", "field", "route", "fine"]) assert.equal(await body(port, `${name}.test`), name);
    for (const name of ["yaml", "field", "route"]) {
      assert.equal((await next.status("VirtualService", name))?.state, "Rejected", name);
    }
    await waitFor("Envoy to be back", async () => await connected(next) === 1);
    assert.equal(await next.metric("sluice_xds_responses_total"), 0);
    // What is held goes on being kept.
    await kill();
    await start();
    for (const name of ["yaml", "field", "route", "fine"]) assert.equal(await body(port, `${name}.test`), name);
  });
});

Deno.test("state: one that is damaged is set aside and told, and the sources are served", async () => {
  await stage(async ({ start, kill, envoy, port, write, folder }) => {
    await write("gw.yaml", httpGateway(port));
    await write("many.yaml", hosts(3));
    await start();
    await kill();
    const log = join(folder, "state/served/log");
    const bytes = await Deno.readFile(log);
    bytes[bytes.length >> 1]! ^= 1;
    await Deno.writeFile(log, bytes);
    const next = await start();
    await envoy(true);
    assert.equal(await body(port, "2.test"), "answer 2");
    const report = (await next.statuses()).find(({ kind }) => kind === "File");
    assert.deepEqual(report?.reasons.map(({ code }) => code), ["SLUICE-1503"]);
    assert.match(report!.reason, /set aside as rejected-.* it is damaged/);
    assert.match(next.log(), /"level":"error","message":"the state was set aside/);
  });
});

Deno.test("state: where Settings moved xDS, it is served there at once, and keys are on no page", async () => {
  const authority = await createAuthority("tests");
  const web = await issueCertificate(authority, { commonName: "web", dnsNames: ["web.test"] });
  await stage(async ({ start, kill, envoy, port, write, folder, xds }) => {
    await write("settings.yaml", resource("Settings", "default", { gloo: { xdsBindAddr: xds } }));
    const secure = freePort();
    const ssl = { sslConfig: { secretRef: { name: "web", namespace: "gloo-system" } } };
    await write("gw.yaml", `${httpGateway(port)}---\n${httpsGateway(secure)}`);
    await write("vs.yaml", virtualService("plain", ["plain.test"], [answer("plain")]));
    await write("web.yaml", virtualService("web", ["web.test"], [answer("web")], ssl));
    await write("secret.yaml", tlsSecret("web", web.cert, web.key));
    await start({ xdsAddress: null });
    await kill();
    await Deno.rename(join(folder, "config"), join(folder, "away"));
    const next = await start({ xdsAddress: null, until: "serving" });
    assert.equal(next.xds, xds);
    await envoy(true);
    assert.equal(await body(port, "plain.test"), "plain");
    const key = web.key.split("\n")[1]!;
    for (const page of ["/snapshots/xds?node=gloo-system~gateway-proxy", "/snapshots/input", "/status", "/clients"]) {
      assert.ok(!(await (await next.page(page)).text()).includes(key), page);
    }
    assert.ok(!next.log().includes(key));
    await waitFor("the first sync", () => next.log().includes('"message":"ready"'));
    assert.equal(await body(port, "plain.test"), "plain");
  });
});

Deno.test("state: a folder belongs to one Sluice; what another configuration served is not served", async () => {
  await stage(async ({ start, kill, port, write, folder }) => {
    await write("gw.yaml", httpGateway(port));
    await write("many.yaml", hosts(1));
    const first = await start();
    await assert.rejects(
      startSluice({ folder }),
      (error: Error) =>
        /ended with code 2/.test(error.message) && /another sluice uses the state folder/.test(error.message),
    );
    assert.equal((await first.page("/readyz")).status, 200);
    await kill();
    const other = join(folder, "other");
    await Deno.mkdir(other);
    const next = await start({ sources: ["--config", other] });
    assert.match(next.log(), /the state is that of another configuration, and is not served/);
    assert.equal((await next.page("/snapshots/xds?node=gloo-system~gateway-proxy")).status, 404);
  });
});

Deno.test("state: in Gloo's mode Settings that are away, or gone, remove nothing", async () => {
  await stage(async ({ start, kill, envoy, port, folder }) => {
    const settings = resource("Settings", "default", {
      directoryConfigSource: { directory: join(folder, "config/resources") },
      directorySecretSource: { directory: join(folder, "config/secrets") },
    });
    const file = join(folder, "config/gloo-system/default.yaml");
    for (const name of ["gloo-system", "resources", "secrets"]) await Deno.mkdir(join(folder, "config", name));
    await Deno.writeTextFile(file, settings);
    await Deno.writeTextFile(join(folder, "config/resources/all.yaml"), `${httpGateway(port)}---\n${hosts(2)}`);
    const sources = ["--dir", "{folder}"];
    await start({ sources });
    await kill();
    await Deno.rename(join(folder, "config"), join(folder, "away"));
    await start({ sources });
    await envoy(true);
    assert.equal(await body(port, "1.test"), "answer 1");
    await kill();
    await Deno.rename(join(folder, "away"), join(folder, "config"));
    await Deno.remove(file);
    const next = await start({ sources, until: "serving" });
    await waitFor("the fault", () => next.log().includes("Sluice serves what it served last"));
    assert.deepEqual((await next.statuses()).map(({ kind, name }) => [kind, name]), [["File", file]]);
    assert.equal(await body(port, "1.test"), "answer 1");
    await Deno.writeTextFile(file, settings);
    await waitFor("the first sync", () => next.log().includes('"message":"ready"'));
    assert.equal(await body(port, "1.test"), "answer 1");
  });
});

/** Whether this user may mount; elsewhere a full disk cannot be had. */
async function isMounted(folder: string, size: string): Promise<boolean> {
  await Deno.mkdir(folder);
  const args = ["-t", "tmpfs", "-o", `size=${size}`, "tmpfs", folder];
  return (await new Deno.Command("mount", { args, stderr: "null" }).output()).success;
}

Deno.test("state: a full disk stops nothing, is told once, and what was served meanwhile is written when there is room", async () => {
  await stage(async ({ start, kill, envoy, port, write, folder }) => {
    const disk = join(folder, "state");
    if (!await isMounted(disk, "1m")) return console.log("not tried: this user may not mount a small disk");
    try {
      await write("gw.yaml", httpGateway(port));
      await write("vs.yaml", virtualService("vs", ["vs.test"], [answer("edit 0")]));
      const first = await start();
      await envoy(true);
      const filler = await Deno.open(join(disk, "filler"), { write: true, create: true });
      await assert.rejects((async () => {
        for (;;) await filler.write(new Uint8Array(4096));
      })());
      filler.close();
      // A page of the file may have room left.
      let edits = 0;
      while (await first.metric("sluice_state_write_failures_total") === 0) {
        await write("vs.yaml", virtualService("vs", ["vs.test"], [answer(`edit ${++edits}`)]));
        await waitFor("the edit", async () => await body(port, "vs.test") === `edit ${edits}`);
      }
      await write("vs.yaml", virtualService("vs", ["vs.test"], [answer("the last")]));
      await waitFor("an edit without a state", async () => await body(port, "vs.test") === "the last");
      await waitFor("another attempt", async () => await first.metric("sluice_state_write_failures_total") > 1);
      const told = first.log().split("\n").filter((line) => line.includes("the state cannot be written"));
      assert.equal(told.length, 1);
      const faults = (await first.statuses()).flatMap(({ kind, reasons }) => kind === "File" ? reasons : []);
      assert.ok(faults.some(({ code }) => code === "SLUICE-1504"));
      await Deno.remove(join(disk, "filler"));
      await waitFor("room", () => first.log().includes("the state is written again"));
      await kill();
      await Deno.rename(join(folder, "config"), join(folder, "away"));
      await start({ until: "serving" });
      assert.equal(await body(port, "vs.test"), "the last");
    } finally {
      await kill();
      await new Deno.Command("umount", { args: [disk] }).output();
    }
  });
});
