import { dirname, join, resolve } from "node:path";
import { runBundler } from "../packaging/bundle.ts";

/** An npm package of which something is in the executable. */
export interface Package {
  readonly name: string;
  readonly version: string;
  /** Of `deno.lock`: `sha512-…` in base64. */
  readonly integrity: string;
  /** Where Deno keeps it. */
  readonly folder: string;
  /** As SPDX names it. */
  readonly licence: string;
  /** `name@version` of the packages that it asks for, whether they are in the executable or not. */
  readonly dependencies: readonly string[];
}

interface Locked {
  readonly integrity: string;
  readonly dependencies?: readonly string[];
}

/** `name@version` in a key of `deno.lock`, which may go on with the peers that were chosen. */
const LOCKED_NAME = /^(@?[^@]+)@([^_]+)/;

/**
 * The packages of which code is in a bundle of these sources, by name. The bundler's source maps tell: what it leaves away
 * is not in them. `scratch` is a folder for such a bundle.
 */
export async function bundledPackages(source: string, scratch: string): Promise<Package[]> {
  await runBundler(source, scratch, "--sourcemap=external");
  const locked = await readLock(join(source, "deno.lock"));
  const found = new Map<string, string>();
  for (const file of await mappedFiles(scratch)) {
    const [, folder, name, version] = /^(.*\/npm\/[^/]+\/((?:@[^/]+\/)?[^/]+)\/([^/]+))\//.exec(file) ?? [];
    // Some packages' own maps name files that are not in them.
    if (folder && locked.has(`${name}@${version}`)) found.set(`${name}@${version}`, folder);
  }
  await Deno.remove(scratch, { recursive: true });
  const packages = [...found].map(([id, folder]) => packageOf(id, folder, locked));
  return (await Promise.all(packages)).sort((a, b) => idOf(a) < idOf(b) ? -1 : 1);
}

/** `name@version`. */
export const idOf = ({ name, version }: Pick<Package, "name" | "version">): string => `${name}@${version}`;

async function packageOf(id: string, folder: string, locked: ReadonlyMap<string, Locked>): Promise<Package> {
  const [, name, version] = LOCKED_NAME.exec(id) as unknown as [string, string, string];
  const { integrity, dependencies = [] } = locked.get(id)!;
  const { license } = JSON.parse(await Deno.readTextFile(join(folder, "package.json")));
  const licence = typeof license === "string" ? license : license?.type;
  if (!licence) throw new Error(`${id} does not say which licence it has`);
  const versionOf = (wanted: string): string => {
    // Deno leaves the version away where there is one alone.
    const whole = LOCKED_NAME.exec(wanted)?.[0];
    return whole ?? [...locked.keys()].find((one) => one.slice(0, one.lastIndexOf("@")) === wanted)!;
  };
  return { name, version, integrity, folder, licence, dependencies: dependencies.map(versionOf) };
}

async function readLock(path: string): Promise<ReadonlyMap<string, Locked>> {
  const { npm } = JSON.parse(await Deno.readTextFile(path)) as { npm: Record<string, Locked> };
  return new Map(Object.entries(npm).map(([key, value]) => [LOCKED_NAME.exec(key)![0], value]));
}

async function mappedFiles(folder: string): Promise<Set<string>> {
  const files = new Set<string>();
  for await (const { name, isDirectory, isFile } of Deno.readDir(folder)) {
    const path = join(folder, name);
    if (isDirectory) { for (const file of await mappedFiles(path)) files.add(file); }
    if (!isFile || !name.endsWith(".map")) continue;
    const { sources } = JSON.parse(await Deno.readTextFile(path)) as { sources: string[] };
    for (const source of sources) files.add(resolve(dirname(path), source));
  }
  return files;
}
