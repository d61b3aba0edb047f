/** The package on a real systemd: installed, configured, reloaded, hung, restarted, stopped, purged. */
import assert from "node:assert/strict";
import { createAuthority, issueCertificate } from "../../scripts/certificates.ts";
import { ARCHITECTURES, makeDeb } from "../../scripts/packaging/deb.ts";
import { envoyPath, waitFor } from "../envoy/harness.ts";
import { answer, httpGateway, virtualService } from "../envoy/yaml.ts";
import { EXECUTABLE } from "../executable/executables.ts";
import { BootedSystem, whyNotBooted } from "./booted.ts";

const FREEZE = new URL("freeze_worker.py", import.meta.url);
const PORT = 8080;

const why = whyNotBooted();
const serves = (text: string): string => virtualService("vs", ["*"], [answer(text)]);

async function install(system: BootedSystem): Promise<void> {
  const output = await Deno.makeTempFile({ suffix: ".deb" });
  try {
    const architecture = ARCHITECTURES[Deno.build.arch];
    await makeDeb({ executable: EXECUTABLE, version: "0.0.1", architecture, seconds: 1_700_000_000, output });
    await system.put("/root/sluice.deb", await Deno.readFile(output));
  } finally {
    await Deno.remove(output);
  }
  await system.done("dpkg", "--install", "/root/sluice.deb");
}

async function startEnvoyUnit(system: BootedSystem): Promise<void> {
  await system.put("/usr/bin/envoy", await Deno.readFile(envoyPath()), "755");
  await system.done("mkdir", "/etc/envoy");
  const bootstrap = await system.done("sluice", "bootstrap", "--xds-address", "unix:/run/sluice/xds.sock");
  await system.put("/etc/envoy/envoy.yaml", bootstrap);
  await system.done("cp", "/usr/share/doc/sluice/examples/envoy.service", "/etc/systemd/system/envoy.service");
  await system.done("systemctl", "daemon-reload");
  await system.done("systemctl", "start", "envoy");
}

/** Lines of a drop-in, and a restart with them. */
async function restartWith(system: BootedSystem, name: string, lines: readonly string[]): Promise<void> {
  const folder = "/etc/systemd/system/sluice.service.d";
  await system.done("mkdir", "-p", folder);
  await system.put(`${folder}/${name}.conf`, `[Service]\n${lines.join("\n")}\n`);
  await system.done("systemctl", "daemon-reload");
  await system.done("systemctl", "restart", "sluice");
}

async function untilServed(system: BootedSystem, text: string): Promise<void> {
  await waitFor(`${text} from Envoy`, async () => (await ask(system)) === text);
}

const ask = async (system: BootedSystem): Promise<string> =>
  (await system.run("curl", "--silent", `http://127.0.0.1:${PORT}/`)).out;

async function untilStatus(system: BootedSystem, pattern: RegExp): Promise<void> {
  await waitFor(`the status ${pattern}`, async () => pattern.test(await system.property("sluice", "StatusText")));
}

/** Names are what is printed of tests. */
const leftOut = why === undefined ? "" : ` (left out: ${why})`;

Deno.test(
  { name: `systemd: the life of the package on a booted one${leftOut}`, ignore: why !== undefined },
  async (t) => {
    await using system = await BootedSystem.boot();
    const step = async (name: string, run: () => Promise<void>): Promise<void> => {
      // What follows rests on it.
      if (await t.step(name, run)) return;
      const { out } = await system.run("journalctl", "--lines", "40", "--no-pager", "--output", "short-precise");
      throw new Error(`${name}; the journal's end:\n${out}`);
    };
    const [version] = (await system.done("systemctl", "--version")).split("\n");
    const kernel = await system.done("uname", "--kernel-release");
    await step(`${version} is PID 1, on Linux ${kernel}`, async () => {
      assert.equal(await system.done("cat", "/proc/1/comm"), "systemd");
    });

    await step("installed, it runs, and serves nothing yet", async () => {
      await install(system);
      assert.equal(await system.done("systemctl", "is-active", "sluice"), "active");
      assert.equal(await system.done("systemctl", "is-enabled", "sluice"), "enabled");
      await untilStatus(system, /^Serving nothing: no Gateway/);
      assert.equal((await system.run("systemd-analyze", "verify", "sluice.service")).err, "");
    });

    await step("a file that is saved is served by an Envoy under its own unit", async () => {
      await startEnvoyUnit(system);
      await system.put("/etc/sluice/gw.yaml", httpGateway(PORT));
      await system.put("/etc/sluice/vs.yaml", serves("one"));
      await untilServed(system, "one");
      await system.put("/etc/sluice/vs.yaml", serves("two"), "640");
      await untilServed(system, "two");
      assert.match(
        await system.done("systemctl", "status", "sluice"),
        /Status: "Serving gloo-system~gateway-proxy as of/,
      );
    });

    await step("configuration, state and socket are for those who need them", async () => {
      const owner = (path: string) => system.done("stat", "--format", "%U %G %a", path);
      assert.equal(await owner("/etc/sluice"), "root sluice-config 2750");
      assert.equal(await owner("/run/sluice/xds.sock"), "sluice sluice-xds 660");
      assert.equal(await owner("/var/lib/private/sluice/served/log"), "sluice sluice-xds 600");
      const stranger = ["setpriv", "--reuid=nobody", "--regid=nogroup", "--clear-groups"];
      assert.match((await system.run(...stranger, "cat", "/etc/sluice/vs.yaml")).err, /Permission denied/);
      const connect = ["python3", "-c", "import socket; socket.socket(socket.AF_UNIX).connect('/run/sluice/xds.sock')"];
      assert.match((await system.run(...stranger, ...connect)).err, /PermissionError/);
      const envoys = ["setpriv", "--reuid=nobody", "--regid=nogroup", "--groups=sluice-xds"];
      assert.equal((await system.run(...envoys, ...connect)).code, 0);
    });

    await step("what is wrong is in the status, and in the journal with its priority", async () => {
      await system.put("/etc/sluice/bad.yaml", "{\n");
      await untilStatus(system, /\/etc\/sluice\/bad\.yaml:2: unexpected end/);
      const log = await system.done("journalctl", "--unit", "sluice", "--priority", "warning", "--output", "cat");
      assert.match(log, /^\S+ warn .*unexpected end/m);
      assert.doesNotMatch(log, / info |<\d>/);
      await system.done("rm", "/etc/sluice/bad.yaml");
    });

    await step("systemctl reload has every source looked at", async () => {
      const looked = async () => (await log(system)).match(/every source was looked at/g)?.length ?? 0;
      assert.equal(await looked(), 0);
      await system.done("systemctl", "reload", "sluice");
      await waitFor("the look", async () => await looked() === 1);
      await waitFor("the end of the reload", async () => (await system.property("sluice", "ActiveState")) === "active");
    });

    await step("a Worker that hangs is ended, and what was served is served again", async () => {
      await restartWith(system, "watchdog", ["WatchdogSec=2s"]);
      const pid = await system.property("sluice", "MainPID");
      await system.put("/root/freeze.py", await Deno.readTextFile(FREEZE));
      const freezer = system.start("python3", "/root/freeze.py", pid);
      await waitFor("the restart", async () => await system.property("sluice", "NRestarts") === "1");
      await freezer.output();
      await waitFor("it to run", async () => await system.property("sluice", "ActiveState") === "active");
      const after = await log(system);
      assert.match(after, /Watchdog timeout[^]*serving 1 role from the state/);
      await system.put("/etc/sluice/vs.yaml", serves("three"));
      await untilServed(system, "three");
    });

    await step("a process that is stopped is ended too", async () => {
      const pid = await system.property("sluice", "MainPID");
      await system.done("kill", "-STOP", pid);
      await waitFor("the restart", async () => await system.property("sluice", "NRestarts") === "2");
      await waitFor("it to run", async () => await system.property("sluice", "ActiveState") === "active");
    });

    await step("keys that root alone can read come by LoadCredential", async () => {
      await credentials(system);
      const here = ["--silent", "--http2", "--cacert", "/root/tls/ca.crt", "https://127.0.0.1:9977/"];
      const shown = ["--cert", "/root/tls/edge.crt", "--key", "/root/tls/edge.key"];
      const answered = await system.run(
        "curl",
        "--output",
        "/dev/null",
        "--write-out",
        "%{http_code}",
        ...shown,
        ...here,
      );
      assert.deepEqual([answered.code, answered.out], [0, "200"], answered.err);
      assert.notEqual((await system.run("curl", ...here)).code, 0);
    });

    await step("it stops cleanly, and Envoy goes on", async () => {
      await system.done("systemctl", "stop", "sluice");
      assert.equal(await system.property("sluice", "Result"), "success");
      assert.equal(await system.property("sluice", "ExecMainStatus"), "0");
      assert.equal(await ask(system), "three");
      assert.equal((await system.run("ls", "/run/sluice")).code, 2);
    });

    await step("purged, it leaves what an administrator wrote, and no state", async () => {
      await system.done("systemctl", "start", "sluice");
      await system.done("dpkg", "--purge", "sluice");
      for (
        const path of ["/var/lib/private/sluice", "/var/lib/sluice", "/var/cache/private/sluice", "/usr/bin/sluice"]
      ) {
        assert.equal((await system.run("ls", path)).code, 2, path);
      }
      assert.equal((await system.run("systemctl", "is-active", "sluice")).out.trim(), "inactive");
      assert.equal(await system.done("ls", "/etc/sluice"), "gw.yaml\nvs.yaml");
    });
  },
);

const log = (system: BootedSystem): Promise<string> =>
  system.done("journalctl", "--unit", "sluice", "--output", "cat", "--no-pager");

/** TLS for xDS from files of root's own, as the unit's comment shows it. */
async function credentials(system: BootedSystem): Promise<void> {
  const authority = await createAuthority("envoys");
  const server = await issueCertificate(authority, { commonName: "sluice", ipAddresses: ["127.0.0.1"] });
  const edge = await issueCertificate(authority, { commonName: "edge" });
  await system.done("mkdir", "/etc/sluice-tls", "/root/tls");
  const own: Record<string, string> = {
    "tls.crt": server.cert,
    "tls.key": server.key,
    "clients.crt": authority.cert,
    "roles.json": JSON.stringify({ edge: ["*"] }),
  };
  for (const [name, text] of Object.entries(own)) await system.put(`/etc/sluice-tls/${name}`, text, "600");
  await system.put("/root/tls/ca.crt", authority.cert);
  await system.put("/root/tls/edge.crt", edge.cert);
  await system.put("/root/tls/edge.key", edge.key);
  const unit = await system.done("cat", "/usr/lib/systemd/system/sluice.service");
  const example = unit.split("\n").filter((line) => /^# {3}/.test(line)).map((line) => line.slice(4));
  assert.equal(example.length, 7);
  await restartWith(system, "tls", example);
}
