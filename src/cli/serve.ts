import { grantsFor } from "./permissions.ts";
import { outputFlag } from "./output.ts";
import { serveNeeds } from "./serve_needs.ts";
import { mainConfig, makeFolders, serveStart, workerConfig } from "./serve_start.ts";
import { realPath, superviseWorker } from "./serve/supervise.ts";
import { withPeerAddress } from "./peer_address.ts";
import { serviceSide } from "./with_service_manager.ts";
import { SERVE_FLAGS } from "./config.ts";
import type { Command } from "./command.ts";

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
    const { config, program } = await mainConfig(args, terminal);
    return serveNeeds(args, config, program, terminal.env);
  },
  async workerNeeds(args, terminal) {
    return grantsFor(await workerConfig(args, terminal), realPath);
  },
  async run(args, terminal) {
    const start = await serveStart(args, terminal);
    makeFolders(start.config);
    const stop = new AbortController();
    for (const signal of ["SIGINT", "SIGTERM"] as const) Deno.addSignalListener(signal, () => stop.abort());
    const onlooker = await serviceSide(terminal);
    try {
      const config = await withPeerAddress(start.config);
      return await superviseWorker({ ...start, config, terminal, stop: stop.signal, onlooker });
    } finally {
      await onlooker?.close();
    }
  },
};
