import { summarize } from "../bench/figures.ts";
import type { ReliabilityResults } from "./results.ts";
import type { TestRun } from "./runs.ts";

/** docs/reliability.md, of what was run. */
export function pageText(results: ReliabilityResults): string {
  const { commits, machine, versions } = results;
  const parts = Map.groupBy(Object.entries(commits), ([, commit]) => commit);
  const of = [...parts].map(([commit, list]) => `${commit} (${list.map(([part]) => part).join(", ")})`).join(" and ");
  const about = Object.entries(versions).map(([name, version]) => `${name} ${version}`).join(", ");
  return [
    "# Reliability: what was tried, and what came of it",
    `Made by \`deno task reliability\` of commit ${of}, on ${machine}; ${about}. Real Envoys, real files, real sockets.`,
    ...refusals(results),
    ...refuser(results),
    ...hitless(results),
    ...restarts(results),
    ...faults(results),
    ...protocol(results),
    ...fuzz(results),
  ].join("\n\n") + "\n";
}

function table(head: readonly string[], rows: readonly (readonly unknown[])[]): string {
  return [head, head.map(() => "---"), ...rows].map((row) => `| ${row.map(cell).join(" | ")} |`).join("\n");
}

const cell = (value: unknown): string => String(value).replaceAll("|", "\\|");
const sum = (numbers: readonly number[]): number => numbers.reduce((all, one) => all + one, 0);
const missing = (part: string): string => `Not run this time (\`deno task reliability --only ${part}\`).`;

function refusals({ refusals }: ReliabilityResults): string[] {
  const text =
    "One save edits every VirtualService, and gives one of them a route that this Envoy refuses. All others are " +
    "to arrive, the refused one is to be told by its status, and no request is to be lost ([nacks.md](nacks.md)).";
  const rows = refusals?.map(({ form, size, nacks, searchMs, proxies, held, asked, lost }) => [
    ...[form, size, nacks, searchMs, proxies, held, asked, lost],
  ]);
  const head = [
    ...["xDS", "VirtualServices", "refusals until found", "search, ms", "proxies held", "resources held"],
    ...["requests", "lost"],
  ];
  return ["## A NACK has an owner", text, rows ? table(head, rows) : missing("refusals")];
}

function refuser({ refuser }: ReliabilityResults): string[] {
  const text =
    "And a client that refuses everything, beside one that accepts everything: what it costs when it comes, and " +
    "in ten edits after that.";
  const rows = refuser?.map((one) => [
    ...[one.form, one.size, one.responses, one.mib.toFixed(1), one.cpuMs, one.editResponses, one.otherResponses],
    `${one.editCpuMs} (${one.editCpuMsWithout})`,
  ]);
  const head = [
    "xDS",
    "VirtualServices",
    "responses",
    "MiB",
    "CPU, ms",
    "10 edits: to it",
    "to the other",
    "CPU, ms (without it)",
  ];
  return [text, rows ? table(head, rows) : missing("refuser")];
}

function hitless({ hitless }: ReliabilityResults): string[] {
  const title = "## Hitless";
  if (!hitless) return [title, missing("hitless")];
  const kinds = new Map<string, number>();
  for (const { byKind } of hitless) {
    for (const [kind, count] of Object.entries(byKind)) kinds.set(kind, (kinds.get(kind) ?? 0) + count);
  }
  const names = [...new Set(hitless.flatMap(({ sums }) => Object.keys(sums)))];
  const rows = hitless.map(({ seed, edits, seconds, sums, faults }) => [
    ...[seed, edits, seconds],
    ...names.map((name) => sums[name] ?? 0),
    faults.length,
  ]);
  return [
    title,
    "Random valid edits under steady traffic, through an Envoy in the state of the world and one in delta with VHDS at once. " +
    "A fault is a failed request, a reset, a connection that was closed though its edit was not its own, or a drained " +
    "listener that nobody edited.",
    table(["seed", "edits", "s", ...names, "faults"], rows),
    `The edits: ${
      [...kinds].sort(([a], [b]) => a < b ? -1 : 1).map(([kind, count]) => `${count} × ${kind}`).join(", ")
    }.`,
  ];
}

function restarts({ restarts }: ReliabilityResults): string[] {
  const ms = (all: readonly number[]): string => {
    const { median, max } = summarize(all);
    return `${Math.round(median)} (${Math.round(max)})`;
  };
  const rows = restarts?.map(({ size, firstMs, allMs, stateMib }) => [
    ...[size, firstMs.length, ms(firstMs), ms(allMs)],
    stateMib.toFixed(1),
  ]);
  const head = ["VirtualServices", "kills", "first response, ms", "all of it, ms", "state, MiB"];
  const text =
    "After `kill -9`: from the start of the process until a client that tries all the time has its first response, " +
    "and all of the configuration; median (most). Nothing was read from the sources yet.";
  return ["## Serving after a kill", text, rows ? table(head, rows) : missing("restarts")];
}

function faults({ faults }: ReliabilityResults): string[] {
  const title = "## Faults";
  if (!faults) return [title, missing("faults")];
  return [title, "What is expected stands in the name.", ...listOf(faults)];
}

function protocol({ protocol, conformance }: ReliabilityResults): string[] {
  const suite = conformance
    ? `[ii/xds-test-harness](https://github.com/ii/xds-test-harness), a public suite: ${conformance.passed} of ` +
      `${conformance.scenarios} scenarios passed (${
        conformance.variants.map(({ name, passed, scenarios }) => `${name} ${passed} of ${scenarios}`).join(", ")
      }).`
    : missing("conformance");
  const own = protocol
    ? `Of our own, over real gRPC and with clients from outside: ${
      protocol.filter(({ passed }) => passed).length
    } of ${protocol.length} passed.`
    : missing("protocol");
  const files = new Map<string, TestRun[]>(Map.groupBy(protocol ?? [], ({ file }) => file));
  const rows = [...files].map((
    [file, runs],
  ) => [file, `${runs.filter(({ passed }) => passed).length} of ${runs.length}`]);
  return ["## The protocol", suite, own, ...(rows.length > 0 ? [table(["file", "passed"], rows)] : [])];
}

function fuzz({ fuzz }: ReliabilityResults): string[] {
  const rows = fuzz?.map(({ target, seed, runs, faults }) => [target, seed, runs, faults]);
  return ["## Fuzzing", rows ? table(["target", "seed", "inputs", "faults"], rows) : missing("fuzz")];
}

function listOf(runs: readonly TestRun[]): string[] {
  const passed = runs.filter((run) => run.passed);
  const lines = runs.map(({ name, passed }) => `- ${passed ? "" : "**failed:** "}${name}`);
  return [lines.join("\n"), `${passed.length} of ${sum([runs.length])} passed.`];
}
