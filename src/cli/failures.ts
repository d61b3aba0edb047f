import { UsageError } from "./command.ts";
import { EXIT } from "./exit_codes.ts";

const REPORT = "this is a bug in Sluice; please report it with this line and `sluice version`";

/** What went wrong as a line for the user, and the exit code. `debug` adds the stack of a bug. */
export function failureOf(
  error: unknown,
  who: string,
  debug: boolean,
): { readonly line: string; readonly code: number } {
  if (isTheUsers(error)) return { line: `${who}: ${error.message}${hintOf(error)}`, code: EXIT.refused };
  const text = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
  const where = debug
    ? `\n${error instanceof Error ? error.stack : "without a stack"}`
    : " (SLUICE_DEBUG=1 shows where it was)";
  return { line: `${who}: ${text.split("\n")[0]}; ${REPORT}${where}`, code: EXIT.bug };
}

/** Errors that are for the user to mend: words that are off, and what the machine refuses (a file, a permission). */
function isTheUsers(error: unknown): error is Error {
  if (!(error instanceof Error)) return false;
  return error instanceof UsageError || Object.hasOwn(Deno.errors, error.name) || "syscall" in error ||
    ("code" in error && /^E[A-Z0-9]+$/.test(String(error.code)));
}

function hintOf(error: Error): string {
  if (error instanceof Deno.errors.NotCapable) {
    return "; sluice --print-permissions before the command lists what it needs, and Sluice was started with less";
  }
  return "code" in error && error.code === "ENOSPC" ? "; what was being written is not whole" : "";
}
