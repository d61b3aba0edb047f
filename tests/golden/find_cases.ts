/** Finds the golden cases: folders of three files (and perhaps a request.yaml). Needs read permission only. */

/** A folder with one case. */
export interface GoldenCase {
  /** Path from the checkout, `src/plugins/cors/golden/basic`. */
  readonly name: string;
  readonly folder: URL;
}

const CHECKOUT = new URL("../../", import.meta.url);
/** What the runner writes. */
export const WRITTEN = ["envoy.yaml", "report.yaml"] as const;
const REQUIRED: readonly string[] = ["input.yaml", ...WRITTEN];
const ALLOWED: readonly string[] = [...REQUIRED, "request.yaml"];

/** Every case: `tests/golden/<feature>/<case>/` and `src/plugins/<plugin>/golden/<case>/`, in order of their names. */
export function findCases(): GoldenCase[] {
  const roots = [
    ...foldersIn("tests/golden/"),
    ...foldersIn("src/plugins/").map((plugin) => `${plugin}golden/`).filter(isFolder),
  ];
  return roots.flatMap((root) => entriesOf(root).map((entry) => ({ name: root + entry.name, entry })))
    .map(({ name, entry }) => ({ name, folder: new URL(entry.isDirectory ? `${name}/` : name, CHECKOUT) }))
    .sort((a, b) => a.name < b.name ? -1 : 1);
}

/** What is wrong with the files of a case: missing ones and stray ones. */
export function misplacedFiles({ name, folder }: GoldenCase, required = REQUIRED): string[] {
  if (!folder.href.endsWith("/")) return [`${name} is no folder`];
  const entries = [...Deno.readDirSync(folder)];
  const missing = required.filter((file) => !entries.some((entry) => entry.isFile && entry.name === file));
  const stray = entries.filter((entry) => !entry.isFile || !ALLOWED.includes(entry.name));
  return [
    ...missing.map((file) => `${name}/${file} is missing`),
    ...stray.map((entry) => `${name}/${entry.name} does not belong to a golden case`),
  ];
}

function foldersIn(path: string): string[] {
  return entriesOf(path).filter((entry) => entry.isDirectory).map((entry) => `${path}${entry.name}/`);
}

function entriesOf(path: string): Deno.DirEntry[] {
  return [...Deno.readDirSync(new URL(path, CHECKOUT))];
}

function isFolder(path: string): boolean {
  try {
    return Deno.statSync(new URL(path, CHECKOUT)).isDirectory;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}
