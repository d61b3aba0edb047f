/**
 * `deno task fuzz`: long runs, from a seed that they tell. What finds something is kept in `.cache/fuzz/<target>/`; mended, it
 * belongs in `tests/fuzz/corpus/<target>/`. `--replay FILE` runs one input.
 */
import { parseArgs } from "node:util";
import { type Fault, runCampaign } from "./campaign.ts";
import type { FuzzTarget } from "./target.ts";
import { TARGETS } from "./targets.ts";

const USAGE = "deno task fuzz [--target yaml|xds|admin] [--seed N] [--runs N] [--envoy-every N] [--replay FILE]";
const FAULTS = ".cache/fuzz";

function wishes() {
  const { values } = parseArgs({
    args: Deno.args,
    options: {
      target: { type: "string", multiple: true },
      seed: { type: "string", default: String(Math.floor(Math.random() * 2 ** 31)) },
      runs: { type: "string", default: "2000" },
      "envoy-every": { type: "string", default: "0" },
      replay: { type: "string" },
    },
  });
  const [seed, runs, envoyEvery] = [values.seed, values.runs, values["envoy-every"]].map(Number);
  const targets = values.target ?? Object.keys(TARGETS);
  const isFine = [seed, runs, envoyEvery].every(Number.isSafeInteger) && targets.every((name) => name in TARGETS);
  if (!isFine || (values.replay !== undefined && targets.length !== 1)) throw new Error(USAGE);
  return { targets, seed: seed!, runs: runs!, envoyEvery: envoyEvery!, replay: values.replay };
}

async function replay(target: FuzzTarget, file: string): Promise<number> {
  await target.run(await Deno.readFile(file));
  console.log(`${target.name}: ${file} finds nothing`);
  return 0;
}

async function fuzz(target: FuzzTarget, seed: number, runs: number): Promise<number> {
  console.log(`${target.name}: seed ${seed}, ${runs} runs`);
  const progress = (done: number): void => {
    if (done % 500 === 0) console.log(`${target.name}: ${done}`);
  };
  const onFault = ({ what, file }: Fault): void => console.log(`\n${file}\n${what}`);
  const faults = await runCampaign(target, { seed, runs, faults: FAULTS, mostFaults: 10, onFault, progress });
  console.log(`${target.name}: ${faults.length} ${faults.length === 1 ? "fault" : "faults"}`);
  return faults.length;
}

const { targets, seed, runs, envoyEvery, replay: file } = wishes();
let faults = 0;
for (const name of targets) {
  const target = await TARGETS[name as keyof typeof TARGETS](envoyEvery);
  try {
    faults += file === undefined ? await fuzz(target, seed, runs) : await replay(target, file);
  } finally {
    await target.close();
  }
}
Deno.exit(faults === 0 ? 0 : 1);
