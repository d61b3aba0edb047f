import { parseArgs } from "node:util";
import { XDS_FORMS, type XdsForm } from "./xds/wire.ts";

export const PARTS = ["start", "idle", "edits", "churn", "fanout"] as const;
export type Part = typeof PARTS[number];

export interface BenchOptions {
  readonly sizes: readonly number[];
  readonly forms: readonly XdsForm[];
  readonly parts: ReadonlySet<Part>;
  readonly edits: number;
  readonly starts: number;
  readonly idleSeconds: number;
  readonly floor: boolean;
  /** Size and numbers of streams of the fan-out. */
  readonly fanOutSize: number;
  readonly streams: readonly number[];
  readonly fanOutEdits: number;
  /** 0 leaves the storm out. */
  readonly churnMinutes: number;
  readonly churnSize: number;
  /** Another control plane in Sluice's place. */
  readonly command?: string;
  /** Do nothing but write a configuration into this folder. */
  readonly writeConfiguration?: string;
  /** Do nothing but write the page, from the newest results or from these files, with commas between them. */
  readonly page?: string;
  readonly help: boolean;
}

export const USAGE = `deno task bench [FLAGS]
  --sizes 100,1000,5000,10000  numbers of VirtualServices, of 5 routes each
  --xds sotw,delta             forms of xDS
  --only ${PARTS.join(",")}   the parts to measure; every part needs a start
  --starts 3                   starts of Sluice and of the floor, in turns
  --idle 60                    seconds over which idle CPU is measured
  --edits 20                   edits of one route each, two to three seconds apart; alone, and under churn
  --no-floor                   without the floor
  --fanout-size 5000           VirtualServices of the fan-out
  --streams 1,100,1000         numbers of light clients
  --fanout-edits 5             edits for each number of streams
  --churn-minutes 0            ten edits a second for so long, at --churn-size; 0 for none, 5 for the real thing
  --churn-size 5000
  --command "CMD"              another control plane in the place of Sluice; {folder} in it is the configuration
  --write-configuration DIR    only write the configuration of the first size, with an Envoy bootstrap
  --page FILES                 only write docs/benchmarks.md from these files of results, of which a later one takes the
                               place of an earlier where both measured the same; or from the newest with "latest"
  --help
Results go to .cache/bench/<time>.json while they come.`;

/** Throws an Error that says what is wrong with the words. */
export function benchOptions(words: readonly string[]): BenchOptions {
  const { values } = parseArgs({
    args: [...words],
    options: {
      sizes: { type: "string", default: "100,1000,5000,10000" },
      xds: { type: "string", default: XDS_FORMS.join(",") },
      only: { type: "string", default: PARTS.join(",") },
      starts: { type: "string", default: "3" },
      idle: { type: "string", default: "60" },
      edits: { type: "string", default: "20" },
      "no-floor": { type: "boolean", default: false },
      "fanout-size": { type: "string", default: "5000" },
      streams: { type: "string", default: "1,100,1000" },
      "fanout-edits": { type: "string", default: "5" },
      "churn-minutes": { type: "string", default: "0" },
      "churn-size": { type: "string", default: "5000" },
      command: { type: "string" },
      "write-configuration": { type: "string" },
      page: { type: "string" },
      help: { type: "boolean", default: false },
    },
  });
  const number = (flag: keyof typeof values, least = 1) => wholeNumber(flag, String(values[flag]), least);
  const numbers = (flag: "sizes" | "streams", least = 1) =>
    values[flag].split(",").map((text) => wholeNumber(flag, text, least));
  return {
    // One is edited, another is churned.
    sizes: numbers("sizes", 2),
    forms: oneOf("xds", values.xds, XDS_FORMS),
    parts: new Set(oneOf("only", values.only, PARTS)),
    edits: number("edits"),
    starts: number("starts"),
    idleSeconds: number("idle"),
    floor: !values["no-floor"] && values.command === undefined,
    fanOutSize: number("fanout-size", 2),
    streams: numbers("streams").sort((a, b) => a - b),
    fanOutEdits: number("fanout-edits"),
    churnMinutes: number("churn-minutes", 0),
    churnSize: number("churn-size", 2),
    help: values.help,
    ...(values.command === undefined ? {} : { command: values.command }),
    ...(values["write-configuration"] === undefined ? {} : { writeConfiguration: values["write-configuration"] }),
    ...(values.page === undefined ? {} : { page: values.page }),
  };
}

function wholeNumber(flag: string, text: string, least: number): number {
  const value = Number(text);
  if (text === "" || !Number.isInteger(value) || value < least) {
    throw new Error(`--${flag}: ${JSON.stringify(text)} is no whole number from ${least}`);
  }
  return value;
}

function oneOf<T extends string>(flag: string, text: string, known: readonly T[]): T[] {
  return text.split(",").map((word) => {
    const found = known.find((one) => one === word);
    if (found === undefined) throw new Error(`--${flag}: there is no ${word}; there are ${known.join(", ")}`);
    return found;
  });
}
