import { PLACE_OF_COMMIT, placeFilled } from "../../src/cli/build_info.ts";
import { replaceInBundle } from "./bundle.ts";
import { runProgram } from "./run_program.ts";

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
  const found = await replaceInBundle(bundle, PLACE_OF_COMMIT, placeFilled(commit));
  if (found === 0) throw new Error("no module of the bundle has a place for the commit");
}

/** When the last commit was made, in seconds since 1970. Throws where there is no git, or no repository. */
export async function secondsOfCommit(): Promise<string> {
  return (await runProgram("git", ["log", "-1", "--format=%ct"])).trim();
}
