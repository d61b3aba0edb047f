import { runProgram } from "./run_program.ts";

/** Runs Deno and gives what it prints. Throws with its complaint where it fails. */
export const runDeno = (args: readonly string[], cwd: string): Promise<string> =>
  runProgram(Deno.execPath(), args, { cwd, env: { NO_COLOR: "1" } });
