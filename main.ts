/** Entry of the executable: reads the command line and ends with its exit code. */
import { runCli } from "./src/cli/main.ts";

const code = await runCli(Deno.args, {
  out: (text) => console.log(text),
  err: (text) => console.error(text),
  env: (name) => Deno.env.get(name),
});
Deno.exit(code);
