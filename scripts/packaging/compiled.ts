import { basename, dirname, join } from "node:path";
import { MAIN_MODULE, WORKER_MODULE } from "./bundle.ts";
import { runDeno } from "./run_deno.ts";
import { RUNTIME_FLAGS } from "./runtime_flags.ts";
import { hostTarget, type Target } from "./targets.ts";

/** `deno compile` needs Deno's runtime base, which it fetches once, and that cannot be had. */
export class NoRuntimeBase extends Error {}

/** Makes an executable of a bundle by `deno compile`. Throws {@link NoRuntimeBase}. */
export async function compileBundle(bundle: string, target: Target, output: string): Promise<void> {
  // It does not overwrite what it has not made itself.
  const folder = join(dirname(output), ".part");
  const part = join(folder, basename(output));
  await Deno.remove(folder, { recursive: true }).catch(() => {});
  try {
    await runDeno([
      "compile",
      "--quiet",
      "--no-config",
      "--no-lock",
      "--no-check",
      ...RUNTIME_FLAGS,
      ...["--target", target.triple],
      ...["--output", part],
      ...["--include", join(bundle, WORKER_MODULE)],
      join(bundle, MAIN_MODULE),
    ], bundle);
    if (target === hostTarget()) await assertIsSluice(part);
    await Deno.rename(part, output);
  } catch (error) {
    if (error instanceof Error && error.message.includes("Setting up base binary")) {
      throw new NoRuntimeBase(
        `Deno's runtime base for ${target.triple} cannot be fetched. Either name one that is there: ` +
          `DENORT_BIN=/path/to/denort deno task compile; or make an executable of the deno binary at hand: ` +
          "deno task compile --portable",
        { cause: error },
      );
    }
    throw error;
  } finally {
    await Deno.remove(folder, { recursive: true }).catch(() => {});
  }
}

/** A DENORT_BIN that is another program, as deno itself, compiles as well. */
async function assertIsSluice(executable: string): Promise<void> {
  const { stdout } = await new Deno.Command(executable, { args: ["version"], stderr: "null" }).output();
  if (new TextDecoder().decode(stdout).startsWith("sluice ")) return;
  throw new Error(
    "what was compiled is not Sluice: is DENORT_BIN a runtime base (denort), of the version of this deno?",
  );
}
