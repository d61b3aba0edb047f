/** The Worker's module: runs the control plane with the permissions that main computed, and no more. */
/// <reference lib="deno.worker" />
import { ControlPlane } from "./control_plane.ts";
import type { FromWorker, ToWorker } from "./messages.ts";

const tell = (message: FromWorker): void => self.postMessage(message);
let running: ControlPlane | undefined;

async function start(message: Extract<ToWorker, { type: "start" }>): Promise<void> {
  running = new ControlPlane(message.config, {
    restart: (config) => void running?.stop().then(() => tell({ type: "restart", config })),
  });
  try {
    await running.start();
  } catch (error) {
    tell({ type: "failed", why: error instanceof Error ? error.message : String(error) });
  }
}

self.onmessage = async ({ data }: MessageEvent<ToWorker>): Promise<void> => {
  if (data.type === "start") return await start(data);
  await running?.stop();
  tell({ type: "stopped", code: 0 });
};
