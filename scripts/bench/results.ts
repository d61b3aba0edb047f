import type { Histogram } from "./metrics.ts";
import type { ProcessUsage } from "./process_usage.ts";
import type { SubjectName } from "./subjects.ts";
import type { XdsForm } from "./xds/wire.ts";

/** Everything that one call of the bench found: its file. Raw samples; the page and the table are made from them. */
export interface Results {
  /** When it began, ISO 8601. */
  readonly time: string;
  readonly machine: Machine;
  readonly versions: Readonly<Record<"sluice" | "deno" | "envoy" | "grpcJs", string>>;
  /** The words of the command line. */
  readonly flags: readonly string[];
  readonly cases: CaseResult[];
  readonly fanOut: FanOutResult[];
  storm?: StormResult;
  /** What failed; what was measured before is there. */
  readonly errors: string[];
}

export interface Machine {
  readonly cpu: string;
  readonly cores: number;
  readonly memoryMib: number;
  readonly kernel: string;
  /** Load averages of a minute: before, and after each part. */
  readonly load: number[];
  /** Milliseconds of a fixed piece of work: before, and after each part. Shows a machine that is slow at the moment. */
  readonly calibrationMs: number[];
}

/** One size with one form of xDS and one subject. Parts that were not asked for are missing. */
export interface CaseResult {
  readonly size: number;
  readonly xds: XdsForm;
  readonly subject: SubjectName;
  readonly starts: StartSample[];
  idle?: IdleSample;
  edits?: EditsSample;
  churn?: EditsSample;
}

export interface StartSample {
  /** From the start of the process until the first, the middle and the last VirtualService answer and all clusters are active. */
  readonly seconds: number;
  /** CPU and memory at that moment. */
  readonly usage: ProcessUsage;
}

export interface IdleSample {
  readonly seconds: number;
  /** CPU in that time. */
  readonly cpuMs: number;
  /** At its end: what is called settled. */
  readonly usage: ProcessUsage;
}

export interface EditsSample {
  /** By edit, from before the change until its answer came through Envoy. */
  readonly ms: readonly number[];
  /** By edit, CPU from before the change to the end of its window, idle subtracted. */
  readonly cpuMs: readonly number[];
  /** How long all of it took. */
  readonly seconds: number;
  /** All changes in that time, measured ones and others. */
  readonly changes: number;
  /** What Envoy received over xDS in that time. */
  readonly bytes: number;
  /** `sluice_change_to_write_seconds`: from the file's event to the bytes handed to the stream. */
  readonly changeToWrite?: Histogram;
  readonly usage: ProcessUsage;
}

/** So many streams of one Sluice. */
export interface FanOutResult {
  readonly size: number;
  readonly xds: XdsForm;
  readonly subject: SubjectName;
  readonly streams: number;
  /** From the first of the added streams until all of them had everything. */
  readonly openMs: number;
  /** When nothing happened any more. */
  readonly settled: ProcessUsage;
  /** The most memory that a look every quarter of a second found during the edits. */
  readonly mostRssMib: number;
  readonly edits: readonly {
    /** From before the change until half of the clients had it; until the last had it. */
    readonly medianMs: number;
    readonly lastMs: number;
    /** Clients that did not get it in time: starved. */
    readonly missing: number;
  }[];
}

/** Ten edits a second for minutes. */
export interface StormResult {
  readonly size: number;
  readonly xds: XdsForm;
  readonly seconds: number;
  /** Edits that were made. */
  readonly changes: number;
  /** By measured edit. */
  readonly ms: readonly number[];
  /** ApiSnapshots that were emitted, by stretch of about ten seconds. */
  readonly emissions: readonly { readonly seconds: number; readonly count: number }[];
  /** The longest stall of each stretch, by the upper bound of its bucket; empty where Sluice does not tell. */
  readonly longestStallMs: readonly number[];
  /** After a forced collection of garbage. */
  readonly heaps: readonly { readonly minute: number; readonly usedMib: number }[];
  readonly cpuMs: number;
  readonly usage: ProcessUsage;
}
