/**
 * `deno task compile`: makes `dist/sluice`, one executable. `--portable` makes it of the deno binary at hand, where
 * Deno's runtime base cannot be fetched; `--target NAME` is for another machine, `--all` for each that there is.
 */
import { parseArgs } from "node:util";
import { resolve } from "node:path";
import { makeBundle } from "./packaging/bundle.ts";
import { commitOf, writeCommit } from "./packaging/commit.ts";
import { compileBundle, NoRuntimeBase } from "./packaging/compiled.ts";
import { denoBinary } from "./packaging/deno_binary.ts";
import { makePortable } from "./packaging/portable.ts";
import { hostTarget, type Target, TARGETS } from "./packaging/targets.ts";

const DIST = resolve("dist");
const BUNDLE = resolve(".cache/bundle");

/** `dist/sluice` is for this machine; those for others say for which. */
function outputOf(target: Target, isNamed: boolean): string {
  return `${DIST}/${isNamed ? `sluice-${target.name}` : "sluice"}`;
}

function targetsOf(name: string | undefined, all: boolean): readonly Target[] {
  if (all) return TARGETS;
  if (name === undefined) return [hostTarget()];
  const target = TARGETS.find((one) => one.name === name);
  if (!target) throw new Error(`--target ${name}: there are ${TARGETS.map((one) => one.name).join(", ")}`);
  return [target];
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    args: Deno.args,
    options: { portable: { type: "boolean" }, target: { type: "string" }, all: { type: "boolean" } },
  });
  const { portable = false, all = false } = values;
  const targets = targetsOf(values.target, all);
  await makeBundle({ source: ".", folder: BUNDLE });
  const commit = await commitOf(".");
  if (commit !== undefined) await writeCommit(BUNDLE, commit);
  await Deno.mkdir(DIST, { recursive: true });
  for (const target of targets) {
    const output = outputOf(target, all || values.target !== undefined);
    if (portable) await makePortable({ deno: await denoBinary(target), bundle: BUNDLE, output });
    else await compileBundle(BUNDLE, target, output);
    const { size } = await Deno.stat(output);
    console.log(`${output}: ${(size / 2 ** 20).toFixed(1)} MiB${portable ? ", portable" : ""}`);
  }
}

try {
  await main();
} catch (error) {
  if (!(error instanceof Error)) throw error;
  console.error(`compile: ${error.message}`);
  Deno.exit(error instanceof NoRuntimeBase ? 3 : 1);
}
