/** The Worker's module: runs the control plane with the permissions that main computed, and no more. */
/// <reference lib="deno.worker" />
import { StateBusy } from "../../state/mod.ts";
import type { Credentials } from "../../kubernetes/mod.ts";
import { createMetrics } from "../../telemetry/mod.ts";
import type { ControlPlane } from "./control_plane.ts";
import { handedOver } from "./handed_over.ts";
import type { FromWorker, ToWorker } from "./messages.ts";
import { XdsFront } from "./xds_front.ts";

type Start = Extract<ToWorker, { type: "start" }>;

/** How long the thread is left to Envoys that are served from the state, in milliseconds. */
const FIRST_ANSWERS_MS = 60;

const metrics = await createMetrics();
const tell = (message: FromWorker): void => self.postMessage(message);
let running: Promise<ControlPlane> | undefined;
let stopping: Promise<void> | undefined;

/** What the state holds is served before the rest is even loaded. */
async function open({ config, links, memory, restarted }: Start): Promise<ControlPlane> {
  const front = await XdsFront.open(config, metrics, memory !== undefined, askMain);
  // Envoys come back at once, and loading would take the thread before the first of them is answered.
  if (front.address) await new Promise<void>((resolve) => front.clock.setTimeout(resolve, FIRST_ANSWERS_MS));
  const { ControlPlane } = await import("./control_plane.ts");
  const plane = new ControlPlane({
    ...{ front, links, memory, restarted },
    tell: (condition) => tell({ type: "condition", condition }),
    restart: (config, memory) =>
      void plane.stop().then(() => tell({ type: "restart", config, memory: memory && handedOver(memory) })),
  });
  return plane;
}

const wanted = new Map<number, PromiseWithResolvers<Credentials>>();
let asked = 0;

/** Asks main for credentials. */
function askMain(renew: boolean): Promise<Credentials> {
  const id = asked++;
  const answer = Promise.withResolvers<Credentials>();
  wanted.set(id, answer);
  tell({ type: "credentials", id, renew });
  return answer.promise;
}

function hear({ id, answer }: Extract<ToWorker, { type: "credentials" }>): void {
  if ("problem" in answer) wanted.get(id)?.reject(new Error(answer.problem));
  else wanted.get(id)?.resolve(answer);
  wanted.delete(id);
}

async function start(message: Start): Promise<void> {
  try {
    await (await (running = open(message))).start();
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    tell({ type: "failed", why, final: error instanceof StateBusy && !message.restarted });
  }
}

/** One that could not be opened has told so. */
const opened = (): Promise<ControlPlane | undefined> | undefined => running?.catch(() => undefined);

/** Looks at every source now. What cannot be looked at says so in reports; anything else is logged. */
async function look(): Promise<void> {
  try {
    await (await opened())?.look();
  } catch (error) {
    console.error(`sluice: the sources could not be looked at: ${error instanceof Error ? error.message : error}`);
  }
}

async function stop(): Promise<void> {
  await (await opened())?.stop();
}

self.onmessage = async ({ data }: MessageEvent<ToWorker>): Promise<void> => {
  if (data.type === "start") return await start(data);
  if (data.type === "credentials") return hear(data);
  if (data.type === "look") await look();
  if (data.type === "look" || data.type === "alive") return tell({ type: "answer", to: data.type });
  // A terminal's Ctrl-C and whoever started Sluice may both ask.
  await (stopping ??= stop());
  tell({ type: "stopped", code: 0 });
};
