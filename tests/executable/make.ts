/**
 * `deno task executables`: makes what the tests of the executable run, below `.cache/executable/`: `sluice` as users get
 * it, and `planted`, which tries what it must not do.
 */
import { cp } from "node:fs/promises";
import { makeBundle } from "../../scripts/packaging/bundle.ts";
import { makeWhatCanBeMade } from "../../scripts/packaging/executable.ts";
import { pluginNames, registryText } from "../../scripts/gen_registry.ts";
import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";

const FOLDER = resolve(".cache/executable");
const PLANTED = join(FOLDER, "source");

/** A copy of the sources in which the Worker, and a plugin more, make attempts. */
async function plant(): Promise<void> {
  await Deno.remove(PLANTED, { recursive: true }).catch(() => {});
  for (const path of ["main.ts", "deno.json", "deno.lock", "src", "examples", "tests/executable"]) {
    await cp(path, join(PLANTED, path), { recursive: true });
  }
  const planted = "../../../tests/executable/planted";
  await Deno.writeTextFile(join(PLANTED, "src/cli/serve/worker.ts"), `import "${planted}/planted_worker.ts";\n`, {
    append: true,
  });
  const plugins = join(PLANTED, "src/plugins");
  await Deno.mkdir(join(plugins, "planted"));
  await Deno.writeTextFile(join(plugins, "planted/mod.ts"), `export { plugin } from "${planted}/plugin.ts";\n`);
  const names = pluginNames(pathToFileURL(`${plugins}/`));
  await Deno.writeTextFile(join(plugins, "registry.gen.ts"), registryText(names));
}

async function make(source: string, name: string): Promise<string> {
  const bundle = join(FOLDER, `${name}.bundle`);
  await makeBundle({ source, folder: bundle });
  return await makeWhatCanBeMade(bundle, join(FOLDER, name));
}

await Deno.mkdir(FOLDER, { recursive: true });
const how = await make(".", "sluice");
await plant();
await make(PLANTED, "planted");
console.log(`the tests run on an executable made ${how}`);
