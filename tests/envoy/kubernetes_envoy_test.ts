/** The Envoy that `sluice manifests` sets up: its own files and command line, with other ports and folders. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { createAuthority, issueCertificate } from "../../scripts/certificates.ts";
import { envoyFiles } from "../../src/cli/manifests/envoy_bootstrap.ts";
import { drainScript, envoyObjects } from "../../src/cli/manifests/envoy_objects.ts";
import { DEFAULT_OPTIONS } from "../../src/cli/manifests/options.ts";
import { envoyPath, freePort, send, waitFor } from "./harness.ts";
import { makeFolder, type RunningSluice, startSluice } from "./product.ts";
import { answer, httpGateway, virtualService } from "./yaml.ts";

const PROXY = "gateway-proxy";
const CLIENT = `${PROXY}.gloo-system.envoy.sluice`;
const HOST = "sluice.gloo-system.svc";

/** A pod's folder of a Secret: the files are links through `..data`, which is turned to bring new ones. */
class SecretFolder {
  readonly path: string;
  #version = 0;

  constructor(path: string) {
    this.path = path;
  }

  async put(files: Readonly<Record<string, string>>): Promise<void> {
    const version = `..${++this.#version}`;
    await Deno.mkdir(join(this.path, version));
    for (const [name, text] of Object.entries(files)) await Deno.writeTextFile(join(this.path, version, name), text);
    await Deno.symlink(version, join(this.path, "..new"));
    await Deno.rename(join(this.path, "..new"), join(this.path, "..data"));
    if (this.#version > 1) return;
    for (const name of Object.keys(files)) await Deno.symlink(`..data/${name}`, join(this.path, name));
  }
}

interface Ports {
  readonly xds: number;
  readonly admin: number;
  readonly probes: number;
}

/** The Envoy container of the Deployment as a process, on ports of the test. */
function startContainer(folder: string, tls: string, ports: Ports): Deno.ChildProcess {
  for (const [name, content] of Object.entries(envoyFiles(DEFAULT_OPTIONS, PROXY))) {
    const text = JSON.stringify(content)
      .replaceAll("/etc/envoy/config", folder).replaceAll("/etc/envoy/tls", tls)
      .replace(`"address":"${HOST}","port_value":9977`, `"address":"127.0.0.1","port_value":${ports.xds}`)
      .replaceAll('"port_value":19000', `"port_value":${ports.admin}`)
      .replace('"port_value":8081', `"port_value":${ports.probes}`);
    Deno.writeTextFileSync(join(folder, name), text);
  }
  const deployment = envoyObjects(DEFAULT_OPTIONS, PROXY).find(({ kind }) => kind === "Deployment");
  // deno-lint-ignore no-explicit-any
  const { command, args } = (deployment as any).spec.template.spec.containers[0];
  assert.deepEqual(command, ["envoy"]);
  const words = args.map((word: string) => word.replace("/etc/envoy/config", folder).replace("$(POD_NAME)", "pod-1"));
  return new Deno.Command(envoyPath(), {
    args: [...words, "--concurrency", "1"],
    stdin: "null",
    stdout: "null",
    stderr: "null",
  })
    .spawn();
}

async function status(port: number, path: string): Promise<number> {
  return (await send(port, path)).status;
}

Deno.test("the Envoy of the manifests waits for Sluice, is probed, takes renewed certificates, knows Sluice by name, drains", async () => {
  const [first, second] = [await createAuthority("first"), await createAuthority("second")];
  const ports: Ports = { xds: freePort(), admin: freePort(), probes: freePort() };
  const edge = freePort();
  const folders = await makeFolder({ "sluice/roles.json": JSON.stringify({ [CLIENT]: [`gloo-system~${PROXY}`] }) });
  for (const name of ["config", "tls"]) await Deno.mkdir(join(folders, name));
  const secret = new SecretFolder(join(folders, "tls"));
  const issue = async (authority: typeof first, name: string) =>
    await issueCertificate(authority, { commonName: name, dnsNames: [name] });
  const client = async (authority: typeof first): Promise<Record<string, string>> => {
    const { cert, key } = await issue(authority, CLIENT);
    return { "tls.crt": cert, "tls.key": key, "ca.crt": authority.cert };
  };
  /** A server with a certificate of this name, whose Envoys answer `body`. */
  const serve = async (authority: typeof first, name: string, body: string): Promise<RunningSluice> => {
    const file = (part: string): string => join(folders, "sluice", part);
    const { cert, key } = await issue(authority, name);
    await Deno.writeTextFile(file("tls.crt"), cert);
    await Deno.writeTextFile(file("tls.key"), key);
    await Deno.writeTextFile(file("ca.crt"), authority.cert);
    return await startSluice({
      xdsAddress: `127.0.0.1:${ports.xds}`,
      files: { "a.yaml": httpGateway(edge) + "---\n" + virtualService("vs", ["*"], [answer(body)]) },
      flags: [
        ...["--xds-tls-cert", file("tls.crt"), "--xds-tls-key", file("tls.key")],
        ...["--xds-client-ca", file("ca.crt"), "--xds-roles", file("roles.json")],
      ],
    });
  };
  const stat = async (name: string): Promise<number> => {
    const { body } = await send(ports.admin, `/stats?filter=${name}`);
    return body.split("\n").reduce((sum, line) => sum + Number(/: (\d+)$/.exec(line)?.[1] ?? 0), 0);
  };
  await secret.put(await client(first));
  const envoy = startContainer(join(folders, "config"), secret.path, ports);
  let sluice: RunningSluice | undefined;
  try {
    await waitFor("connections that nobody takes", async () => await stat("xds_cluster.upstream_cx_connect_fail") > 0);
    assert.equal(await status(ports.admin, "/ready"), 503);
    await assert.rejects(send(ports.probes, "/ready"));

    sluice = await serve(first, HOST, "one");
    await waitFor("the pod to be ready", async () => await status(ports.probes, "/ready") === 200);
    assert.equal((await send(edge)).body, "one");
    assert.equal(await status(ports.probes, "/live"), 200);
    assert.match((await send(ports.probes, "/metrics")).body, /^envoy_server_live\{\} 1$/m);
    assert.equal((await send(ports.probes, "/quitquitquit", { method: "POST" })).status, 404);
    assert.match(await (await sluice.page("/clients")).text(), /"pod-1"/);
    await sluice.stop();

    await secret.put(await client(second));
    sluice = await serve(second, HOST, "two");
    await waitFor("the other authority's Sluice", async () => (await send(edge)).body === "two");
    await sluice.stop();

    sluice = await serve(second, CLIENT, "impostor");
    await waitFor("the impostor to be found out", async () => await stat("xds_cluster.ssl.fail_verify_san") > 1);
    assert.equal((await send(edge)).body, "two");
    await sluice.stop();

    const { success } = await new Deno.Command("bash", {
      args: ["-c", drainScript(`127.0.0.1/${ports.admin}`, 0)],
      stdout: "null",
    }).output();
    assert.ok(success);
    assert.equal(await status(ports.probes, "/ready"), 503);
    await waitFor("connections to be asked to end, while requests are answered", async () => {
      assert.equal(await (await fetch(`http://127.0.0.1:${edge}`)).text(), "two");
      return await stat("downstream_cx_drain_close") > 0;
    });
  } finally {
    await sluice?.stop();
    envoy.kill("SIGTERM");
    await envoy.status;
    await Deno.remove(folders, { recursive: true });
  }
});
