/** What the Worker of the executable, and a plugin in it, can reach: attempts planted in a build of its own. */
import assert from "node:assert/strict";
import { dirname, join } from "node:path";
import { createAuthority, issueCertificate } from "../../scripts/certificates.ts";
import { envoyPath, freePort, waitFor } from "../envoy/harness.ts";
import { makeFolder, type RunningSluice, startSluice, type StatusEntry } from "../envoy/product.ts";
import { answer, httpGateway, virtualService } from "../envoy/yaml.ts";
import { EXECUTABLE_ENV, PLANTED } from "./executables.ts";
import { type Outcomes, outcomesFile, type Targets, TARGETS_FILE } from "./targets.ts";

const SECRET = "what nobody may read";

/** The configuration, state and certificates of a Sluice, with links in each that lead outside. */
async function lay(folder: string): Promise<void> {
  const authority = await createAuthority("envoys");
  const server = await issueCertificate(authority, { commonName: "sluice", ipAddresses: ["127.0.0.1"] });
  const files: Record<string, string> = {
    "config/gw.yaml": httpGateway(freePort()),
    "config/vs.yaml": virtualService("vs", ["*"], [answer("one")]),
    "state/.keep": "",
    written: "",
    "outside/secret": SECRET,
    "outside/config.yaml": virtualService("outside", ["outside.test"], [answer(SECRET)]),
    "outside/module.js": "self.postMessage?.('loaded')",
    "certificates/ca.pem": authority.cert,
    "certificates/server.pem": server.cert,
    "certificates/server.key": server.key,
    "certificates/other.key": SECRET,
    "certificates/roles.json": JSON.stringify({ edge: ["*"] }),
  };
  for (const [path, text] of Object.entries(files)) {
    await Deno.mkdir(join(folder, path, ".."), { recursive: true });
    await Deno.writeTextFile(join(folder, path), text);
  }
  for (const place of ["config", "state", "certificates"]) {
    await Deno.symlink("../outside/secret", join(folder, place, "outside.link"));
  }
  await Deno.symlink("../outside", join(folder, "config/folder.link"));
  await Deno.symlink("../outside/config.yaml", join(folder, "config/outside.yaml"));
  await Deno.symlink("../written", join(folder, "state/written.link"));
  await Deno.symlink("vs.yaml", join(folder, "config/inside.link"));
}

async function outcomes(state: string, who: "worker" | "plugin"): Promise<Outcomes> {
  return await waitFor(
    `the attempts of the ${who}`,
    async () => JSON.parse(await Deno.readTextFile(join(state, outcomesFile(who)))) as Outcomes,
  );
}

function assertRefused(outcomes: Outcomes): void {
  const wrong = Object.entries(outcomes).filter(([what, outcome]) =>
    outcome !== (/^(allowed|followed): /.test(what) ? "done" : "refused")
  );
  assert.deepEqual(wrong, []);
  assert.ok(Object.keys(outcomes).length > 50, "all were tried");
}

const linkOf = async (sluice: RunningSluice): Promise<StatusEntry | undefined> =>
  (await sluice.statuses()).find(({ reasons }) =>
    reasons.some(({ location }) => location?.file.endsWith("outside.yaml"))
  );

Deno.test("executable: the Worker and its plugins reach nothing beside what they were granted", async () => {
  const folder = await makeFolder();
  await lay(folder);
  const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen() {} }, () => new Response(SECRET));
  const socket = Deno.serve({ path: join(folder, "outside/other.sock"), onListen() {} }, () => new Response(SECRET));
  const xdsPort = freePort();
  const at = (name: string): string => join(folder, name);
  const targets: Targets = {
    ...{ config: at("config"), state: at("state"), certificates: at("certificates"), outside: at("outside") },
    ...{ port: server.addr.port, freePort: freePort(), xdsPort, socket: at("outside/other.sock") },
  };
  await Deno.writeTextFile(at(`state/${TARGETS_FILE}`), JSON.stringify(targets));
  try {
    const sluice = await startSluice({
      folder,
      executable: PLANTED,
      env: { ...EXECUTABLE_ENV, PLANTED_SECRET: SECRET, PATH: `${dirname(envoyPath())}:${Deno.env.get("PATH")}` },
      xdsAddress: `127.0.0.1:${xdsPort}`,
      flags: [
        ...["--xds-tls-cert", at("certificates/server.pem"), "--xds-tls-key", at("certificates/server.key")],
        ...["--xds-client-ca", at("certificates/ca.pem"), "--xds-roles", at("certificates/roles.json")],
      ],
    });
    try {
      assertRefused(await outcomes(targets.state, "worker"));
      assertRefused(await outcomes(targets.state, "plugin"));
      assert.equal(await Deno.readTextFile(at("outside/secret")), SECRET, "nothing outside was changed");
      const { reasons } = await waitFor("the link to be told of", () => linkOf(sluice));
      assert.match(reasons[0]!.message, /leads to/);
      for (const page of ["/snapshots/xds?node=gloo-system~gateway-proxy", "/snapshots/api", "/status"]) {
        assert.ok(!(await (await sluice.page(page)).text()).includes(SECRET), page);
      }
      assert.deepEqual([...Deno.readDirSync(at("outside"))].map(({ name }) => name).sort(), [
        "config.yaml",
        "module.js",
        "other.sock",
        "secret",
      ]);
    } finally {
      await sluice.stop();
    }
  } finally {
    await Promise.all([server.shutdown(), socket.shutdown()]);
    await Deno.remove(folder, { recursive: true });
  }
});
