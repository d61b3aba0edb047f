/**
 * `deno task gen:registry`: writes src/plugins/registry.gen.ts, which imports every plugin (src/plugins/<name>/mod.ts).
 * The imports are static, so that type checking and `deno compile` see them all. `--check` writes nothing and fails
 * where the file is not what it would be.
 *
 * Permissions: --allow-read=src/plugins --allow-write=src/plugins/registry.gen.ts (not with --check).
 */

/**
 * Plugins are called in the order of their names, whatever the order of files in a folder. Nothing rests on the order
 * but the order of lists that several plugins add to, and of reports; those of what is not served come last.
 */
const LAST = ["not_served"];

/** The text of the registry over these plugins. */
export function registryText(names: readonly string[]): string {
  const ordered = names.toSorted((a, b) => rank(a) - rank(b) || (a < b ? -1 : 1));
  const imports = ordered.map((name) => `import { plugin as ${camelCase(name)} } from "./${name}/mod.ts";\n`);
  const entries = ordered.map((name) => `  ${camelCase(name)},\n`);
  return "// Made by scripts/gen_registry.ts from the folders here. Do not edit.\n" +
    `import type { AnyPlugin } from "./contract.ts";\n${imports.join("")}\n` +
    "/** Every plugin, in the order in which their hooks are called. */\n" +
    `export const plugins: readonly AnyPlugin[] = [\n${entries.join("")}];\n`;
}

/** The folders below `folder` that hold a plugin. */
export function pluginNames(folder: URL): string[] {
  return [...Deno.readDirSync(folder)]
    .filter((entry) => entry.isDirectory && isFile(new URL(`${entry.name}/mod.ts`, folder)))
    .map((entry) => entry.name);
}

const rank = (name: string): number => LAST.indexOf(name);

/** A name that is no keyword: `static` is one. */
function camelCase(name: string): string {
  return `${name.replace(/_(.)/g, (_, letter: string) => letter.toUpperCase())}Plugin`;
}

function isFile(file: URL): boolean {
  try {
    return Deno.statSync(file).isFile;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}

if (import.meta.main) {
  const folder = new URL("../src/plugins/", import.meta.url);
  const file = new URL("registry.gen.ts", folder);
  const wanted = registryText(pluginNames(folder));
  const current = isFile(file) ? Deno.readTextFileSync(file) : "";
  if (wanted === current) Deno.exit(0);
  if (Deno.args.includes("--check")) {
    console.error("src/plugins/registry.gen.ts does not list the plugins there are; run `deno task gen:registry`");
    Deno.exit(1);
  }
  Deno.writeTextFileSync(file, wanted);
  console.log("src/plugins/registry.gen.ts written");
}
