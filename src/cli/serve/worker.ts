/** The Worker's module: runs the control plane with the permissions that main computed, and no more. */
/// <reference lib="deno.worker" />
import { ControlPlane } from "./control_plane.ts";
import type { FromWorker, ToWorker } from "./messages.ts";

const tell = (message: FromWorker): void => self.postMessage(message);
let running: ControlPlane | undefined;
let stopping: Promise<void> | undefined;

async function start(message: Extract<ToWorker, { type: "start" }>): Promise<void> {
  const { config, memory } = message;
  running = new ControlPlane(config, {
    memory,
    restart: (config, memory) => void running?.stop().then(() => tell({ type: "restart", config, memory })),
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
