import { grantsFor, workerPermissions } from "./permissions.ts";
import { resolveConfig, restartKey, SERVE_FLAGS, type ServeConfig } from "./config.ts";
import type { FromWorker, ToWorker } from "./serve/messages.ts";
import type { Memory } from "../syncer/mod.ts";
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
    makeStateDir(config.stateDir);
    return await superviseWorker(config, terminal);
  },
};

function makeStateDir(path: string): void {
  try {
    Deno.mkdirSync(path, { recursive: true, mode: 0o700 });
  } catch (error) {
    const why = error instanceof Error ? error.message : error;
    throw new UsageError(`the state folder cannot be made, --state-dir names another: ${why}`);
  }
}

/** Where a folder really is, as Deno grants a link and what it leads to apart; the path itself where it is not there yet. */
function realPath(path: string): string {
  try {
    return Deno.realPathSync(path);
  } catch {
    return path;
  }
}

/** Gloo's mode reads Settings first, as they name the folders that the Worker is to read. */
async function configFrom(args: Arguments, terminal: Terminal): Promise<ServeConfig> {
  const config = resolveConfig(args, terminal.env);
  if (config.settingsDir === undefined) return config;
  const { loadSettings } = await import("./settings.ts");
  const { settings, problem } = await loadSettings(config.settingsDir, config.namespace);
  if (!settings) throw new UsageError(problem);
  return resolveConfig(args, terminal.env, settings);
}

/**
 * Runs Workers, one after the other, until one ends for good. One that Settings asked for and that cannot start gives way
 * to the one before, which is told not to ask again: a bad line in Settings takes nothing down.
 */
async function superviseWorker(first: ServeConfig, terminal: Terminal): Promise<number> {
  let config = first;
  let before: ServeConfig | undefined;
  let memory: Memory | undefined;
  for (;;) {
    const end = await runWorker(config, memory);
    if (end.type === "stopped") return end.code;
    if (end.type === "restart") {
      memory = end.memory;
      const missing = end.config.roots.find(({ path }) => !isThere(path));
      before = config;
      config = missing ? refusing(config, end.config, `there is no folder ${missing.path}`) : end.config;
      continue;
    }
    terminal.err(`sluice serve: ${end.why}`);
    if (before === undefined) return 2;
    config = refusing(before, config, end.why);
    before = undefined;
  }
}

function refusing(kept: ServeConfig, refused: ServeConfig, why: string): ServeConfig {
  return { ...kept, refused: { key: restartKey(refused), why } };
}

function isThere(path: string): boolean {
  try {
    Deno.statSync(path);
    return true;
  } catch {
    return false;
  }
}

function runWorker(config: ServeConfig, memory: Memory | undefined): Promise<FromWorker> {
  const worker = new Worker(new URL("./serve/worker.ts", import.meta.url), {
    type: "module",
    name: "sluice",
    deno: { permissions: workerPermissions(grantsFor(config, realPath)) },
  } as WorkerOptions);
  const stop = (): void => worker.postMessage({ type: "stop" } satisfies ToWorker);
  Deno.addSignalListener("SIGINT", stop);
  Deno.addSignalListener("SIGTERM", stop);
  return new Promise<FromWorker>((resolve) => {
    worker.onmessage = ({ data }: MessageEvent<FromWorker>) => resolve(data);
    worker.onerror = (event) => {
      event.preventDefault();
      console.error(`sluice: the worker failed: ${event.message}`);
      resolve({ type: "stopped", code: 2 });
    };
    worker.postMessage({ type: "start", config, memory } satisfies ToWorker);
  }).finally(() => {
    Deno.removeSignalListener("SIGINT", stop);
    Deno.removeSignalListener("SIGTERM", stop);
    worker.terminate();
  });
}
