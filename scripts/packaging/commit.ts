import { join } from "node:path";
import { PLACE_OF_COMMIT, placeFilled } from "../../src/cli/build_info.ts";

/** The commit of a checkout, as `0123abc…` or, with changes that are in no commit, `0123abc…-dirty`; undefined without git. */
export async function commitOf(source: string): Promise<string | undefined> {
  try {
    const args = ["describe", "--always", "--abbrev=40", "--exclude=*", "--dirty"];
    const { success, stdout } = await new Deno.Command("git", { args, cwd: source, stderr: "null" }).output();
    return success ? new TextDecoder().decode(stdout).trim() : undefined;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
}

/** Writes the commit into a bundle, where `sluice version` finds it. Throws where the bundle has no place for it. */
export async function writeCommit(bundle: string, commit: string): Promise<void> {
  let found = 0;
  for await (const { name, isFile } of Deno.readDir(bundle)) {
    if (!isFile) continue;
    const text = await Deno.readTextFile(join(bundle, name));
    if (!text.includes(PLACE_OF_COMMIT)) continue;
    found++;
    await Deno.writeTextFile(join(bundle, name), text.replaceAll(PLACE_OF_COMMIT, placeFilled(commit)));
  }
  if (found === 0) throw new Error("no module of the bundle has a place for the commit");
}
