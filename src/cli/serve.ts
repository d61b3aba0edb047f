import { grantsFor } from "./permissions.ts";
import { realPath, superviseWorker } from "./serve/supervise.ts";
import { withPeerAddress } from "./peer_address.ts";
import { makeFolders, serveStart } from "./serve_start.ts";
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
    "print-permissions": { type: "switch", doc: "lists what the Worker would be granted and why, and ends" },
  },
  async run(args, terminal) {
    const start = await serveStart(args, terminal);
    if (args.has("print-permissions")) {
      for (const { permission, value, reason } of grantsFor(start.config, realPath)) {
        terminal.out(`${permission.padEnd(6)} ${value.padEnd(44)} ${reason}`);
      }
      return 0;
    }
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
