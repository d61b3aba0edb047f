import { grantsFor } from "./permissions.ts";
import { realPath, superviseWorker } from "./serve/supervise.ts";
import { resolveConfig, SERVE_FLAGS, type ServeConfig } from "./config.ts";
import { type Arguments, type Command, type Terminal, UsageError } from "./command.ts";

export const command: Command = {
  name: "serve",
  usage: "--config DIR [FLAGS]",
  summary: "Watches configuration and serves it to Envoys over xDS. " +
    "The work is done by a Worker that may read, write and listen only where this configuration needs it.",
  most: Infinity,
  examples: [
    "sluice serve --config /etc/sluice",
    "sluice serve --dir /data        # Gloo's layout: Settings in /data/gloo-system/default.yaml",
    "sluice serve --config . --print-permissions",
  ],
  flags: {
    ...SERVE_FLAGS,
    "print-permissions": { type: "switch", doc: "lists what the Worker would be granted and why, and ends" },
  },
  async run(args, terminal) {
    const config = await configFrom(args, terminal);
    if (args.has("print-permissions")) {
      for (const { permission, value, reason } of grantsFor(config, realPath)) {
        terminal.out(`${permission.padEnd(6)} ${value.padEnd(44)} ${reason}`);
      }
      return 0;
    }
    makeFolder(config.stateDir, "the state folder cannot be made, --state-dir names another");
    if (config.staticFallback !== undefined) makeFolder(config.staticFallback, "--static-fallback cannot be made");
    return await superviseWorker(config, terminal);
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

/** Gloo's mode reads Settings first, as they name the folders that the Worker is to read. */
async function configFrom(args: Arguments, terminal: Terminal): Promise<ServeConfig> {
  const config = resolveConfig(args, terminal.env);
  if (config.settingsDir === undefined) return config;
  if (!args.has("print-permissions")) {
    const { peekSettings } = await import("./peek_settings.ts");
    const settings = peekSettings(config.settingsDir, config.namespace);
    if (settings) return resolveConfig(args, terminal.env, settings);
  }
  const { loadSettings } = await import("./settings.ts");
  const { settings, problem } = await loadSettings(config.settingsDir, config.namespace);
  if (!settings) throw new UsageError(problem);
  return resolveConfig(args, terminal.env, settings);
}
