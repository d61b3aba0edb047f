import type { FileChange } from "./files.ts";
import type { RunResult } from "./run.ts";

/** A run in words; with faults, all that is needed to repeat them. */
export function report(result: RunResult): string {
  const { seed, edits, faults, sums, suspects, ms } = result;
  const lines = [
    `seed ${seed}: ${edits} edits in ${(ms / 1000).toFixed(1)} s`,
    ...[...sums].map(([name, count]) => `  ${name}: ${count}`),
    `  listener edits: ${result.listenerEdits}, listener updates over all Envoys: ${result.listenerUpdates}`,
    ...Object.entries(result.byKind).map(([kind, count]) => `  ${count} x ${kind}`),
  ];
  if (faults.length === 0) return lines.join("\n");
  lines.push(`${faults.length} faults; repeat them with: deno task hitless --seed ${seed} --edits ${edits}`);
  for (const { at, proxy, where, what } of faults.slice(0, 20)) {
    const last = suspects.findLast((edit) => edit.at <= at);
    lines.push(
      `  [${proxy}] ${where}: ${what} (${
        last ? `${Math.round(at - last.at)} ms after edit ${last.number}` : "before"
      })`,
    );
  }
  lines.push("edits since all had arrived:");
  for (const { number, kind, what, changes } of suspects) {
    lines.push(`edit ${number}: ${kind}: ${what}`, ...changes.flatMap(described));
  }
  return lines.join("\n");
}

function described({ path, before, after }: FileChange): string[] {
  return [`--- ${path} before`, before ?? "(not there)\n", `+++ ${path} after`, after ?? "(removed)\n"];
}

/** A run's figures. */
export function jsonOf({ seed, edits, byKind, sums, faults, listenerEdits, listenerUpdates, ms }: RunResult): object {
  return {
    ...{ seed, edits, byKind, sums: Object.fromEntries(sums), listenerEdits, listenerUpdates },
    ...{ seconds: Math.round(ms / 1000), faults },
  };
}
