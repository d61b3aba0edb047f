/**
 * `deno task bench`: how long Sluice takes to start, and from a saved file to the changed answer through a real Envoy, what
 * CPU and memory that costs, and how it fans out, beside the floor: a server that holds the same bytes and does nothing else.
 * Prints a table and writes all samples to .cache/bench/<time>.json; `--page latest` makes docs/benchmarks.md from that.
 */
import { fileURLToPath } from "node:url";
import { type BackEnd, captureForFloor, makeBed, startBackEnd, untilListening } from "./bench/bed.ts";
import { stopChildren, stopLater } from "./bench/child.ts";
import { exportConfiguration } from "./bench/export_configuration.ts";
import { measureFanOut } from "./bench/fan_out.ts";
import { aboutMachine, noteMachine, versions } from "./bench/machine.ts";
import { measureCase } from "./bench/measure_case.ts";
import { type BenchOptions, benchOptions, USAGE } from "./bench/options.ts";
import { writePage } from "./bench/page/page.ts";
import type { Results } from "./bench/results.ts";
import { measureStorm } from "./bench/storm.ts";
import { startFloor, startSluice } from "./bench/subjects.ts";
import { resultsText } from "./bench/text.ts";
import type { XdsForm } from "./bench/xds/wire.ts";

const scratch = fileURLToPath(new URL("../.cache/bench", import.meta.url));
const docs = fileURLToPath(new URL("../docs", import.meta.url));

async function main(): Promise<number> {
  const options = benchOptions(Deno.args);
  if (options.help) {
    console.log(USAGE);
    return 0;
  }
  if (options.writeConfiguration !== undefined) {
    console.log(await exportConfiguration(options.writeConfiguration, options.sizes[0]!));
    return 0;
  }
  if (options.page !== undefined) {
    const files = options.page === "latest" ? [newestResults()] : options.page.split(",");
    await writePage(files.map((file) => JSON.parse(Deno.readTextFileSync(file)) as Results), docs);
    return 0;
  }
  return await measureAll(options);
}

/** One call of the bench: goes on after a part that failed, and ends with 1 then. */
async function measureAll(options: BenchOptions): Promise<number> {
  const time = new Date().toISOString();
  const results: Results = {
    ...{ time, machine: aboutMachine(), versions: await versions(), flags: Deno.args },
    ...{ cases: [], fanOut: [], errors: [] },
  };
  const file = `${scratch}/${time.replaceAll(":", "-")}.json`;
  const save = async (): Promise<void> => {
    await Deno.mkdir(scratch, { recursive: true });
    await Deno.writeTextFile(file, JSON.stringify(results, undefined, 1) + "\n");
  };
  // Who calls the bench off keeps what there is.
  stopLater({ stop: save });
  const backEnd = startBackEnd();
  const part = async (name: string, measure: () => Promise<void>): Promise<void> => {
    noteMachine(results.machine);
    console.error(name);
    try {
      await measure();
    } catch (error) {
      results.errors.push(`${name}: ${error instanceof Error ? error.message : error}`);
      console.error(results.errors.at(-1));
    }
    noteMachine(results.machine);
    await save();
  };
  for (const size of options.sizes) {
    for (const form of options.forms) {
      if (!["start", "idle", "edits", "churn"].some((one) => options.parts.has(one as "start"))) continue;
      await part(`${size} VirtualServices, ${form}`, () => oneCase(options, backEnd, size, form, results));
    }
  }
  for (const form of options.parts.has("fanout") ? options.forms : []) {
    await part(`fan-out, ${form}`, () => fanOut(options, backEnd, form, results));
  }
  if (options.churnMinutes > 0) {
    await part(`ten edits a second for ${options.churnMinutes} minutes`, async () => {
      const bed = await makeBed(`${scratch}/run`, options.churnSize, options.forms.at(-1)!, backEnd);
      results.storm = await measureStorm(bed, options.churnMinutes);
    });
  }
  await backEnd.stop();
  console.log(resultsText(results));
  console.log(`\nresults: ${file}`);
  return results.errors.length > 0 ? 1 : 0;
}

async function oneCase(options: BenchOptions, backEnd: BackEnd, size: number, form: XdsForm, results: Results) {
  const { parts, starts, idleSeconds, edits, floor, command } = options;
  const bed = await makeBed(`${scratch}/run`, size, form, backEnd);
  const asked = {
    starts: parts.has("start") ? starts : 1,
    idleSeconds: parts.has("idle") ? idleSeconds : 0,
    edits: parts.has("edits") ? edits : 0,
    churnEdits: parts.has("churn") ? edits : 0,
  };
  await measureCase(bed, { ...asked, floor, command }, (result) => results.cases.push(result));
}

async function fanOut(options: BenchOptions, backEnd: BackEnd, form: XdsForm, results: Results): Promise<void> {
  const { fanOutSize, streams, fanOutEdits, floor } = options;
  const bed = await makeBed(`${scratch}/run`, fanOutSize, form, backEnd);
  if (floor) await captureForFloor(bed);
  const subjects = [() => startSluice(bed), ...(floor ? [() => startFloor(bed, form)] : [])];
  for (const start of subjects) {
    const subject = start();
    try {
      await untilListening(bed.xdsPort, subject.process);
      await measureFanOut(bed, subject, { streams, edits: fanOutEdits }, (result) => results.fanOut.push(result));
    } finally {
      await subject.process.stop();
    }
  }
}

/** Throws where there are none. */
function newestResults(): string {
  const files = [...Deno.readDirSync(scratch)].map(({ name }) => name).filter((name) => name.endsWith(".json")).sort();
  if (files.length === 0) throw new Error(`there are no results in ${scratch}`);
  return `${scratch}/${files.at(-1)}`;
}

if (import.meta.main) {
  for (const signal of ["SIGINT", "SIGTERM"] as const) {
    Deno.addSignalListener(signal, () => void stopChildren().finally(() => Deno.exit(130)));
  }
  try {
    Deno.exitCode = await main();
  } catch (error) {
    console.error(`bench: ${error instanceof Error ? error.message : error}`);
    Deno.exitCode = 1;
  }
  await stopChildren();
  Deno.exit();
}
