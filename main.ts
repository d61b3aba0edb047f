/** Entry of the executable: reads the command line and ends with its exit code. */
import { runCli } from "./src/cli/main.ts";
import { processTerminal } from "./src/cli/terminal.ts";

const code = await runCli(Deno.args, await processTerminal());
Deno.exit(code);
