/** Entry of the executable: reads the command line and ends with its exit code. */
import { ENVIRONMENT } from "./src/cli/environment.ts";
import { failureOf } from "./src/cli/failures.ts";
import { runCli } from "./src/cli/main.ts";
import { giveUp } from "./src/cli/print_permissions.ts";
import { isDebugging, systemTerminal } from "./src/cli/terminal.ts";

const terminal = await systemTerminal();
const debug = isDebugging();

/** What nobody waited for failed. Nothing can be relied on any more. */
function endBy(error: unknown, event: Event): void {
  event.preventDefault();
  const { line, code } = failureOf(error, "sluice", debug);
  terminal.err(line);
  Deno.exit(code);
}
globalThis.addEventListener("unhandledrejection", (event) => endBy(event.reason, event));
globalThis.addEventListener("error", (event) => endBy(event.error, event));

const code = await runCli(Deno.args, terminal, {
  debug,
  giveUp: (allowed) => giveUp(allowed, ENVIRONMENT.map(({ name }) => name)),
});
Deno.exit(code);
