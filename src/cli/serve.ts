import { grantsFor } from "./permissions.ts";
import type { ServiceSide } from "./serve/service_side.ts";
import { realPath, superviseWorker } from "./serve/supervise.ts";
import { withPeerAddress } from "./peer_address.ts";
import { clusterOf } from "./cluster.ts";
import { withDecided } from "./decided.ts";
import { type ClusterConfig, resolveConfig, SERVE_FLAGS, type ServeConfig } from "./config.ts";
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
    "print-permissions": { type: "switch", doc: "lists what the Worker would be granted and why, and ends" },
  },
  async run(args, terminal) {
    const { cluster, credentials } = await clusterOf(args, terminal.env);
    const { config, otherwise } = await configFrom(args, terminal, cluster);
    if (args.has("print-permissions")) {
      for (const { permission, value, reason } of grantsFor(config, realPath)) {
        terminal.out(`${permission.padEnd(6)} ${value.padEnd(44)} ${reason}`);
      }
      return 0;
    }
    makeFolder(config.stateDir, "the state folder cannot be made, --state-dir names another");
    if (config.staticFallback !== undefined) makeFolder(config.staticFallback, "--static-fallback cannot be made");
    const side = await serviceSide(terminal);
    const { journal } = terminal;
    const first = { ...await withPeerAddress(config), journal };
    try {
      return await superviseWorker(first, terminal, otherwise && { ...otherwise, journal }, credentials, side);
    } finally {
      await side?.close();
    }
  },
};

/** What tells the service manager, where one started Sluice and wants to know. */
async function serviceSide(terminal: Terminal): Promise<ServiceSide | undefined> {
  const address = terminal.env("NOTIFY_SOCKET");
  if (!address) return undefined;
  const { ServiceSide } = await import("./serve/service_side.ts");
  return new ServiceSide(address, terminal);
}

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
  const decided = args.has("print-permissions") ? undefined : withDecided(config);
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
  const settingsDir = config.settingsDir!;
  if (!args.has("print-permissions")) {
    const { peekSettings } = await import("./peek_settings.ts");
    const settings = peekSettings(settingsDir, config.namespace);
    if (settings) return resolveConfig(args, terminal.env, settings, config.cluster);
  }
  const { loadSettings } = await import("./settings.ts");
  const { settings, problem } = await loadSettings(settingsDir, config.namespace);
  if (!settings) throw new UsageError(problem);
  return resolveConfig(args, terminal.env, settings, config.cluster);
}
