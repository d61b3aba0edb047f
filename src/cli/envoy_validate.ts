import type { EnvoySnapshot } from "../xds/mod.ts";
import { basename, dirname, resolve } from "node:path";
import { UsageError } from "./command.ts";
import { staticBootstrap } from "./static_bootstrap.ts";

/**
 * What `envoy --mode validate` has against an EnvoySnapshot; undefined where it takes it. Key files are written to a
 * folder that is gone afterwards.
 */
export async function refusalOf(binary: string, snapshot: EnvoySnapshot): Promise<string | undefined> {
  const folder = await Deno.makeTempDir({ prefix: "sluice-validate-" });
  try {
    const { bootstrap, keyFiles } = staticBootstrap(snapshot, { keyFolder: folder });
    for (const [name, bytes] of keyFiles) await Deno.writeFile(`${folder}/${name}`, bytes, { mode: 0o600 });
    await Deno.writeTextFile(`${folder}/bootstrap.json`, JSON.stringify(bootstrap));
    const { success, stderr } = await run(binary, [
      ...["--mode", "validate", "-c", `${folder}/bootstrap.json`, "--log-level", "error"],
    ]);
    return success ? undefined : lastWords(new TextDecoder().decode(stderr)).replaceAll(`${folder}/`, "");
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

async function run(binary: string, args: string[]): Promise<Deno.CommandOutput> {
  try {
    return await new Deno.Command(binary, { args, stdout: "null", stderr: "piped" }).output();
  } catch (error) {
    throw new UsageError(`--envoy ${binary} cannot be run: ${whyNot(binary, error)}`);
  }
}

/** The executable may run what PATH finds under the name `envoy` when it starts, by this name or by its path. */
function whyNot(binary: string, error: unknown): string {
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
    ? `put its folder first in PATH: PATH=${folder}:$PATH sluice validate …`
    : `put a link to it, named envoy, into a folder that is first in PATH, and say --envoy envoy`;
  return `this Sluice may run only the program that PATH has under the name envoy; ${first}; ` +
    `or from source, by deno run with --allow-run=${binary}`;
}

/** The line in which Envoy says what it refuses, without time and place of its log. */
function lastWords(log: string): string {
  const lines = log.split("\n").map((line) => line.replace(/^(\[[^\]]*\] ?)+/, "").trim()).filter((line) =>
    line !== ""
  );
  return lines.at(-1) ?? "no reason given";
}
