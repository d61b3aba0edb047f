/**
 * Faults of the machine and of the crowd: what is expected of each stands in its name. Nothing is lost, and no Envoy is ever
 * shown a mixture.
 */
import assert from "node:assert/strict";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { FleetLine } from "./fleet.ts";
import { freePort, type RunningEnvoy, send, startEnvoy, waitFor } from "./harness.ts";
import { makeFolder, type RunningSluice, type SluiceOptions, startSluice } from "./product.ts";
import { answer, httpGateway, to, upstream, virtualService } from "./yaml.ts";

const ROLE = "gloo-system~gateway-proxy";

/** Without these a root user is denied files as others are. */
const AS_ANYBODY = [
  "setpriv",
  "--bounding-set=-dac_override,-dac_read_search",
  "--inh-caps=-dac_override,-dac_read_search",
];

const body = async (port: number, domain: string): Promise<string> => {
  const { status, body } = await send(port, "/", { host: domain });
  return status === 200 ? body : String(status);
};

/** So many hosts that answer with the same text. */
const hosts = (count: number, text: string): string =>
  Array.from({ length: count }, (_, i) => virtualService(`vs-${i}`, [`${i}.test`], [answer(text)])).join("---\n");

interface Stage {
  readonly folder: string;
  readonly xds: string;
  readonly port: number;
  start(options?: SluiceOptions): Promise<RunningSluice>;
  envoy(delta: boolean): Promise<RunningEnvoy>;
  end(signal?: Deno.Signal): Promise<number>;
}

async function stage(play: (stage: Stage) => Promise<void>): Promise<void> {
  const folder = await makeFolder();
  await Deno.mkdir(join(folder, "config"));
  const xds = `127.0.0.1:${freePort()}`;
  let running: RunningSluice | undefined;
  const envoys: RunningEnvoy[] = [];
  try {
    await play({
      ...{ folder, xds, port: freePort() },
      start: async (options = {}) => running = await startSluice({ folder, xdsAddress: xds, ...options }),
      envoy: async (delta) => {
        const envoy = await startEnvoy({ xds, delta, nodeId: `envoy-${delta}` });
        envoys.push(envoy);
        return envoy;
      },
      end: async (signal = "SIGTERM") => await running!.stop(signal),
    });
  } finally {
    for (const envoy of envoys) await envoy.stop();
    await running?.stop("SIGKILL");
    await Deno.remove(folder, { recursive: true });
  }
}

/** A process of light clients. */
async function withFleet(xds: string, count: number, play: (fleet: Fleet) => Promise<void>): Promise<void> {
  const file = fileURLToPath(new URL("./fleet.ts", import.meta.url));
  const child = new Deno.Command(Deno.execPath(), {
    args: [
      "run",
      "--no-prompt",
      "--allow-read",
      "--allow-env",
      "--allow-net=127.0.0.1",
      file,
      xds,
      String(count),
      ROLE,
    ],
    stdin: "piped",
    stdout: "piped",
    stderr: "inherit",
  }).spawn();
  let line: FleetLine | undefined;
  const reading = (async () => {
    for await (const text of child.stdout.pipeThrough(new TextDecoderStream())) {
      const last = text.trim().split("\n").at(-1)!;
      if (last.endsWith("}")) line = JSON.parse(last);
    }
  })();
  const input = child.stdin.getWriter();
  try {
    await play({
      still: (what, isIt) => waitFor(what, () => line && isIt(line) && line, 120_000),
      count: async () => {
        line = undefined;
        await input.write(new Uint8Array([10]));
      },
    });
  } finally {
    child.kill("SIGKILL");
    await child.status;
    await reading;
    await input.close().catch(() => {});
  }
}

interface Fleet {
  /** Waits until all is still and as wanted. */
  still(what: string, isIt: (line: FleetLine) => boolean): Promise<FleetLine>;
  /** Begins a new count. */
  count(): Promise<void>;
}

Deno.test("a thousand Envoys that come back at once are sent nothing where nothing changed, and then the next edit", async () => {
  await stage(async ({ start, end, xds, port, folder }) => {
    const write = (text: string) => Deno.writeTextFile(join(folder, "config", "all.yaml"), text);
    const rest = httpGateway(port) + "---\n" + upstream("up", 1) + "---\n" +
      virtualService("up", ["up.test"], [to("up")]);
    await write(`${rest}---\n${hosts(20, "one")}`);
    await start();
    await withFleet(xds, 1_000, async (fleet) => {
      await fleet.still("a thousand clients", ({ complete }) => complete === 1_000);
      await fleet.count();
      await fleet.still("a new count", ({ opened }) => opened === 0);
      await end("SIGKILL");
      await start({ until: "serving" });
      const back = await fleet.still("all to be back", ({ complete, opened }) => complete === 1_000 && opened >= 1_000);
      assert.equal(back.received, 0);
      await fleet.count();
      await write(`${rest}---\n${hosts(19, "one")}---\n${virtualService("vs-19", ["19.test"], [answer("two")])}`);
      const told = await fleet.still("the edit", ({ received }) => received >= 1_000);
      assert.equal(told.received, 1_000);
    });
  });
});

for (const delta of [false, true]) {
  Deno.test(`${delta ? "delta" : "sotw"}: ended by SIGTERM in the middle of pushes, Envoys answer all the time, and end with the last edit`, async () => {
    await stage(async ({ start, end, port, folder, envoy }) => {
      const count = 300;
      const write = (name: string, text: string) => Deno.writeTextFile(join(folder, "config", name), text);
      await write("gateway.yaml", httpGateway(port));
      await write("all.yaml", hosts(count, "edit 0"));
      let sluice = await start();
      await envoy(delta);
      let asked = 0;
      const lost: string[] = [];
      let playing = true;
      const traffic = (async () => {
        for (let i = 0; playing; i = (i + 7) % count, asked++) {
          const said = await body(port, `${i}.test`).catch(String);
          if (!/^edit \d+$/.test(said)) lost.push(`${i}.test: ${said}`);
        }
      })();
      for (let edit = 1; edit <= 6; edit++) {
        await write("all.yaml", hosts(count, `edit ${edit}`));
        // Ended as soon as the push has begun, or, every second time, when Envoy shows the first of it.
        const before = await sluice.metric("sluice_xds_responses_total");
        await waitFor(
          "the push",
          async () =>
            edit % 2
              ? await sluice.metric("sluice_xds_responses_total") > before
              : await body(port, "0.test") === `edit ${edit}`,
        );
        assert.equal(await end(), 0);
        sluice = await start({ until: edit % 3 ? "ready" : "serving" });
      }
      const last = async () => {
        const all = await Promise.all(Array.from({ length: count }, (_, i) => body(port, `${i}.test`)));
        return all.every((said) => said === "edit 6");
      };
      await waitFor("the last edit everywhere", last);
      playing = false;
      await traffic;
      assert.deepEqual(lost, []);
      assert.ok(asked > 100, String(asked));
    });
  });
}

Deno.test("files that may not be read keep what they held, at once and after a start; the rest goes on", async () => {
  await stage(async ({ start, end, port, folder, envoy }) => {
    const file = (name: string) => join(folder, "config", name);
    await Deno.writeTextFile(file("gateway.yaml"), httpGateway(port));
    await Deno.writeTextFile(file("x.yaml"), virtualService("x", ["x.test"], [answer("x")]));
    await Deno.writeTextFile(file("y.yaml"), virtualService("y", ["y.test"], [answer("y")]));
    const options = { command: AS_ANYBODY };
    let sluice = await start(options);
    await envoy(true);
    assert.equal(await body(port, "x.test"), "x");
    await Deno.chmod(file("x.yaml"), 0);
    await Deno.writeTextFile(file("x.yaml"), virtualService("x", ["x.test"], [answer("nobody may read this")]));
    const told = async () => {
      const entries = await sluice.statuses();
      return entries.some(({ state, reason, reasons }) =>
        state !== "Accepted" && /x\.yaml/.test(JSON.stringify([reason, reasons]))
      );
    };
    await Deno.writeTextFile(file("y.yaml"), virtualService("y", ["y.test"], [answer("new y")]));
    await waitFor("the edit of y", async () => await body(port, "y.test") === "new y");
    await waitFor("the status of what may not be read", told);
    assert.equal(await body(port, "x.test"), "x");
    await end("SIGKILL");
    sluice = await start(options);
    await waitFor("the status after a start", told);
    assert.equal(await body(port, "x.test"), "x");
    await Deno.chmod(file("x.yaml"), 0o644);
    await Deno.writeTextFile(file("x.yaml"), virtualService("x", ["x.test"], [answer("new x")]));
    await waitFor("the edit of x", async () => await body(port, "x.test") === "new x");
  });
});

Deno.test("a state folder that may not be written stops nothing, and is told", async () => {
  await stage(async ({ start, port, folder, envoy }) => {
    await Deno.writeTextFile(join(folder, "config", "gateway.yaml"), httpGateway(port));
    await Deno.writeTextFile(join(folder, "config", "x.yaml"), virtualService("x", ["x.test"], [answer("x")]));
    await Deno.mkdir(join(folder, "state"));
    await Deno.chmod(join(folder, "state"), 0o500);
    const sluice = await start({ command: AS_ANYBODY });
    await envoy(false);
    assert.equal(await body(port, "x.test"), "x");
    await Deno.writeTextFile(join(folder, "config", "x.yaml"), virtualService("x", ["x.test"], [answer("new x")]));
    await waitFor("the edit", async () => await body(port, "x.test") === "new x");
    await waitFor(
      "a word about it",
      () => /state/.test(sluice.log()) && /ermission denied|cannot be (written|used)/.test(sluice.log()),
    );
  });
});

Deno.test("fifty thousand files are read, one of them is edited, and a folder of five thousand goes", async () => {
  await stage(async ({ start, port, folder, envoy }) => {
    const config = join(folder, "config");
    const artifact = (name: string) =>
      JSON.stringify({
        apiVersion: "v1",
        kind: "ConfigMap",
        metadata: { name, namespace: "gloo-system" },
        data: { a: "b" },
      });
    for (let part = 0; part < 10; part++) {
      const sub = join(config, `part-${part}`);
      await Deno.mkdir(sub);
      for (let i = 0; i < 5_000; i++) Deno.writeTextFileSync(join(sub, `${i}.yaml`), artifact(`file-${part}-${i}`));
    }
    await Deno.writeTextFile(join(config, "gateway.yaml"), httpGateway(port));
    await Deno.writeTextFile(join(config, "part-3", "x.yaml"), virtualService("x", ["x.test"], [answer("x")]));
    await Deno.writeTextFile(join(config, "part-7", "y.yaml"), virtualService("y", ["y.test"], [answer("y")]));
    const sluice = await start();
    await envoy(true);
    assert.equal(await body(port, "x.test"), "x");
    const count = async () => (await sluice.metric("sluice_resource_states"));
    assert.equal(await count(), 50_003);
    await Deno.writeTextFile(join(config, "part-3", "x.yaml"), virtualService("x", ["x.test"], [answer("new x")]));
    await waitFor("the edit", async () => await body(port, "x.test") === "new x");
    await Deno.remove(join(config, "part-7"), { recursive: true });
    await waitFor("the folder to be gone", async () => await count() === 45_002, 60_000);
    assert.equal(await body(port, "y.test"), "404");
    assert.equal(await body(port, "x.test"), "new x");
  });
});
