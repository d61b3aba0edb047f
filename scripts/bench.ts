/**
 * `deno task bench`: how long Sluice takes to start, and from a saved file to the changed answer through a real Envoy,
 * all on this machine. Prints a table and writes everything to .cache/bench/<time>.json.
 */
import { parseArgs } from "node:util";
import { fileURLToPath } from "node:url";
import { tableText } from "./bench/figures.ts";
import { measure, type Measurement } from "./bench/measure.ts";
import { ENVOY_VERSION } from "./install_tools.ts";

const scratch = fileURLToPath(new URL("../.cache/bench", import.meta.url));

const USAGE = `deno task bench [FLAGS]
  --sizes 100,1000   numbers of VirtualServices, of 5 routes each
  --edits 20         edits of one route each, two to three seconds apart
  --runs 1           how often each size is measured
  --idle 10          seconds over which idle CPU is measured
  --delta            delta xDS instead of the state of the world
  --help`;

async function main(): Promise<number> {
  const { values } = parseArgs({
    args: Deno.args,
    options: {
      sizes: { type: "string", default: "100,1000" },
      edits: { type: "string", default: "20" },
      runs: { type: "string", default: "1" },
      idle: { type: "string", default: "10" },
      delta: { type: "boolean", default: false },
      help: { type: "boolean", default: false },
    },
  });
  if (values.help) {
    console.log(USAGE);
    return 0;
  }
  const measurements: Measurement[] = [];
  for (const size of values.sizes.split(",").map((text) => positive("sizes", text))) {
    for (let run = 1; run <= positive("runs", values.runs); run++) {
      console.error(`${size} VirtualServices, run ${run}`);
      measurements.push(
        await measure({
          size,
          delta: values.delta,
          edits: positive("edits", values.edits),
          idleSeconds: positive("idle", values.idle),
          folder: `${scratch}/run`,
        }),
      );
    }
  }
  console.log(tableText([HEAD, ...measurements.map(row)]));
  console.log(`\nresults: ${await writeResults(measurements)}`);
  return 0;
}

function positive(flag: string, text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value <= 0) {
    throw new Error(`--${flag}: ${JSON.stringify(text)} is no number above 0`);
  }
  return value;
}

const HEAD = [
  "VS",
  "xDS",
  "start s",
  "edit ms: median",
  "p90",
  "min-max",
  "sync ms",
  "CPU ms/edit",
  "idle core",
  "MiB settled",
  "peak",
  "bytes/edit",
  "load",
];

function row({ size, xds, edit, load, atEnd, ...one }: Measurement): string[] {
  return [
    String(size),
    xds,
    one.startSeconds.toFixed(2),
    edit.median.toFixed(0),
    edit.p90.toFixed(0),
    `${edit.min.toFixed(0)}-${edit.max.toFixed(0)}`,
    one.syncMsPerEdit.toFixed(1),
    one.cpuMsPerEdit.toFixed(0),
    one.idleCpu.toFixed(3),
    one.settled.rssMib.toFixed(0),
    atEnd.peakRssMib.toFixed(0),
    one.bytesPerEdit.toFixed(0),
    load.map((value) => value.toFixed(1)).join("-"),
  ];
}

/** Gives the name of the file. */
async function writeResults(measurements: readonly Measurement[]): Promise<string> {
  const time = new Date().toISOString();
  const file = `${scratch}/${time.replaceAll(":", "-")}.json`;
  const machine = { cores: navigator.hardwareConcurrency, deno: Deno.version.deno, envoy: ENVOY_VERSION };
  await Deno.writeTextFile(file, JSON.stringify({ time, machine, measurements }, undefined, 2) + "\n");
  return file;
}

if (import.meta.main) {
  try {
    Deno.exitCode = await main();
  } catch (error) {
    console.error(`bench: ${error instanceof Error ? error.message : error}`);
    Deno.exitCode = 1;
  }
  Deno.exit();
}
