/** `deno task start`: `sluice demo` on examples/, with the Envoy that tasks install. */
import { runCli } from "../src/cli/main.ts";
import { envoyBinary } from "./install_tools.ts";

const binary = await envoyBinary();
if ((await Deno.permissions.query({ name: "run", command: binary })).state !== "granted") {
  console.error(`start: SLUICE_ENVOY names ${binary}: add it to --allow-run of the task start in deno.json`);
  Deno.exit(1);
}
Deno.exit(
  await runCli(["demo", ".cache/demo", "--config", "examples", "--envoy", binary], {
    out: console.log,
    err: console.error,
    env: () => undefined,
  }),
);
