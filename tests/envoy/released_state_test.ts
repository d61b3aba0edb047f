/** A Sluice that is upgraded: it starts on the state folder that an earlier version left. */
import assert from "node:assert/strict";
import { request as httpsRequest } from "node:https";
import { dirname, join } from "node:path";
import { FORMAT } from "../../src/state/frames.ts";
import { freePort, type RunningEnvoy, send, startEnvoy, waitFor } from "./harness.ts";
import { makeFolder, type RunningSluice, startSluice } from "./product.ts";
import { configFolder, HTTP_PORT, HTTPS_PORT, RELEASED, releasedVersions } from "./released/fixture.ts";
import { answer, virtualService } from "./yaml.ts";

/** Number of the format that a log is in. */
function formatOf(log: Uint8Array): number {
  return new DataView(log.buffer).getUint32(12, true);
}

async function body(host: string, path = "/"): Promise<string> {
  const answered = await send(HTTP_PORT, path, { host });
  return answered.status === 200 ? answered.body : String(answered.status);
}

/** The answer over TLS, with the name in the certificate that came. */
function secureBody(host: string): Promise<string> {
  return new Promise((resolve, reject) => {
    // The certificate is not checked, so the authorities of the system, which want a permission, are not asked for.
    const trust = { rejectUnauthorized: false, ca: [] };
    const options = { port: HTTPS_PORT, servername: host, headers: { host }, agent: false, ...trust };
    const request = httpsRequest({ host: "127.0.0.1", ...options }, (response) => {
      let text = "";
      response.on("data", (chunk) => text += chunk);
      response.on("end", () => resolve(text));
    });
    request.on("error", reject);
    request.end();
  });
}

interface Upgrade {
  /** Of the state folder; the configuration is not there yet. */
  readonly folder: string;
  readonly config: string;
  start(until: "serving" | "ready"): Promise<RunningSluice>;
  envoy(): Promise<RunningEnvoy>;
  /** Puts the configuration that the version had into its place, all at once. */
  bringConfiguration(): Promise<void>;
}

async function upgradeFrom(version: string, play: (upgrade: Upgrade) => Promise<void>): Promise<void> {
  const config = configFolder(version);
  // Of two runs of the tests on a machine the second waits: there is one such path.
  await waitFor(`${dirname(config)} to be nobody's; where no test runs, remove it`, async () => {
    await Deno.mkdir(dirname(config));
    return true;
  }, 60_000);
  const folder = await makeFolder();
  const started: { stop(): Promise<unknown> }[] = [];
  const keep = <T extends { stop(): Promise<unknown> }>(one: T): T => (started.unshift(one), one);
  const xdsAddress = `127.0.0.1:${freePort()}`;
  try {
    await copyFolder(`${RELEASED}${version}/served`, join(folder, "state/served"));
    await play({
      ...{ folder, config },
      start: async (until) => keep(await startSluice({ folder, xdsAddress, sources: ["--config", config], until })),
      envoy: async () => keep(await startEnvoy({ xds: xdsAddress })),
      bringConfiguration: async () => {
        await copyFolder(`${RELEASED}${version}/config`, `${config}.new`);
        await Deno.rename(`${config}.new`, config);
      },
    });
  } finally {
    for (const one of started) await one.stop();
    await Deno.remove(folder, { recursive: true });
    await Deno.remove(dirname(config), { recursive: true });
  }
}

async function copyFolder(from: string, to: string): Promise<void> {
  await Deno.mkdir(to, { recursive: true });
  for (const { name } of Deno.readDirSync(from)) await Deno.copyFile(join(from, name), join(to, name));
}

async function servesAll(): Promise<void> {
  assert.deepEqual(
    [
      await body("plain.test"),
      await body("plain.test", "/table"),
      await body("held.test"),
      await secureBody("secure.test"),
    ],
    ["plain", "table", "held", "secure"],
  );
  assert.equal(await body("plain.test", "/up"), "503");
}

for (const version of releasedVersions()) {
  const log = Deno.readFileSync(`${RELEASED}${version}/served/log`);
  if (formatOf(log) === FORMAT) {
    Deno.test(`upgrade: what ${version} served is served before any source is read, and goes on from there`, async () => {
      await upgradeFrom(version, async ({ start, envoy, config, bringConfiguration }) => {
        const sluice = await start("serving");
        assert.match(sluice.log(), /serving 1 role from the state/);
        const running = await envoy();
        await servesAll();
        await waitFor("the first sync", () => sluice.log().includes('"message":"ready"'));
        const sent = await sluice.metric("sluice_xds_responses_total");
        const missing = async () => (await sluice.statuses()).some(({ kind }) => kind === "File");
        assert.ok(await missing());
        await bringConfiguration();
        await waitFor("the folder", async () => !await missing());
        assert.equal((await sluice.status("VirtualService", "held"))?.state, "Rejected");
        await servesAll();
        assert.equal(await sluice.metric("sluice_xds_responses_total"), sent, "nothing changed, and nothing is sent");
        await Deno.writeTextFile(`${config}/held.yaml`, virtualService("held", ["held.test"], [answer("mended")]));
        await waitFor("the edit", async () => await body("held.test") === "mended");
        assert.equal(await running.stat("listener_manager.listener_modified"), 0);
      });
    });
  } else {
    Deno.test(`upgrade: the state of ${version} has another format: it is set aside, that is said, and files are read`, async () => {
      await upgradeFrom(version, async ({ start, envoy, folder, bringConfiguration }) => {
        await bringConfiguration();
        const sluice = await start("ready");
        const codes = (await sluice.statuses()).flatMap(({ reasons }) => reasons.map(({ code }) => code));
        assert.ok(codes.includes("SLUICE-1503"), String(codes));
        const kept = [...Deno.readDirSync(join(folder, "state/served"))].map(({ name }) => name);
        assert.ok(kept.some((name) => name.startsWith("rejected-")), String(kept));
        await envoy();
        assert.equal(await body("plain.test"), "plain");
      });
    });
  }
}

Deno.test("upgrade: there is a state of a released version", () => {
  assert.notDeepEqual(releasedVersions(), []);
});
