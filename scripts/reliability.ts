/**
 * `deno task reliability`: tries all that docs/reliability.md tells, and writes it. About half an hour; `--only PART` (repeatable)
 * tries some of it again and keeps the rest of the last time; `--edits 1000`, `--seeds 1,2`, `--sizes 100,1000,10000`,
 * `--kills 10`, `--runs 2000`.
 */
import { parseArgs } from "node:util";
import { aboutMachine, versions } from "./bench/machine.ts";
import { pageText } from "./reliability/page.ts";
import { measureRefusal, type RefusalFigures } from "./reliability/refusals.ts";
import { measureRefuser, type RefuserFigures } from "./reliability/refuser.ts";
import { measureRestarts, type RestartFigures } from "./reliability/restarts.ts";
import {
  type ConformanceFigures,
  type FuzzFigures,
  type HitlessFigures,
  type Part,
  PARTS,
  type ReliabilityResults,
} from "./reliability/results.ts";
import { runDeno, runTests } from "./reliability/runs.ts";

const SCRATCH = ".cache/reliability";
const PAGE = "docs/reliability.md";

const { values } = parseArgs({
  args: Deno.args,
  options: {
    only: { type: "string", multiple: true },
    edits: { type: "string", default: "1000" },
    seeds: { type: "string", default: "1,2" },
    sizes: { type: "string", default: "100,1000,10000" },
    kills: { type: "string", default: "10" },
    runs: { type: "string", default: "5000" },
  },
});
const numbers = (text: string): number[] => text.split(",").map(Number);

/** Tests of faults: those whose names say what is expected of one. */
const FAULT_TESTS = [
  "tests/envoy/faults_test.ts",
  "tests/envoy/state_test.ts",
  "tests/envoy/static_fallback_test.ts",
  "tests/envoy/nack_test.ts",
];
const PROTOCOL_TESTS = [
  "tests/protocol",
  "tests/feature",
  "tests/clients",
  "tests/envoy/xds_server_test.ts",
  "tests/envoy/vhds_test.ts",
];

const TRIES: { readonly [P in Part]: () => Promise<ReliabilityResults[P]> } = {
  async refusals() {
    const figures: RefusalFigures[] = [];
    for (const form of ["sotw", "delta"] as const) {
      for (const size of [100, 1000]) figures.push(await measureRefusal(form, size));
    }
    return figures;
  },
  async refuser() {
    const figures: RefuserFigures[] = [];
    for (const form of ["sotw", "delta"] as const) figures.push(await measureRefuser(form, 1000, SCRATCH));
    return figures;
  },
  async hitless() {
    const figures: HitlessFigures[] = [];
    for (const seed of numbers(values.seeds)) {
      const json = `${SCRATCH}/hitless.json`;
      await runDeno(["task", "hitless", "--seed", String(seed), "--edits", values.edits, "--json", json]);
      figures.push(JSON.parse(await Deno.readTextFile(json)));
    }
    return figures;
  },
  async restarts() {
    const figures: RestartFigures[] = [];
    for (const size of numbers(values.sizes)) figures.push(await measureRestarts(size, Number(values.kills), SCRATCH));
    return figures;
  },
  faults: () => runTests(FAULT_TESTS, SCRATCH),
  protocol: () => runTests(PROTOCOL_TESTS, SCRATCH),
  async conformance() {
    await runDeno(["task", "conformance"]);
    return JSON.parse(await Deno.readTextFile(".cache/conformance/result.json")) as ConformanceFigures;
  },
  async fuzz() {
    const { output } = await runDeno(["task", "fuzz", "--runs", values.runs]);
    const begun = [...output.matchAll(/^(\w+): seed (\d+), (\d+) runs$/gm)];
    return begun.map(([, target, seed, runs]): FuzzFigures => {
      const faults = output.match(new RegExp(`^${target}: (\\d+) faults?$`, "m"))?.[1];
      if (faults === undefined) throw new Error(`the fuzzing of ${target} did not end`);
      return { target: target!, seed: Number(seed), runs: Number(runs), faults: Number(faults) };
    });
  },
};

async function last(): Promise<Partial<ReliabilityResults>> {
  try {
    return JSON.parse(await Deno.readTextFile(`${SCRATCH}/results.json`));
  } catch {
    return {};
  }
}

await Deno.mkdir(SCRATCH, { recursive: true });
const { cpu, cores, memoryMib } = aboutMachine();
const { sluice, deno, envoy } = await versions();
const before = await last();
const results: ReliabilityResults = {
  ...before,
  commits: { ...before.commits },
  machine: `${cpu}, ${cores} cores, ${Math.round(memoryMib / 1024)} GiB`,
  versions: { Deno: deno, Envoy: envoy },
};
const parts = PARTS.filter((part) => values.only === undefined || values.only.includes(part));
for (const part of parts) {
  console.error(`== ${part}`);
  Object.assign(results, { [part]: await TRIES[part]() });
  results.commits[part] = sluice;
  await Deno.writeTextFile(`${SCRATCH}/results.json`, JSON.stringify(results, undefined, 1) + "\n");
}
await Deno.writeTextFile(PAGE, pageText(results));
await runDeno(["fmt", "--quiet", PAGE]);
Deno.exit();
