/** What the executable tells a service manager, over a real socket. What a real systemd makes of it: booted_test.ts. */
import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { freePort, waitFor } from "../envoy/harness.ts";
import { makeFolder, type RunningSluice, type SluiceOptions, startSluice } from "../envoy/product.ts";
import { answer, httpGateway, resource, virtualService } from "../envoy/yaml.ts";
import { EXECUTABLE, EXECUTABLE_ENV } from "../executable/executables.ts";
import { NotifyReceiver } from "./notify_receiver.ts";

const FREEZE = fileURLToPath(new URL("freeze_worker.py", import.meta.url));

const FILES = { "gw.yaml": httpGateway(8080), "vs.yaml": virtualService("vs", ["*"], [answer("one")]) };

/** Those of the test that runs. */
const startedOnes: RunningSluice[] = [];

async function started(address: string, more: SluiceOptions = {}): Promise<RunningSluice> {
  const env = { ...EXECUTABLE_ENV, NOTIFY_SOCKET: address, ...more.env };
  const sluice = await startSluice({ executable: EXECUTABLE, ...more, env });
  startedOnes.push(sluice);
  return sluice;
}

/** Whatever it started is stopped. */
async function withFolder(test: (folder: string) => Promise<void>): Promise<void> {
  const folder = await makeFolder();
  try {
    await test(folder);
  } finally {
    for (const sluice of startedOnes.splice(0)) await sluice.stop();
    await Deno.remove(folder, { recursive: true });
  }
}

const xdsAt = (port: number): string => resource("Settings", "default", { gloo: { xdsBindAddr: `127.0.0.1:${port}` } });

for (const kind of ["a path", "an abstract name"]) {
  Deno.test(`service manager: it is told of a whole life, at ${kind}`, () =>
    withFolder(async (folder) => {
      const address = kind === "a path" ? `${folder}/notify` : `@sluice-test-${crypto.randomUUID()}`;
      await using manager = new NotifyReceiver(address);
      const files = { ...FILES, "settings.yaml": xdsAt(freePort()) };
      const sluice = await started(address, { files, xdsAddress: null });
      await manager.until("READY");
      assert.match(manager.status, /^Serving gloo-system~gateway-proxy as of [\d:TZ-]+$/);
      // A name cannot give orders of its own.
      await sluice.write("bad\nMAINPID=1.yaml", "{\n");
      await manager.untilStatus(/; .*bad MAINPID=1\.yaml:2: unexpected end .* \(http:.*\/status\)$/);
      assert.ok(!manager.names().includes("MAINPID"));

      const beforeReload = manager.told.length;
      Deno.kill(sluice.pid, "SIGHUP");
      await manager.until("RELOADING", beforeReload);
      await manager.until("READY", beforeReload);
      assert.match(sluice.log(), /every source was looked at/);

      const beforeSettings = manager.told.length;
      await sluice.write("settings.yaml", xdsAt(freePort()));
      await manager.until("RELOADING", beforeSettings);
      await manager.until("READY", beforeSettings);

      assert.equal(await sluice.stop(), 0);
      await manager.until("STOPPING");
      const states = manager.names().filter((name) => name !== "STATUS" && name !== "EXTEND_TIMEOUT_USEC");
      assert.deepEqual(states, ["READY", "RELOADING", "READY", "RELOADING", "READY", "STOPPING"]);
      assert.equal(manager.status, "Stopping");
    }));
}

Deno.test("service manager: nothing to serve is ready too, and so is what was served last", () =>
  withFolder(async (folder) => {
    await using manager = new NotifyReceiver(`${folder}/notify`);
    await Deno.mkdir(`${folder}/config`);
    const first = await started(manager.address, { folder });
    await manager.until("READY");
    assert.match(manager.status, /^Serving nothing: no Gateway with routes was read, and no Proxy$/);
    for (const [path, text] of Object.entries(FILES)) await first.write(path, text);
    await manager.untilStatus(/^Serving gloo-system~gateway-proxy as of/);
    await first.stop();
    await Deno.remove(`${folder}/config`, { recursive: true });
    const before = manager.told.length;
    const second = await started(manager.address, { folder, until: "serving" });
    await manager.until("READY", before);
    const ready = manager.told.slice(before).find(({ READY }) => READY)!;
    assert.match(ready.STATUS!, /^Serving what was served last, at [\d:TZ-]+, until all is read/);
    await manager.untilStatus(/^Serving gloo-system~gateway-proxy as of .*config/);
    await second.stop();
  }));

Deno.test("service manager: the Worker's thread is what answers the watchdog", () =>
  withFolder(async (folder) => {
    await using manager = new NotifyReceiver(`${folder}/notify`);
    const sluice = await started(manager.address, { files: FILES, env: { WATCHDOG_USEC: "100000" } });
    await manager.until("READY");
    await manager.until("WATCHDOG", manager.told.length);
    const freezer = new Deno.Command("python3", {
      args: [FREEZE, `${sluice.pid}`],
      stdin: "piped",
      stdout: "piped",
      stderr: "inherit",
    }).spawn();
    const { value } = await freezer.stdout.getReader().read();
    assert.match(new TextDecoder().decode(value), /^frozen/);
    const frozen = manager.told.length;
    // Main lives on: it asks, and tells of a reload in which nobody looks.
    Deno.kill(sluice.pid, "SIGHUP");
    await manager.until("RELOADING", frozen);
    const awake = await timesAwake(sluice.pid);
    await waitFor("main to ask many times", async () => await timesAwake(sluice.pid) > awake + 20);
    const signs = manager.names(frozen).filter((name) => name === "WATCHDOG");
    // An answer from before may have been under way.
    assert.ok(signs.length <= 1, `${signs.length} signs of life of a Worker that hangs`);
    assert.ok(!manager.names(frozen).includes("READY"));
    await freezer.stdin.close();
    await freezer.status;
    const thawed = manager.told.length;
    await manager.until("WATCHDOG", thawed);
    await manager.until("READY", frozen);
    assert.equal(await sluice.stop(), 0);
  }));

/** How often the main thread of a process has woken up. */
async function timesAwake(pid: number): Promise<number> {
  const status = await Deno.readTextFile(`/proc/${pid}/task/${pid}/status`);
  return Number(/^voluntary_ctxt_switches:\s*(\d+)$/m.exec(status)![1]);
}

Deno.test("service manager: the watchdog of another process is not answered", () =>
  withFolder(async (folder) => {
    await using manager = new NotifyReceiver(`${folder}/notify`);
    const env = { WATCHDOG_USEC: "20000", WATCHDOG_PID: "1" };
    const sluice = await started(manager.address, { files: FILES, env });
    await manager.until("READY");
    await sluice.write("vs.yaml", virtualService("vs", ["*"], [answer("two")]));
    await sluice.stop();
    await manager.until("STOPPING");
    assert.ok(!manager.names().includes("WATCHDOG"));
  }));

Deno.test("service manager: a socket that is not there takes nothing down, and is told of once", () =>
  withFolder(async () => {
    const sluice = await started("/nowhere/notify", { files: FILES });
    await waitFor("the complaint", () => /cannot be told how Sluice fares/.test(sluice.log()));
    Deno.kill(sluice.pid, "SIGHUP");
    await waitFor("the look", () => /every source was looked at/.test(sluice.log()));
    assert.equal((await sluice.page("/readyz")).status, 200);
    assert.equal(sluice.log().match(/cannot be told how Sluice fares/g)?.length, 1);
    assert.equal(await sluice.stop(), 0);
  }));

Deno.test("service manager: without one SIGHUP ends Sluice, as it does any program of a terminal", async () => {
  const sluice = await startSluice({ executable: EXECUTABLE, env: EXECUTABLE_ENV, files: FILES });
  assert.notEqual(await sluice.stop("SIGHUP"), 0);
});
