/**
 * `deno task hitless`: many random valid edits under steady traffic; prints sums. Exit code 1 where anything was lost.
 *
 * `--seed N` (default 1), `--edits N` (default 1000), `--xds both|sotw|delta` (default both), `--every N` tells how far it
 * is each time that so many edits have arrived (default 50), `--kind TEXT` (may be repeated) makes edits of these kinds only,
 * `--json FILE` writes the figures.
 */
import { parseArgs } from "node:util";
import { EDIT_KINDS, isEditKind } from "./edits.ts";
import { hitlessRun, type XdsForm } from "./run.ts";
import { jsonOf, report } from "./report.ts";

const { values } = parseArgs({
  args: Deno.args,
  options: {
    seed: { type: "string", default: "1" },
    edits: { type: "string", default: "1000" },
    xds: { type: "string", default: "both" },
    json: { type: "string" },
    every: { type: "string", default: "50" },
    kind: { type: "string", multiple: true },
  },
});
const unknown = values.kind?.find((kind) => !isEditKind(kind));
if (unknown !== undefined) {
  console.error(`there is no kind of edit ${unknown}; there are:\n${EDIT_KINDS.join("\n")}`);
  Deno.exit(2);
}
const forms: readonly XdsForm[] = values.xds === "sotw" || values.xds === "delta" ? [values.xds] : ["sotw", "delta"];
let told = 0;
const result = await hitlessRun({
  seed: Number(values.seed),
  edits: Number(values.edits),
  forms,
  kinds: values.kind?.filter(isEditKind),
  onArrival: (edits, ms) => {
    if (edits - told < Number(values.every)) return;
    told = edits;
    console.log(`${edits} edits have arrived, ${(ms / 1000).toFixed(0)} s`);
  },
});
console.log(report(result));
if (values.json) await Deno.writeTextFile(values.json, JSON.stringify(jsonOf(result), undefined, 2) + "\n");
Deno.exit(result.faults.length === 0 ? 0 : 1);
