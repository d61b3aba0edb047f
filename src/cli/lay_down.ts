import { createMetrics, silentLogger, systemClock } from "../telemetry/mod.ts";
import { EMPTY_ENVOY_SNAPSHOT, type EnvoySnapshot } from "../xds/mod.ts";
import { CLUSTERS_FILE, LISTENERS_FILE, roleFolder, writeCopy } from "../xds_files/mod.ts";
import { adminOf, nodeOf } from "./bootstrap_content.ts";
import { type Arguments, type Command, type Terminal, UsageError } from "./command.ts";
import { loadConfiguration, readsFolders } from "./load.ts";
import { textOf } from "./output_text.ts";

/** Which Envoy is to live from files, and in which folder they are. */
export interface FilesBootstrapOptions {
  readonly role: string;
  readonly nodeId?: string;
  readonly adminAddress: string;
  /** Absolute, and the same to Sluice and to Envoy. */
  readonly folder: string;
  /** In which form the bootstrap is printed. Default: yaml. */
  readonly form?: "yaml" | "json";
}

/** Envoy's bootstrap for listeners and clusters from files, and by them for everything else. */
export function filesBootstrapOf(options: FilesBootstrapOptions): Record<string, unknown> {
  const folder = roleFolder(options.folder, options.role);
  const file = (name: string) => ({ path_config_source: { path: `${folder}/${name}` }, resource_api_version: "V3" });
  return {
    node: nodeOf(options),
    dynamic_resources: { cds_config: file(CLUSTERS_FILE), lds_config: file(LISTENERS_FILE) },
    admin: adminOf(options),
  };
}

/**
 * Lays down the files that this bootstrap names, and prints it. Without folders of YAML a copy that is there is left alone,
 * and so it is where they have errors: it may hold last good forms, and what it holds is being served.
 */
export async function layDown(
  command: Command,
  options: FilesBootstrapOptions,
  args: Arguments,
  terminal: Terminal,
): Promise<number> {
  const { role, folder } = options;
  const isThere = await exists(`${roleFolder(folder, role)}/${LISTENERS_FILE}`);
  const reads = readsFolders(args);
  const { snapshot, errors } = reads ? await snapshotOf(command, role, args, terminal) : NOTHING;
  if (errors > 0) {
    const what = isThere ? `the files in ${folder} are left as they are` : "what has none is laid down";
    terminal.err(`sluice bootstrap: the configuration has errors (${errors}), sluice validate tells which; ${what}`);
  }
  if (!isThere || (reads && errors === 0)) {
    await Deno.mkdir(folder, { recursive: true, mode: 0o700 });
    const metrics = await createMetrics();
    await writeCopy(role, snapshot, { folder, clock: systemClock, logger: silentLogger, metrics });
  }
  terminal.out(textOf(filesBootstrapOf(options), options.form ?? "yaml").trimEnd());
  return errors > 0 ? 1 : 0;
}

const NOTHING = { snapshot: EMPTY_ENVOY_SNAPSHOT, errors: 0 };

async function snapshotOf(
  command: Command,
  role: string,
  args: Arguments,
  terminal: Terminal,
): Promise<{ readonly snapshot: EnvoySnapshot; readonly errors: number }> {
  const { proxies, reports, source } = await loadConfiguration(command, args, terminal);
  const proxy = proxies.find((one) => one.role === role);
  if (!proxy) {
    const roles = proxies.map((one) => one.role).join(", ") || "none";
    throw new UsageError(`there is no proxy ${role} in ${source}; there are: ${roles}`);
  }
  return { snapshot: proxy.snapshot, errors: reports.filter(({ severity }) => severity === "error").length };
}

async function exists(path: string): Promise<boolean> {
  try {
    await Deno.stat(path);
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}
