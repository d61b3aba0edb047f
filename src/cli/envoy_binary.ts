import { basename, dirname, resolve } from "node:path";
import { UsageError } from "./command.ts";

/** Runs Envoy to its end for a command. Throws a {@link UsageError} that says what to do where it cannot be run. */
export async function runEnvoy(binary: string, command: string, args: string[]): Promise<Deno.CommandOutput> {
  try {
    return await new Deno.Command(binary, { args, stdout: "null", stderr: "piped" }).output();
  } catch (error) {
    throw new UsageError(`--envoy ${binary} cannot be run: ${whyNot(binary, command, error)}`);
  }
}

/** The executable may run what PATH finds under the name `envoy` when it starts, by this name or by its path. */
function whyNot(binary: string, command: string, error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  if (error instanceof Deno.errors.NotFound) {
    return binary.includes("/") ? "there is no such file" : `there is no program ${binary} in PATH`;
  }
  if (!(error instanceof Deno.errors.NotCapable)) return text;
  const variable = /spawn subprocess with (\S+) environment variable/.exec(text)?.[1];
  if (variable !== undefined) {
    return `Deno runs no program while ${variable} is set: begin with env -u ${variable} sluice …`;
  }
  const [folder, name] = [dirname(resolve(binary)), basename(binary)];
  const first = name === "envoy"
    ? `put its folder first in PATH: PATH=${folder}:$PATH sluice ${command} …`
    : `put a link to it, named envoy, into a folder that is first in PATH, and say --envoy envoy`;
  return `this Sluice may run only the program that PATH has under the name envoy; ${first}; ` +
    `or from source, by deno run with --allow-run=${binary}`;
}
