/**
 * 200 random damages to files under traffic: the process stays up, only what depends on the damaged object may change
 * its answers, and when the files are whole again all is as before.
 */
import assert from "node:assert/strict";
import { dumpYaml } from "../../src/watchers/mod.ts";
import { freePort, send, startBackend, startEnvoy, waitFor } from "./harness.ts";
import { type RunningSluice, startSluice } from "./product.ts";
import { answer, httpGateway, routeTable, to, upstream, virtualService } from "./yaml.ts";

const HOSTS = 20;
const DAMAGES = 200;
const SEED = Number(Deno.env.get("SLUICE_SEED") ?? 20261123);

/** A small generator of random numbers (mulberry32), so that a failing run can be repeated by its seed. */
function randomFrom(seed: number): (below: number) => number {
  let state = seed >>> 0;
  return (below) => {
    state = (state + 0x6d2b79f5) >>> 0;
    let value = Math.imul(state ^ (state >>> 15), state | 1);
    value ^= value + Math.imul(value ^ (value >>> 7), value | 61);
    return Math.floor((((value ^ (value >>> 14)) >>> 0) / 4294967296) * below);
  };
}

type Random = ReturnType<typeof randomFrom>;

const DAMAGE: Readonly<Record<string, (text: string, random: Random) => string>> = {
  truncated: (text, random) => text.slice(0, random(text.length)),
  flipped: (text, random) => {
    const bytes = new TextEncoder().encode(text);
    for (let i = 0; i <= random(3); i++) bytes[random(bytes.length)]! ^= 1 << random(7);
    return new TextDecoder().decode(bytes);
  },
  renamed: (text, random) => {
    const fields = [...text.matchAll(/^(\s*(?:- )?)(\w+):/gm)];
    const field = fields[random(fields.length)]!;
    const end = field.index + field[0].length - 1;
    return text.slice(0, end) + "x" + text.slice(end);
  },
  mistyped: (text, random) => {
    const values = [...text.matchAll(/^(\s*(?:- )?\w+:) (\S+)$/gm)];
    const value = values[random(values.length)]!;
    const wrong = ["[1, 2]", "{a: b}", "true", "-7", '""', "!!float 1"][random(6)];
    return text.slice(0, value.index) + `${value[1]} ${wrong}` + text.slice(value.index + value[0].length);
  },
};

interface World {
  readonly files: Readonly<Record<string, string>>;
  /** Hosts whose answers hang on a file. */
  readonly dependents: Readonly<Record<string, readonly string[]>>;
  readonly hosts: readonly string[];
}

const yaml = (json: string): string => dumpYaml(JSON.parse(json));

/** Each host has a virtual service; every third an upstream of its own, every fourth a table that it delegates to. */
function worldOf(port: number, backendPort: number): World {
  const files: Record<string, string> = { "gateway.yaml": yaml(httpGateway(port)) };
  const hosts = Array.from({ length: HOSTS }, (_, i) => `host-${i}.test`);
  const dependents: Record<string, readonly string[]> = { "gateway.yaml": hosts };
  hosts.forEach((host, i) => {
    const own = [host];
    const added = { responseHeadersToAdd: [{ header: { key: "x-host", value: host } }] };
    const routes: object[] = [answer(`fixed ${i}`, { prefix: "/fixed" }, { headerManipulation: added })];
    if (i % 3 === 0) {
      files[`upstream_${i}.yaml`] = yaml(upstream(`backend-${i}`, backendPort));
      dependents[`upstream_${i}.yaml`] = own;
      routes.push(to(`backend-${i}`, { prefix: "/backend" }, { timeout: "3s" }));
    }
    if (i % 4 === 0) {
      files[`table_${i}.yaml`] = yaml(routeTable(`table-${i}`, [answer(`table ${i}`, { prefix: "/table" })]));
      dependents[`table_${i}.yaml`] = own;
      routes.push({
        matchers: [{ prefix: "/table" }],
        delegateAction: { ref: { name: `table-${i}`, namespace: "gloo-system" } },
      });
    }
    files[`vs_${i}.yaml`] = yaml(virtualService(`vs-${i}`, [host], routes));
    dependents[`vs_${i}.yaml`] = own;
  });
  return { files, dependents, hosts };
}

/** What a host answers to each path, as one text; what Envoy says by itself in an error is left out. */
async function answersOf(port: number, host: string): Promise<string> {
  const parts: string[] = [];
  for (const path of ["/fixed", "/backend", "/table"]) {
    try {
      const { status, body } = await send(port, path, { host });
      parts.push(`${status} ${status === 200 ? body : ""}`);
    } catch (error) {
      parts.push((error as { code?: string }).code ?? String(error));
    }
  }
  return parts.join(", ");
}

Deno.test(`${DAMAGES} random damages to files under traffic (SLUICE_SEED=${SEED})`, async () => {
  const random = randomFrom(SEED);
  const port = freePort();
  const backend = startBackend("backend");
  const { files, dependents, hosts } = worldOf(port, backend.port);
  const sluice = await startSluice({ files: { ...files, "steady.yaml": steadyFile } });
  const envoy = await startEnvoy({ xds: sluice.xds });
  const steady = watchSteadily(port);
  const all = async (): Promise<Record<string, string>> =>
    Object.fromEntries(await Promise.all(hosts.map(async (host) => [host, await answersOf(port, host)])));
  try {
    await waitFor(
      "the start",
      async () => (await answersOf(port, hosts[0]!)).startsWith("200 fixed 0, 200 backend, 200 table 0"),
    );
    const good = await all();
    const names = Object.keys(files);
    steady.start();
    let harmless = 0;
    let whole: string | undefined;
    for (let i = 0; i < DAMAGES; i++) {
      const name = names[random(names.length)]!;
      const kind = Object.keys(DAMAGE)[random(4)]!;
      const damaged = DAMAGE[kind]!(files[name]!, random);
      steady.mayFail = name === "gateway.yaml" || whole === "gateway.yaml";
      if (whole !== undefined && whole !== name) await sluice.write(whole, files[whole]!);
      await sluice.write(name, damaged);
      await synced(sluice);
      // The one just mended may still be on its way to Envoy, so its hosts are left out as well.
      const touched = new Set([...dependents[name]!, ...(whole === undefined ? [] : dependents[whole]!)]);
      const now = await all();
      const outside = hosts.filter((host) => !touched.has(host));
      for (const host of outside) {
        assert.equal(
          now[host],
          good[host],
          `damage ${i}: ${kind} ${name} changed ${host}\n${damaged}\n${sluice.log().slice(-3000)}`,
        );
      }
      if (hosts.filter((host) => !dependents[name]!.includes(host)).length >= hosts.length * 0.9) harmless++;
      whole = name;
    }
    await steady.stop();
    assert.ok(steady.count > DAMAGES, "there was traffic all the time");
    assert.deepEqual(steady.failures, [], "no request of the host that is never damaged failed");
    assert.ok(harmless >= 150, `${harmless} damages left 90 % of the hosts outside`);
    await sluice.write(whole!, files[whole!]!);
    await sluice.remove("marker.yaml");
    await waitFor("all to be as before", async () => {
      assert.deepEqual(await all(), good);
      assert.deepEqual((await sluice.statuses()).filter((one) => one.state !== "Accepted"), []);
      assert.equal((await sluice.statuses()).length, names.length + 1, "no status is left over");
      return true;
    });
    assert.equal(await sluice.metric("sluice_xds_nacks_total"), 0, "Envoy refused nothing");
  } finally {
    await steady.stop();
    await envoy.stop();
    await sluice.stop();
    await backend.stop();
  }
});

/** A host whose own files are never damaged: only a damage to the gateway may change what it answers. */
const steadyFile = yaml(virtualService("steady", ["steady.test"], [answer("steady")]));

function watchSteadily(port: number) {
  const watch = { mayFail: false, count: 0, failures: [] as string[], start, stop };
  let running = false;
  let loop = Promise.resolve();
  function start(): void {
    running = true;
    loop = (async () => {
      while (running) {
        const got = await send(port, "/", { host: "steady.test" }).then(
          ({ status, body }) => `${status} ${body}`,
          (error) => String(error),
        );
        watch.count++;
        if (got !== "200 steady" && !watch.mayFail) watch.failures.push(got);
        await new Promise((resolve) => setTimeout(resolve, 10));
      }
    })();
  }
  async function stop(): Promise<void> {
    running = false;
    await loop;
  }
  return watch;
}

let marker = 0;

/** Waits until Sluice has read and synced what was written before: a marker that is written now has its status. */
async function synced(sluice: RunningSluice): Promise<void> {
  const name = `marker-${++marker}`;
  await sluice.write("marker.yaml", routeTable(name, [answer(name)]));
  await waitFor(name, () => sluice.status("RouteTable", name));
}
