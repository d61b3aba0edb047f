/**
 * `deno task gen:licences`: writes src/cli/licences.gen.json, the licences of all that is in the executable, which
 * `sluice version --licences` prints. A test compares.
 *
 * Permissions: --allow-read (Deno's cache) --allow-write=.cache,src/cli/licences.gen.json --allow-env --allow-run.
 */
import { fileURLToPath } from "node:url";
import { gatherLicences } from "./release/licences.ts";
import { bundledPackages } from "./release/parts.ts";

const ROOT = fileURLToPath(new URL("../", import.meta.url));
export const LICENCES_FILE = `${ROOT}src/cli/licences.gen.json`;

/** What the file is to hold. `scratch`: a folder for a bundle. */
export async function licencesFile(scratch: string): Promise<string> {
  return JSON.stringify(await gatherLicences(await bundledPackages(ROOT, scratch)), undefined, 2) + "\n";
}

if (import.meta.main) await Deno.writeTextFile(LICENCES_FILE, await licencesFile(`${ROOT}.cache/release`));
