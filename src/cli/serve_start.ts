import { type ClusterCredentials, clusterOf } from "./cluster.ts";
import { programFault } from "./kubeconfig_program.ts";
import { withDecided } from "./decided.ts";
import { type ClusterConfig, namespaceFrom, resolveConfig, type ServeConfig } from "./config.ts";
import { type Arguments, type Terminal, UsageError } from "./command.ts";

/** What a control plane starts with. */
export interface ServeStart {
  readonly config: ServeConfig;
  /** Where `config` is a guess of what Settings say: the one without it. */
  readonly otherwise?: ServeConfig;
  /** Where main has credentials for the cluster, and the Worker none of its own. */
  readonly credentials?: ClusterCredentials;
}

/** What the command line asks for, and Settings where it names them. Throws a {@link UsageError}. */
export async function serveStart(args: Arguments, terminal: Terminal): Promise<ServeStart> {
  const { cluster, credentials } = await clusterOf(args, terminal.env);
  const fault = credentials && programFault(credentials);
  if (fault !== undefined) throw new UsageError(fault);
  const { config, otherwise } = await configFrom(args, terminal, cluster);
  const { journal } = terminal;
  return { config: { ...config, journal }, otherwise: otherwise && { ...otherwise, journal }, credentials };
}

/** The configuration as far as main reads it, and the program that a kubeconfig names. */
export async function mainConfig(
  args: Arguments,
  terminal: Terminal,
): Promise<{ readonly config: ServeConfig; readonly program?: string }> {
  const { cluster, credentials } = await clusterOf(args, terminal.env);
  const config = resolveConfig(args, terminal.env, await peekedSettings(args, terminal), cluster);
  return { config, program: credentials?.program };
}

/** The configuration that the Worker would be started with. */
export async function workerConfig(args: Arguments, terminal: Terminal): Promise<ServeConfig> {
  const { cluster } = await clusterOf(args, terminal.env);
  const config = resolveConfig(args, terminal.env, undefined, cluster);
  return config.settingsDir === undefined ? config : await withAllSettings(config, args, terminal);
}

/** Makes the folders that the Worker writes to. */
export function makeFolders(config: ServeConfig): void {
  makeFolder(config.stateDir, "the state folder cannot be made, --state-dir names another");
  if (config.staticFallback !== undefined) makeFolder(config.staticFallback, "--static-fallback cannot be made");
}

function makeFolder(path: string, problem: string): void {
  try {
    Deno.mkdirSync(path, { recursive: true, mode: 0o700 });
  } catch (error) {
    const why = error instanceof Error ? error.message : error;
    throw new UsageError(`${problem}: ${why}`);
  }
}

/**
 * Gloo's mode reads Settings first, as they name the folders that the Worker is to read. Where they cannot be read, and in
 * the other mode, where they may be anywhere, Sluice begins with what they said when it ran last.
 */
async function configFrom(
  args: Arguments,
  terminal: Terminal,
  cluster: ClusterConfig | undefined,
): Promise<ServeStart> {
  const config = resolveConfig(args, terminal.env, undefined, cluster);
  const decided = withDecided(config);
  if (config.settingsDir === undefined) return decided ? { config: decided, otherwise: config } : { config };
  try {
    return { config: await withGlooSettings(config, args, terminal) };
  } catch (error) {
    if (!decided || !(error instanceof UsageError)) throw error;
    terminal.err(`sluice serve: ${error.message}; Sluice begins with what Settings said when it ran last`);
    return { config: decided };
  }
}

async function withGlooSettings(config: ServeConfig, args: Arguments, terminal: Terminal): Promise<ServeConfig> {
  const settings = await peekedSettings(args, terminal);
  return settings
    ? resolveConfig(args, terminal.env, settings, config.cluster)
    : await withAllSettings(config, args, terminal);
}

async function peekedSettings(args: Arguments, terminal: Terminal) {
  const dir = args.text("dir");
  if (dir === undefined) return undefined;
  const { peekSettings } = await import("./peek_settings.ts");
  return peekSettings(dir, namespaceFrom(args, terminal.env));
}

/** Reads Settings with all rules, and the memory that takes. */
async function withAllSettings(config: ServeConfig, args: Arguments, terminal: Terminal): Promise<ServeConfig> {
  const { loadSettings } = await import("./settings.ts");
  const { settings, problem } = await loadSettings(config.settingsDir!, config.namespace);
  if (!settings) throw new UsageError(problem);
  return resolveConfig(args, terminal.env, settings, config.cluster);
}
