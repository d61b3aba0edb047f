/**
 * `deno task bench:executable`: size of `dist/sluice`, how long it takes to say its version and until it serves, and its
 * memory at rest. `--rounds 20`, `--rest 10` (seconds until memory is read), `--executable FILE`, which then
 * has to be in --allow-run and --allow-read.
 */
import { resolve } from "node:path";
import { parseArgs } from "node:util";
import { shortNumber, summarize, tableText } from "./bench/figures.ts";
import { now } from "./bench/clock.ts";
import { pause } from "./bench/kept_connection.ts";
import { ProcessTree } from "./bench/process_usage.ts";

const { values } = parseArgs({
  args: Deno.args,
  options: {
    executable: { type: "string", default: "dist/sluice" },
    rounds: { type: "string", default: "20" },
    rest: { type: "string", default: "10" },
  },
});
const executable = resolve(values.executable);
const ADMIN = "127.0.0.1:29091";

/** Milliseconds that a command takes from its start to its end. */
async function timeOf(words: readonly string[], env: Record<string, string>): Promise<number> {
  const began = now();
  const { success } = await new Deno.Command(executable, { args: [...words], env, stdout: "null" }).output();
  if (!success) throw new Error(`${executable} ${words.join(" ")} failed`);
  return now() - began;
}

interface Served {
  readonly readyMs: number;
  readonly memoryMiB: number;
}

/** `serve` on an empty folder: until /readyz says so, and its memory after a rest. */
async function serve(folder: string, env: Record<string, string>, restMs: number): Promise<Served> {
  const began = now();
  const child = new Deno.Command(executable, {
    args: [
      ...["serve", "--config", `${folder}/config`, "--state-dir", `${folder}/state`],
      ...["--xds-address", "127.0.0.1:29977", "--admin-address", ADMIN],
    ],
    env,
    stderr: "null",
  }).spawn();
  try {
    while (!await isReady()) await pause(2);
    const readyMs = now() - began;
    await pause(restMs);
    return { readyMs, memoryMiB: (await new ProcessTree(child.pid).usage()).rssMib };
  } finally {
    child.kill("SIGTERM");
    await child.status;
  }
}

async function isReady(): Promise<boolean> {
  try {
    const answer = await fetch(`http://${ADMIN}/readyz`);
    await answer.body?.cancel();
    return answer.ok;
  } catch {
    return false;
  }
}

const folder = await Deno.makeTempDir({ prefix: "sluice_bench_" });
try {
  await Deno.mkdir(`${folder}/config`);
  const env = { CACHE_DIRECTORY: `${folder}/cache` };
  const rounds = Number(values.rounds);
  const first = await timeOf(["version"], env);
  const version: number[] = [];
  for (let i = 0; i < rounds; i++) version.push(await timeOf(["version"], env));
  const served: Served[] = [];
  for (let i = 0; i < Math.ceil(rounds / 4); i++) served.push(await serve(folder, env, Number(values.rest) * 1000));
  const row = (what: string, samples: readonly number[]): string[] => {
    const { median, max } = summarize(samples);
    return [what, shortNumber(median), shortNumber(max)];
  };
  console.log(tableText([
    ["what", "median", "most"],
    ["size, MiB", shortNumber((await Deno.stat(executable)).size / 2 ** 20), ""],
    row("first start of all (it may unpack itself), ms", [first]),
    row("sluice version, ms", version),
    row("sluice serve until ready, empty folder, ms", served.map(({ readyMs }) => readyMs)),
    row("memory at rest (RSS), MiB", served.map(({ memoryMiB }) => memoryMiB)),
  ]));
} finally {
  await Deno.remove(folder, { recursive: true });
}
