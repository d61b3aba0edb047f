import { mean, summarize } from "./figures.ts";
import { histogramQuantile } from "./metrics.ts";
import type { CaseResult } from "./results.ts";

/** A figure of one case, made from its samples. */
export interface CaseFigure {
  readonly name: string;
  readonly unit: "s" | "ms" | "core" | "MiB" | "bytes";
  /** Undefined where it was not measured. */
  readonly of: (result: CaseResult) => number | undefined;
  /** What Sluice is to stay below, by number of VirtualServices, as it is or over the floor. */
  readonly aim?: {
    readonly overFloor: boolean;
    readonly most: Readonly<Record<number, number>>;
    readonly deltaOnly?: true;
  };
}

function aim(values: readonly [number, number, number, number], overFloor = false) {
  return { overFloor, most: { 100: values[0], 1000: values[1], 5000: values[2], 10_000: values[3] } };
}

type Block = "edits" | "churn";

const editMs = (block: Block, which: "median" | "p99" | "max") => (result: CaseResult): number | undefined => {
  const samples = result[block]?.ms;
  return samples === undefined ? undefined : summarize(samples)[which];
};

const changeToWrite = (block: Block, fraction: number) => (result: CaseResult): number | undefined => {
  const histogram = result[block]?.changeToWrite;
  return histogram === undefined || histogram.count === 0 ? undefined : 1000 * histogramQuantile(histogram, fraction);
};

const bytesPerChange = (block: Block) => (result: CaseResult): number | undefined => {
  const sample = result[block];
  return sample === undefined ? undefined : sample.bytes / sample.changes;
};

/** In the order in which the page shows them. */
export const CASE_FIGURES: readonly CaseFigure[] = [
  {
    name: "start to complete in Envoy, median",
    unit: "s",
    of: ({ starts }) => starts.length === 0 ? undefined : summarize(starts.map(({ seconds }) => seconds)).median,
    aim: aim([0.4, 0.6, 1.2, 2], true),
  },
  {
    name: "CPU until then, median",
    unit: "ms",
    of: ({ starts }) => starts.length === 0 ? undefined : summarize(starts.map(({ usage }) => usage.cpuMs)).median,
  },
  { name: "file to traffic, p50", unit: "ms", of: editMs("edits", "median"), aim: aim([25, 30, 50, 80], true) },
  { name: "file to traffic, p99", unit: "ms", of: editMs("edits", "p99") },
  { name: "file to traffic, max", unit: "ms", of: editMs("edits", "max") },
  { name: "file event to bytes written, p50", unit: "ms", of: changeToWrite("edits", 0.5), aim: aim([10, 12, 20, 30]) },
  { name: "file event to bytes written, p99", unit: "ms", of: changeToWrite("edits", 0.99) },
  { name: "under churn: file to traffic, p50", unit: "ms", of: editMs("churn", "median") },
  { name: "under churn: file to traffic, p99", unit: "ms", of: editMs("churn", "p99") },
  { name: "under churn: file to traffic, max", unit: "ms", of: editMs("churn", "max") },
  {
    name: "CPU a change, mean",
    unit: "ms",
    of: ({ edits }) => edits === undefined ? undefined : mean(edits.cpuMs),
    aim: { ...aim([5, 8, 15, 25]), deltaOnly: true },
  },
  {
    name: "CPU under churn",
    unit: "core",
    of: ({ churn }) => churn === undefined ? undefined : mean(churn.cpuMs) * churn.cpuMs.length / churn.seconds / 1000,
  },
  {
    name: "CPU when idle",
    unit: "core",
    of: ({ idle }) => idle === undefined ? undefined : idle.cpuMs / idle.seconds / 1000,
    aim: aim([0.002, 0.002, 0.004, 0.006]),
  },
  { name: "memory settled", unit: "MiB", of: ({ idle }) => idle?.usage.rssMib, aim: aim([110, 150, 280, 400]) },
  {
    name: "memory at most",
    unit: "MiB",
    of: ({ idle, edits, churn }) => (churn ?? edits ?? idle)?.usage.peakRssMib,
  },
  { name: "bytes sent a change", unit: "bytes", of: bytesPerChange("edits") },
];
