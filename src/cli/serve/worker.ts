/** The Worker's module: runs the control plane with the permissions that main computed, and no more. */
/// <reference lib="deno.worker" />
import { createMetrics } from "../../telemetry/mod.ts";
import { ControlPlane } from "./control_plane.ts";
import { handedOver } from "./handed_over.ts";
import type { FromWorker, ToWorker } from "./messages.ts";

const metrics = await createMetrics();
const tell = (message: FromWorker): void => self.postMessage(message);
let running: ControlPlane | undefined;
let stopping: Promise<void> | undefined;

async function start(message: Extract<ToWorker, { type: "start" }>): Promise<void> {
  const { config, links, memory } = message;
  running = new ControlPlane(config, {
    memory,
    links,
    metrics,
    restart: (config, memory) =>
      void running?.stop().then(() => tell({ type: "restart", config, memory: handedOver(memory) })),
  });
  try {
    await running.start();
  } catch (error) {
    tell({ type: "failed", why: error instanceof Error ? error.message : String(error) });
  }
}

self.onmessage = async ({ data }: MessageEvent<ToWorker>): Promise<void> => {
  if (data.type === "start") return await start(data);
  // A terminal's Ctrl-C and whoever started Sluice may both ask.
  await (stopping ??= running?.stop());
  tell({ type: "stopped", code: 0 });
};
