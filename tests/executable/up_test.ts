/** `sluice up`: a control plane and its Envoy in one command, with a real Envoy. */
import assert from "node:assert/strict";
import { dirname, join } from "node:path";
import { envoyPath, freePort, send, waitFor } from "../envoy/harness.ts";
import { makeFolder } from "../envoy/product.ts";
import { EnvoyProcess } from "../../src/cli/up/envoy_process.ts";
import { type LogFields, silentLogger } from "../../src/telemetry/mod.ts";
import { FakeClock } from "../../src/telemetry/fake_clock.ts";
import { answer, httpGateway, resource, to, upstream, virtualService } from "../envoy/yaml.ts";
import { EXECUTABLE, EXECUTABLE_ENV, PLANTED } from "./executables.ts";
import { CRASH_FILE } from "./targets.ts";

interface Up {
  readonly pid: number;
  log(): string;
  /** Of Envoys, in the order in which they were started. */
  envoys(): number[];
  kill(signal: Deno.Signal): void;
  readonly ended: Promise<number>;
}

interface Bed {
  readonly folder: string;
  readonly port: number;
  readonly words: readonly string[];
  start(words?: readonly string[], env?: Record<string, string>, executable?: string): Up;
}

/** A folder with a Gateway, and how `sluice up` is started on it; whatever was started ends with the test. */
function up(what: string, run: (bed: Bed) => Promise<void>): void {
  Deno.test(`up: ${what}`, async () => {
    const port = freePort();
    const folder = await makeFolder({
      "config/gw.yaml": httpGateway(port),
      "config/vs.yaml": virtualService("vs", ["*"], [answer("one")]),
    });
    const words = [
      ...["--config", join(folder, "config"), "--state-dir", join(folder, "state"), "--log-format", "json"],
      ...["--admin-address", `127.0.0.1:${freePort()}`, "--envoy-admin-address", `127.0.0.1:${freePort()}`],
      ...["--envoy-arg=--concurrency", "--envoy-arg=1"],
    ];
    const started: Up[] = [];
    const start = (more: readonly string[] = [], env: Record<string, string> = {}, executable = EXECUTABLE): Up => {
      const one = startUp(executable, [...words, ...more], env);
      started.push(one);
      return one;
    };
    try {
      await run({ folder, port, words, start });
    } catch (error) {
      throw new Error(started.map((one) => one.log()).join("\n"), { cause: error });
    } finally {
      for (const one of started) one.kill("SIGKILL");
      for (const pid of started.flatMap((one) => one.envoys())) killIfThere(pid);
      await Promise.all(started.map(({ ended }) => ended));
      await Deno.remove(folder, { recursive: true });
    }
  });
}

function startUp(executable: string, words: readonly string[], env: Record<string, string>): Up {
  const child = new Deno.Command(executable, {
    args: ["up", ...words],
    clearEnv: true,
    env: { PATH: pathWithEnvoy(), ...EXECUTABLE_ENV, ...env },
    stdin: "null",
    stdout: "null",
    stderr: "piped",
  }).spawn();
  let text = "";
  const read = (async () => {
    for await (const chunk of child.stderr.pipeThrough(new TextDecoderStream())) text += chunk;
  })();
  let code: number | undefined;
  const status = child.status.then((status) => code = status.code);
  return {
    pid: child.pid,
    log: () => text,
    envoys: () => linesOf(text).filter(({ message }) => message === "envoy runs").map(({ pid }) => Number(pid)),
    kill: (signal) => code === undefined && child.kill(signal),
    ended: Promise.all([status, read]).then(([code]) => code),
  };
}

/** What was logged; what is said of the command line is no JSON. */
function linesOf(text: string): Record<string, unknown>[] {
  return text.slice(0, text.lastIndexOf("\n") + 1).split("\n").filter((line) => line.startsWith("{"))
    .map((line) => JSON.parse(line) as Record<string, unknown>);
}

function killIfThere(pid: number): void {
  try {
    Deno.kill(pid, "SIGKILL");
  } catch {
    // It has ended.
  }
}

function runs(pid: number): boolean {
  try {
    return !/^State:\s*Z/m.test(Deno.readTextFileSync(`/proc/${pid}/status`));
  } catch {
    return false;
  }
}

const has = (sluice: Up, message: string, fields: Record<string, unknown> = {}): boolean =>
  linesOf(sluice.log()).some((line) =>
    line.message === message && Object.entries(fields).every(([name, value]) => line[name] === value)
  );

const pathWithEnvoy = (): string => `${dirname(envoyPath())}:${Deno.env.get("PATH")}`;

const body = async (port: number): Promise<string> => (await send(port)).body;

up("serves, follows edits, starts an Envoy that died again, and ends with it", async ({ folder, port, start }) => {
  const sluice = start();
  await waitFor("the first form", async () => await body(port) === "one");
  await Deno.writeTextFile(join(folder, "config/vs.yaml"), virtualService("vs", ["*"], [answer("two")]));
  await waitFor("the second form", async () => await body(port) === "two");
  const [first] = sluice.envoys();
  Deno.kill(first!, "SIGKILL");
  const second = await waitFor("another Envoy", () => sluice.envoys()[1]);
  await waitFor("an answer of it", async () => await body(port) === "two");
  assert.ok(has(sluice, "envoy was ended by SIGKILL; it is started again", { level: "error" }));
  sluice.kill("SIGHUP");
  assert.equal(await sluice.ended, 0);
  assert.deepEqual([first, second].filter((pid) => runs(pid!)), []);
  assert.ok(linesOf(sluice.log()).some(({ message }) => String(message).startsWith("envoy: ")), "one log");
});

up("a request that is under way when it is told to end is answered", async ({ folder, port, start }) => {
  const arrived = Promise.withResolvers<void>();
  const release = Promise.withResolvers<void>();
  const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen() {} }, async () => {
    arrived.resolve();
    await release.promise;
    return new Response("late");
  });
  try {
    await Deno.writeTextFile(join(folder, "config/up.yaml"), upstream("slow", server.addr.port));
    const routes = [answer("here", { exact: "/here" }), to("slow")];
    await Deno.writeTextFile(join(folder, "config/vs.yaml"), virtualService("vs", ["*"], routes));
    const sluice = start(["--drain-time", "60"]);
    await waitFor("Envoy", async () => (await send(port, "/here")).body === "here");
    const request = send(port, "/slow");
    await arrived.promise;
    sluice.kill("SIGTERM");
    await waitFor("the drain", () => has(sluice, "envoy ends when its connections have"));
    release.resolve();
    const { status, body, headers } = await request;
    assert.deepEqual([status, body, headers.connection], [200, "late", "close"]);
    assert.equal(await sluice.ended, 0);
  } finally {
    release.resolve();
    await server.shutdown();
  }
});

up("a second signal ends it at once, whatever is under way", async ({ folder, port, start }) => {
  const arrived = Promise.withResolvers<void>();
  const release = Promise.withResolvers<Response>();
  const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen() {} }, () => {
    arrived.resolve();
    return release.promise;
  });
  try {
    await Deno.writeTextFile(join(folder, "config/up.yaml"), upstream("never", server.addr.port));
    const routes = [answer("here", { exact: "/here" }), to("never")];
    await Deno.writeTextFile(join(folder, "config/vs.yaml"), virtualService("vs", ["*"], routes));
    const sluice = start(["--drain-time", "600"]);
    await waitFor("Envoy", async () => (await send(port, "/here")).body === "here");
    const request = send(port, "/never").then(({ status }) => status, () => "cut");
    await arrived.promise;
    sluice.kill("SIGINT");
    await waitFor("the drain", () => has(sluice, "envoy ends when its connections have"));
    sluice.kill("SIGINT");
    assert.equal(await sluice.ended, 0);
    assert.equal(await request, "cut");
  } finally {
    release.resolve(new Response("too late"));
    await server.shutdown();
  }
});

up("told to end before Envoy runs, it ends, and no Envoy is left", async ({ start, port }) => {
  const first = start();
  await waitFor("the first form", async () => await body(port) === "one");
  first.kill("SIGTERM");
  assert.equal(await first.ended, 0);
  for (const after of ["serving 1 role from the state", "sluice serves", "ready"]) {
    const sluice = start();
    await waitFor(after, () => sluice.log().includes(after));
    sluice.kill("SIGTERM");
    assert.equal(await sluice.ended, 0);
    assert.deepEqual(sluice.envoys().filter(runs), []);
  }
});

up("an Envoy of somebody else at the admin address is left alone", async ({ start }) => {
  const asked: string[] = [];
  const other = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen() {} }, ({ method, url }) => {
    asked.push(`${method} ${new URL(url).pathname}`);
    return Response.json({ command_line_options: { config_path: "/etc/envoy/envoy.yaml" } });
  });
  try {
    const sluice = start(["--envoy-admin-address", `127.0.0.1:${other.addr.port}`]);
    await waitFor("an Envoy that cannot have the address", () => sluice.log().includes("it is started again"));
    sluice.kill("SIGTERM");
    assert.equal(await sluice.ended, 0);
    assert.deepEqual([...new Set(asked)], ["GET /server_info"]);
  } finally {
    await other.shutdown();
  }
});

up("a proxy in the environment is not asked for what is on this machine", async ({ port, start }) => {
  const proxy = { HTTP_PROXY: "http://127.0.0.1:9", http_proxy: "http://127.0.0.1:9" };
  const first = start([], proxy);
  await waitFor("the first form", async () => await body(port) === "one");
  first.kill("SIGKILL");
  await first.ended;
  const second = start([], proxy);
  await waitFor("another Envoy", () => second.envoys().length === 1);
  assert.ok(has(second, "an envoy of before was still running, and was ended"));
});

up("an Envoy that outlived a killed Sluice serves on, and gives way to the next", async ({ port, start }) => {
  const first = start();
  await waitFor("the first form", async () => await body(port) === "one");
  const [orphan] = first.envoys();
  first.kill("SIGKILL");
  await first.ended;
  assert.equal(await body(port), "one");
  const second = start();
  await waitFor("another Envoy", () => second.envoys().length === 1);
  await waitFor("an answer of it", async () => await body(port) === "one");
  assert.ok(has(second, "an envoy of before was still running, and was ended"));
  assert.ok(!runs(orphan!));
  second.kill("SIGTERM");
  assert.equal(await second.ended, 0);
});

up("a control plane that fails is started again, and Envoy answers all the while", async ({ folder, port, start }) => {
  const sluice = start([], {}, PLANTED);
  await waitFor("the first form", async () => await body(port) === "one");
  const [envoy] = sluice.envoys();
  let over = false;
  const steadily = (async () => {
    const bodies = new Set<string>();
    while (!over) bodies.add(await body(port));
    return bodies;
  })();
  await Deno.writeTextFile(join(folder, "state", CRASH_FILE), "");
  await Deno.writeTextFile(join(folder, "config/vs.yaml"), virtualService("vs", ["*"], [answer("two")]));
  await waitFor("the failure", () => has(sluice, "the control plane failed and is started again; envoy goes on"));
  await waitFor("what was edited", async () => await body(port) === "two");
  over = true;
  assert.deepEqual([...await steadily].sort(), ["one", "two"]);
  assert.deepEqual(sluice.envoys(), [envoy]);
  sluice.kill("SIGTERM");
  assert.equal(await sluice.ended, 0);
});

up("Settings do not move the socket between the two", async ({ folder, port, start }) => {
  const settings = resource("Settings", "default", { gloo: { xdsBindAddr: `127.0.0.1:${freePort()}` } });
  await Deno.writeTextFile(join(folder, "config/settings.yaml"), settings);
  const sluice = start();
  await waitFor("the first form", async () => await body(port) === "one");
  assert.ok(has(sluice, "sluice serves", { xds: `unix:${folder}/state/xds.sock` }));
});

up("says what to do where there is no Envoy, or it may not be run, or nothing can start", async ({ folder, start }) => {
  const cases: [words: string[], env: Record<string, string>, says: RegExp][] = [
    [[], { PATH: "/nowhere" }, /^sluice up: --envoy envoy cannot be run: there is no program envoy in PATH/],
    [
      ["--envoy", "/bin/true"],
      {},
      /^sluice up: --envoy \/bin\/true cannot be run: this Sluice may run only the program that PATH has/,
    ],
    [["--drain-time", "1"], { LD_LIBRARY_PATH: "/lib" }, /cannot be run: Deno runs no program while LD_LIBRARY_PATH/],
    [["--drain-time", "soon"], {}, /^sluice up: --drain-time soon: it should be a number of seconds/],
    [["--state-dir", join(folder, "x".repeat(120))], {}, /^sluice up: the path of the socket .* is too long/],
    [["--admin-address", "192.0.2.1:1"], {}, /this machine has no such address; --admin-address chooses another/],
  ];
  for (const [words, env, says] of cases) {
    const sluice = start(words, { ...env, PATH: env.PATH ? `${env.PATH}:/usr/bin:/bin` : pathWithEnvoy() });
    assert.equal(await sluice.ended, 2, sluice.log());
    assert.match(sluice.log(), says);
    assert.ok(!sluice.log().includes("envoy runs"));
  }
});

Deno.test("up: an Envoy that ends at once is started again, later each time, up to half a minute", async () => {
  const clock = new FakeClock();
  const waits: number[] = [];
  const note = (text: string, { inMs }: LogFields = {}): void => {
    if (text.endsWith("it is started again")) waits.push(Number(inMs));
  };
  const envoy = new EnvoyProcess({
    ...{ binary: "/bin/false", bootstrap: "none", words: [], clock },
    logger: { ...silentLogger, error: note },
  });
  const running = envoy.run();
  for (let i = 1; i <= 9; i++) {
    await waitFor("an end", () => waits.length === i && clock.pending === 1);
    clock.advance(waits[i - 1]!);
  }
  await waitFor("the last end", () => waits.length === 10 && clock.pending === 1);
  assert.deepEqual(waits, [250, 500, 1000, 2000, 4000, 8000, 16000, 30000, 30000, 30000]);
  envoy.stop();
  await running;
  assert.equal(clock.pending, 0);
});
