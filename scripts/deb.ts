/**
 * `deno task deb`: makes `dist/sluice_<version>_<architecture>.deb` of `dist/sluice`; `--executable FILE` is for another one, and
 * `--output FILE` puts it elsewhere. $SOURCE_DATE_EPOCH is its date, and without one that of the last commit: the same
 * input gives the same bytes.
 */
import { parseArgs } from "node:util";
import config from "../deno.json" with { type: "json" };
import { ARCHITECTURES, makeDeb } from "./packaging/deb.ts";
import { secondsOfCommit } from "./packaging/commit.ts";

const { values } = parseArgs({
  args: Deno.args,
  options: { executable: { type: "string", default: "dist/sluice" }, output: { type: "string" } },
});
try {
  const architecture = ARCHITECTURES[Deno.build.arch];
  const output = values.output ?? `dist/sluice_${config.version}_${architecture}.deb`;
  const seconds = Number(Deno.env.get("SOURCE_DATE_EPOCH") ?? await secondsOfCommit());
  await makeDeb({ executable: values.executable, version: config.version, architecture, seconds, output });
  console.log(`${output}: ${((await Deno.stat(output)).size / 2 ** 20).toFixed(1)} MiB`);
} catch (error) {
  if (!(error instanceof Error)) throw error;
  console.error(`deb: ${error.message}`);
  Deno.exit(1);
}
