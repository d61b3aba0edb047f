import { join } from "node:path";
import { runDeno } from "./run_deno.ts";

/** The modules that the executable starts: main, and the Worker's. */
const PACKAGED_ENTRIES = ["main.ts", "src/cli/serve/worker.ts"];

/** How the bundle names the Worker's module in place of how `supervise.ts` does. */
const WORKER = {
  source: 'new URL("./worker.ts",import.meta.url)',
  bundled: 'new URL("./src/cli/serve/worker.js",import.meta.url)',
};

/** The entry of a bundle, and the Worker's module, which nothing imports. */
export const MAIN_MODULE = "main.js";
export const WORKER_MODULE = "src/cli/serve/worker.js";

export interface BundleOptions {
  /** Of the repository, or of a copy of it that a test has changed. */
  readonly source: string;
  /** Made anew. */
  readonly folder: string;
}

/**
 * Bundles Sluice and its packages into a folder of a few dozen minified modules: what is imported when it is wanted stays
 * apart, as memory depends on it. Half the size of one that is not minified, and a third of the memory that the
 * sources and their packages take while they are loaded.
 */
export async function makeBundle({ source, folder }: BundleOptions): Promise<void> {
  await runBundler(source, folder);
  const found = await replaceInBundle(folder, WORKER.source, WORKER.bundled);
  if (found !== 1) throw new Error(`${found} modules of the bundle start the Worker, where one should`);
  await Deno.stat(join(folder, WORKER_MODULE));
}

/** What the bundler makes of these sources, in a folder that is made anew. */
export async function runBundler(source: string, folder: string, ...options: readonly string[]): Promise<void> {
  await Deno.remove(folder, { recursive: true }).catch(() => {});
  const always = ["--quiet", "--platform", "deno", "--minify", "--code-splitting"];
  await runDeno(["bundle", ...always, ...options, "--outdir", folder, ...PACKAGED_ENTRIES], source);
}

/** Writes another text in the place of one, wherever the modules beside a bundle's entry, or it, have it; in how many modules that was. */
export async function replaceInBundle(folder: string, text: string, other: string): Promise<number> {
  let found = 0;
  for await (const { name, isFile } of Deno.readDir(folder)) {
    if (!isFile) continue;
    const module = await Deno.readTextFile(join(folder, name));
    if (!module.includes(text)) continue;
    found++;
    await Deno.writeTextFile(join(folder, name), module.replaceAll(text, other));
  }
  return found;
}
