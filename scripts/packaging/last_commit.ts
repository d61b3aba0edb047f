import { runProgram } from "./run_program.ts";

/** When the last commit was made, in seconds since 1970. Throws where there is no git, or no repository. */
export async function lastCommit(): Promise<string> {
  return (await runProgram("git", ["log", "-1", "--format=%ct"])).trim();
}
