/** Envoys that live from files: they start while Sluice is down, follow its edits when it is up, and lose nothing between. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { filesBootstrapOf } from "../../src/cli/lay_down.ts";
import { run } from "../../src/cli/test_terminal.ts";
import { freePort, type RunningEnvoy, send, startBackend, startEnvoy, waitFor } from "./harness.ts";
import { makeFolder, type RunningSluice, startSluice } from "./product.ts";
import { ca, httpsEdge, leaf, secure } from "./tls_parts.ts";
import { greet, ref, sendTls, shownTls, startTcpBackend, until } from "./traffic.ts";
import { answer, gateway, httpGateway, tlsSecret, to, upstream, virtualService } from "./yaml.ts";

const ROLE = "gloo-system~gateway-proxy";
const THE_COPY = `fallback/${ROLE}`;

/** A folder with `config/` and a place for the copy; removed at the end. */
async function inFolder(
  files: Readonly<Record<string, string>>,
  test: (folder: string) => Promise<void>,
): Promise<void> {
  const folder = await makeFolder(
    Object.fromEntries(Object.entries(files).map(([path, text]) => [`config/${path}`, text])),
  );
  try {
    await test(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

/** Sluice on such a folder, with all that it knows from before left out. */
function sluiceOn(folder: string): Promise<RunningSluice> {
  return startSluice({ sources: ["--config", join(folder, "config"), "--static-fallback", join(folder, "fallback")] });
}

function envoyOn(folder: string): Promise<RunningEnvoy> {
  const options = { role: ROLE, adminAddress: "127.0.0.1:0", folder: join(folder, "fallback") };
  return startEnvoy({ bootstrap: filesBootstrapOf(options) });
}

/** Resolves when the files hold what is served. */
async function laidDown(sluice: RunningSluice, folder: string): Promise<void> {
  await waitFor("the copy", async () => {
    await Deno.stat(join(folder, THE_COPY, "lds.pb"));
    return await sluice.metric("sluice_static_fallback_current") === 1;
  });
}

async function edit(folder: string, name: string, text: string): Promise<void> {
  await Deno.writeTextFile(join(folder, "config", name), text);
}

const body = async (port: number, host = "site.test"): Promise<string> => {
  const { status, body } = await send(port, "/", { host });
  return `${status} ${body}`;
};

Deno.test("an Envoy starts while Sluice is down: HTTP, HTTPS by server name, TCP; when Sluice is back it follows edits", async () => {
  const [http, https, tcp] = [freePort(), freePort(), freePort()];
  const [blue, green, hello] = [startBackend("blue"), startBackend("green"), startTcpBackend("hello")];
  const [a, b, b2] = [await leaf("a"), await leaf("b"), await leaf("b2")];
  const files = {
    "gateways.yaml": [
      httpGateway(http),
      httpsEdge(https),
      gateway("tcp", {
        bindAddress: "127.0.0.1",
        bindPort: tcp,
        tcpGateway: { tcpHosts: [{ name: "one", destination: { single: { upstream: ref("tcp") } } }] },
      }),
    ].join("---\n"),
    "upstreams.yaml": [upstream("blue", blue.port), upstream("tcp", hello.port)].join("---\n"),
    "site.yaml": virtualService("site", ["site.test"], [to("blue")]),
    "tls.yaml": [secure("a"), secure("b"), tlsSecret("a", a.cert, a.key)].join("---\n"),
    "b.yaml": tlsSecret("b", b.cert, b.key),
  };
  await inFolder(files, async (folder) => {
    const first = await sluiceOn(folder);
    await laidDown(first, folder);
    await first.stop();
    const envoy = await envoyOn(folder);
    try {
      assert.equal(await body(http), "200 blue");
      for (const name of ["a", "b"]) {
        const answered = await sendTls(https, { sni: `${name}.test`, ca });
        assert.deepEqual([answered.body, answered.commonName], [name, name]);
      }
      assert.equal(await greet(tcp), "hello");
      const second = await sluiceOn(folder);
      try {
        await edit(folder, "green.yaml", upstream("green", green.port));
        await edit(folder, "site.yaml", virtualService("site", ["site.test"], [to("green")]));
        await until("the edited route", () => body(http), "200 green");
        await edit(folder, "b.yaml", tlsSecret("b", b2.cert, b2.key));
        await until("the other certificate", () => shownTls(https, { sni: "b.test", ca }), "b by b2");
        assert.equal(await shownTls(https, { sni: "a.test", ca }), "a by a");
        const more = freePort();
        await edit(folder, "more.yaml", httpGateway(more));
        await until("another listener", () => body(more).catch(() => "none"), "200 green");
        await Deno.remove(join(folder, "config", "more.yaml"));
        await until("the listener to go", () => body(more).catch(() => "none"), "none");
      } finally {
        await second.stop();
      }
      assert.equal(await body(http), "200 green");
      for (const refused of ["listener_manager.lds", "cluster_manager.cds"]) {
        assert.equal(await envoy.stat(`${refused}.update_rejected`), 0);
      }
    } finally {
      await envoy.stop();
    }
  });
  await Promise.all([blue.stop(), green.stop(), hello.stop()]);
});

Deno.test("sluice bootstrap lays the copy down from YAML alone, leaves one that is there alone, and an Envoy may start with none", async () => {
  const port = freePort();
  const files = { "all.yaml": httpGateway(port) + "---\n" + virtualService("site", ["*"], [answer("laid down")]) };
  await inFolder(files, async (folder) => {
    const [config, fallback] = [join(folder, "config"), join(folder, "fallback")];
    const empty = await run(["bootstrap", "--static-fallback", join(folder, "empty")]);
    assert.equal(empty.code, 0, empty.err);
    assert.equal((await run(["bootstrap", config, "--static-fallback", fallback])).code, 0);
    const before = await Deno.readFile(join(folder, THE_COPY, "lds.pb"));
    await edit(folder, "bad.yaml", virtualService("bad", ["bad.test"], [answer("x", { regex: "(" })]));
    await edit(folder, "all.yaml", httpGateway(port + 1));
    for (const words of [["bootstrap", config], ["bootstrap"]]) {
      const { code, out } = await run([...words, "--static-fallback", fallback]);
      assert.deepEqual([code, /lds\.pb/.test(out)], [words.length === 2 ? 1 : 0, true]);
      assert.deepEqual(await Deno.readFile(join(folder, THE_COPY, "lds.pb")), before);
    }
    const envoy = await envoyOn(folder);
    try {
      assert.equal(await body(port), "200 laid down");
    } finally {
      await envoy.stop();
    }
  });
});

Deno.test("edits through the files under traffic lose no request: backends added, swapped and removed, Sluice restarted in between", async () => {
  const port = freePort();
  const backends = [0, 1, 2].map((number) => startBackend(`b${number}`));
  const upstreamFile = (number: number): string => upstream(`u${number}`, backends[number % 3]!.port);
  const files = {
    "gw.yaml": httpGateway(port),
    "u0.yaml": upstreamFile(0),
    "site.yaml": virtualService("site", ["site.test"], [to("u0")]),
    "settings.yaml": JSON.stringify({
      apiVersion: "gloo.solo.io/v1",
      kind: "Settings",
      metadata: { name: "default", namespace: "gloo-system" },
      spec: { sluice: { removalGrace: "200ms" } },
    }),
  };
  await inFolder(files, async (folder) => {
    let sluice = await sluiceOn(folder);
    await laidDown(sluice, folder);
    const envoy = await envoyOn(folder);
    let running = true;
    let sent = 0;
    const failures: string[] = [];
    const client = Deno.createHttpClient({ poolMaxIdlePerHost: 4, allowHost: true });
    const traffic = [0, 1].map(async () => {
      while (running) {
        const response = await fetch(`http://127.0.0.1:${port}/`, { client, headers: { host: "site.test" } });
        const text = await response.text();
        if (response.status !== 200) failures.push(`${response.status} ${text}`);
        sent++;
      }
    });
    try {
      for (let round = 1; round <= 9; round++) {
        await edit(folder, `u${round}.yaml`, upstreamFile(round));
        await edit(folder, "site.yaml", virtualService("site", ["site.test"], [to(`u${round}`)]));
        await Deno.remove(join(folder, "config", `u${round - 1}.yaml`));
        await until(`edit ${round}`, () => body(port), `200 b${round % 3}`);
        await edit(folder, `u${round}.yaml`, upstream(`u${round}`, backends[(round + 1) % 3]!.port));
        await until(`other hosts in round ${round}`, () => body(port), `200 b${(round + 1) % 3}`);
        if (round === 5) {
          // What is edited while it is down is found when it starts again, with nothing remembered.
          await sluice.stop("SIGKILL");
          await edit(folder, "u6.yaml", upstreamFile(6));
          await edit(folder, "site.yaml", virtualService("site", ["site.test"], [to("u6")]));
          await Deno.remove(join(folder, "config", "u5.yaml"));
          sluice = await sluiceOn(folder);
          round++;
          await until("edit 6", () => body(port), "200 b0");
        }
      }
      await waitFor("old clusters to go", async () => {
        const { cluster_statuses: clusters } = await envoy.admin("clusters?format=json") as {
          cluster_statuses: { name: string }[];
        };
        return clusters.map(({ name }) => name).join() === "u9_gloo-system";
      });
      assert.deepEqual(failures, []);
      assert.ok(sent > 100, `${sent} requests`);
    } finally {
      running = false;
      await Promise.allSettled(traffic);
      client.close();
      await envoy.stop();
      await sluice.stop();
    }
  });
  await Promise.all(backends.map((backend) => backend.stop()));
});

/** Two hundred routes, each with an Upstream of its own, all of one generation and to one back end. */
function generation(number: number, port: number): string {
  const names = Array.from({ length: 200 }, (_, index) => `g${number}-${index}`);
  const routes = names.map((name, index) => to(name, { exact: `/${index}` }));
  return [...names.map((name) => upstream(name, port)), virtualService("site", ["site.test"], routes)].join("---\n");
}

/** Another one where the file was replaced. */
function inodeOf(path: string): number {
  return Deno.statSync(path).ino ?? 0;
}

Deno.test("Sluice killed while it writes leaves a copy with which an Envoy starts and serves whole states", async () => {
  const ports = Array.from({ length: 8 }, freePort);
  const backends = [startBackend("even"), startBackend("odd")];
  const gateways = ports.map((port) => httpGateway(port)).join("---\n");
  const files = { "gw.yaml": gateways, "site.yaml": generation(0, backends[0]!.port) };
  await inFolder(files, async (folder) => {
    let sluice = await sluiceOn(folder);
    await laidDown(sluice, folder);
    const copy = join(folder, THE_COPY);
    const routes = [...Deno.readDirSync(join(copy, "rds"))].map(({ name }) => join(copy, "rds", name));
    assert.equal(routes.length, ports.length);
    const all = [join(copy, "cds.pb"), ...routes];
    const answers = async (port: number): Promise<string> => {
      const each = ["/0", "/99", "/199"].map(async (path) => (await send(port, path, { host: "site.test" })).body);
      return (await Promise.all(each)).join();
    };
    const states = ["even,even,even", "odd,odd,odd"];
    let between = 0;
    // All is written within milliseconds, so that it takes luck to be in between.
    for (let index = 0; index < 8 && between < 2; index++) {
      const files = 1 + index % 4;
      const before = all.map(inodeOf);
      const changed = (): number => all.filter((path, at) => inodeOf(path) !== before[at]).length;
      await edit(folder, "site.yaml", generation(index + 1, backends[(index + 1) % 2]!.port));
      // No rest between two looks.
      const end = Date.now() + 20_000;
      while (changed() < files) if (Date.now() > end) throw new Error("nothing is written");
      Deno.kill(sluice.pid, "SIGKILL");
      await sluice.stop();
      if (changed() < all.length) between++;
      const envoy = await envoyOn(folder);
      try {
        for (const port of ports) assert.ok(states.includes(await answers(port)), await answers(port));
        sluice = await sluiceOn(folder);
        for (const port of ports) await until("the edit", () => answers(port), states[(index + 1) % 2]);
        assert.equal(await envoy.stat("cluster_manager.cds.update_rejected"), 0);
        assert.equal(await envoy.stat("listener_manager.lds.update_rejected"), 0);
      } finally {
        await envoy.stop();
      }
    }
    assert.ok(between > 0, "it was killed between two files");
    await sluice.stop();
  });
  await Promise.all(backends.map((backend) => backend.stop()));
});

Deno.test("damaged files do not stop a running Envoy, and are mended by the next write or start", async () => {
  const port = freePort();
  const files = { "gw.yaml": httpGateway(port), "site.yaml": virtualService("site", ["*"], [answer("one")]) };
  await inFolder(files, async (folder) => {
    const copy = join(folder, THE_COPY);
    const first = await sluiceOn(folder);
    await laidDown(first, folder);
    const envoy = await envoyOn(folder);
    try {
      const [routes] = [...Deno.readDirSync(join(copy, "rds"))].map(({ name }) => join(copy, "rds", name));
      const damage = async (path: string): Promise<void> => {
        const bytes = await Deno.readFile(path);
        await Deno.writeFile(`${path}.new`, bytes.subarray(0, bytes.length / 2));
        await Deno.rename(`${path}.new`, path);
      };
      await damage(routes!);
      await waitFor("Envoy to refuse it", async () => {
        const stats = await (await fetch(`${envoy.adminUrl}/stats?filter=rds.*update_(rejected|failure)`)).text();
        return /: [1-9]/.test(stats);
      });
      assert.equal(await body(port), "200 one");
      await edit(folder, "site.yaml", virtualService("site", ["*"], [answer("two")]));
      await until("the next write", () => body(port), "200 two");
      await first.stop();
      const good = await Promise.all([routes!, join(copy, "lds.pb")].map((path) => Deno.readFile(path)));
      await damage(routes!);
      await damage(join(copy, "lds.pb"));
      await damage(join(copy, "cds.pb"));
      const second = await sluiceOn(folder);
      await laidDown(second, folder);
      await second.stop();
      assert.deepEqual(await Promise.all([routes!, join(copy, "lds.pb")].map((path) => Deno.readFile(path))), good);
      assert.equal(await body(port), "200 two");
    } finally {
      await envoy.stop();
    }
    const another = await envoyOn(folder);
    assert.equal(await body(port).finally(() => another.stop()), "200 two");
  });
});

Deno.test("more certificates than an Envoy may watch files: it starts all the same, and a rotated one arrives", async () => {
  const port = freePort();
  const names = Array.from({ length: 130 }, (_, index) => `site-${String(index).padStart(3, "0")}`);
  // With files of their own, and without.
  const some = names.filter((_, index) => index % 10 === 0);
  const certificate = await leaf("first");
  const all = names.map((name) =>
    secure(name, {}, [answer(name)]) + "---\n" + tlsSecret(name, certificate.cert, certificate.key)
  );
  await inFolder({ "gw.yaml": httpsEdge(port), "all.yaml": all.join("---\n") }, async (folder) => {
    const sluice = await sluiceOn(folder);
    await laidDown(sluice, folder);
    const watched = ["sds", "rds"].flatMap((type) => [...Deno.readDirSync(join(folder, THE_COPY, type))]);
    assert.ok(watched.length > 0 && watched.length < 64, `${watched.length} files`);
    const envoy = await envoyOn(folder);
    try {
      for (const name of some) {
        assert.equal(await shownTls(port, { sni: `${name}.test`, ca }), `${name} by first`);
      }
      const second = await leaf("second");
      const rotated = names.map((name) =>
        secure(name, {}, [answer(name)]) + "---\n" + tlsSecret(name, second.cert, second.key)
      );
      await edit(folder, "all.yaml", rotated.join("---\n"));
      for (const name of some) {
        await until(
          `the other certificate of ${name}`,
          () => shownTls(port, { sni: `${name}.test`, ca }),
          `${name} by second`,
        );
      }
    } finally {
      await envoy.stop();
      await sluice.stop();
    }
  });
});
