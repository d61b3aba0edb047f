/**
 * `deno task golden:update`: rewrites envoy.yaml and report.yaml of every golden case, or of those whose path contains
 * one of the arguments. Look at the difference before you commit it.
 *
 * Permissions: --allow-read=. --allow-write=src/plugins,tests/golden
 */
import { findCases, misplacedFiles } from "../tests/golden/find_cases.ts";
import { runCase } from "../tests/golden/run_case.ts";

const wanted = Deno.args;
const cases = findCases().filter(({ name }) => wanted.length === 0 || wanted.some((part) => name.includes(part)));
const misplaced = cases.flatMap((one) => misplacedFiles(one, ["input.yaml"]));
let written = 0;
for (const { name, folder } of cases) {
  if (misplaced.some((message) => message.startsWith(`${name}/`) || message.startsWith(`${name} `))) continue;
  const { envoy, report } = runCase(Deno.readTextFileSync(new URL("input.yaml", folder)));
  for (const [file, text] of [["envoy.yaml", envoy], ["report.yaml", report]] as const) {
    const place = new URL(file, folder);
    if (textOf(place) === text) continue;
    Deno.writeTextFileSync(place, text);
    console.log(`${name}/${file}`);
    written++;
  }
}
console.log(`${cases.length} cases, ${written} files written`);
for (const message of misplaced) console.error(message);
if (cases.length === 0 || misplaced.length > 0) Deno.exit(1);

function textOf(place: URL): string | undefined {
  try {
    return Deno.readTextFileSync(place);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
}
