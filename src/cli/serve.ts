import { grantsFor } from "./permissions.ts";
import { outputFlag } from "./output.ts";
import { programFault } from "./kubeconfig_program.ts";
import { serveNeeds } from "./serve_needs.ts";
import { realPath, superviseWorker } from "./serve/supervise.ts";
import { withPeerAddress } from "./peer_address.ts";
import { clusterOf } from "./cluster.ts";
import { withDecided } from "./decided.ts";
import { type ClusterConfig, namespaceFrom, resolveConfig, SERVE_FLAGS, type ServeConfig } from "./config.ts";
import { type Arguments, type Command, type Terminal, UsageError } from "./command.ts";

export const command: Command = {
  name: "serve",
  usage: "--config DIR | --kubernetes [FLAGS]",
  summary: "Watches configuration and serves it to Envoys over xDS. " +
    "The work is done by a Worker that may read, write and listen only where this configuration needs it.",
  most: Infinity,
  examples: [
    "sluice serve --config /etc/sluice",
    "sluice serve --dir /data        # Gloo's layout: Settings in /data/gloo-system/default.yaml",
    "sluice serve --kubernetes       # Gloo's CRDs, Services and Secrets of the cluster around it",
    "sluice serve --config . --print-permissions",
  ],
  flags: {
    ...SERVE_FLAGS,
    "print-permissions": { type: "switch", doc: "lists what would be allowed and why, and ends" },
    ...outputFlag(["text", "json"], "of --print-permissions"),
  },
  async needs(args, terminal) {
    const { cluster, credentials } = await clusterOf(args, terminal.env);
    const config = resolveConfig(args, terminal.env, await peekedSettings(args, terminal), cluster);
    return serveNeeds(args, config, credentials?.program, terminal.env);
  },
  async workerNeeds(args, terminal) {
    const { cluster } = await clusterOf(args, terminal.env);
    const config = resolveConfig(args, terminal.env, undefined, cluster);
    return grantsFor(
      config.settingsDir === undefined ? config : await withAllSettings(config, args, terminal),
      realPath,
    );
  },
  async run(args, terminal) {
    const { cluster, credentials } = await clusterOf(args, terminal.env);
    const fault = credentials && programFault(credentials);
    if (fault !== undefined) throw new UsageError(fault);
    const { config, otherwise } = await configFrom(args, terminal, cluster);
    makeFolder(config.stateDir, "the state folder cannot be made, --state-dir names another");
    if (config.staticFallback !== undefined) makeFolder(config.staticFallback, "--static-fallback cannot be made");
    return await superviseWorker(await withPeerAddress(config), terminal, otherwise, credentials);
  },
};

function makeFolder(path: string, problem: string): void {
  try {
    Deno.mkdirSync(path, { recursive: true, mode: 0o700 });
  } catch (error) {
    const why = error instanceof Error ? error.message : error;
    throw new UsageError(`${problem}: ${why}`);
  }
}

/** The configuration to start with; where that is a guess of what Settings say, also the one without it. */
interface StartConfig {
  readonly config: ServeConfig;
  readonly otherwise?: ServeConfig;
}

/**
 * Gloo's mode reads Settings first, as they name the folders that the Worker is to read. Where they cannot be read, and in
 * the other mode, where they may be anywhere, Sluice begins with what they said when it ran last.
 */
async function configFrom(
  args: Arguments,
  terminal: Terminal,
  cluster: ClusterConfig | undefined,
): Promise<StartConfig> {
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
