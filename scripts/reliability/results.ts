import type { RefusalFigures } from "./refusals.ts";
import type { RefuserFigures } from "./refuser.ts";
import type { RestartFigures } from "./restarts.ts";
import type { TestRun } from "./runs.ts";

/** What `deno task hitless --json` writes of one run. */
export interface HitlessFigures {
  readonly seed: number;
  readonly edits: number;
  readonly byKind: Readonly<Record<string, number>>;
  readonly sums: Readonly<Record<string, number>>;
  readonly listenerEdits: number;
  readonly listenerUpdates: number;
  readonly seconds: number;
  readonly faults: readonly unknown[];
}

/** What `deno task conformance` writes. */
export interface ConformanceFigures {
  readonly scenarios: number;
  readonly passed: number;
  readonly variants: readonly { readonly name: string; readonly scenarios: number; readonly passed: number }[];
}

/** What `deno task fuzz` says of one target. */
export interface FuzzFigures {
  readonly target: string;
  readonly seed: number;
  readonly runs: number;
  readonly faults: number;
}

/** All that the page tells; a part that was not run is missing. */
export interface ReliabilityResults {
  /** By part, the commit that it was run on. */
  readonly commits: Partial<Record<Part, string>>;
  readonly machine: string;
  readonly versions: Readonly<Record<string, string>>;
  refusals?: readonly RefusalFigures[];
  refuser?: readonly RefuserFigures[];
  hitless?: readonly HitlessFigures[];
  restarts?: readonly RestartFigures[];
  faults?: readonly TestRun[];
  protocol?: readonly TestRun[];
  conformance?: ConformanceFigures;
  fuzz?: readonly FuzzFigures[];
}

export type Part = Exclude<keyof ReliabilityResults, "commits" | "machine" | "versions">;

/** In the order in which they are run and told. */
export const PARTS: readonly Part[] = [
  "refusals",
  "refuser",
  "hitless",
  "restarts",
  "faults",
  "protocol",
  "conformance",
  "fuzz",
];
