import { fileURLToPath } from "node:url";
import type { Bed } from "./bed.ts";
import { startChild } from "./child.ts";
import type { Answer, Order } from "./client_orders.ts";
import { now } from "./clock.ts";
import { domainOf, editedPrefix, ROLE } from "./configuration.ts";
import { summarize } from "./figures.ts";
import { pause } from "./kept_connection.ts";
import { calm } from "./phases.ts";
import { ProcessTree } from "./process_usage.ts";
import type { FanOutResult } from "./results.ts";
import type { Subject } from "./subjects.ts";

/** For opening streams, and for an edit to reach all. */
const OPEN_LIMIT_MS = 600_000;
const EDIT_LIMIT_MS = 120_000;
/** From one edit to the next, after the first has reached all. */
const EDIT_GAP_MS = 2000;
const LOOK_EVERY_MS = 250;

/** The process of light clients. */
interface LightClients {
  /** Hands over an order and gives the next answer. */
  tell(order: Order): Promise<Answer>;
  /** The answer that comes without an order. */
  answer(): Promise<Answer>;
  stop(): Promise<void>;
}

function startLightClients({ xdsPort, form }: Bed): LightClients {
  const answers: Answer[] = [];
  let arrived = Promise.withResolvers<void>();
  const child = startChild({
    name: "the process of light clients",
    command: "deno",
    args: [
      ...["run", "--quiet", "--no-prompt", "--allow-read", "--allow-env", "--allow-net=127.0.0.1"],
      ...[fileURLToPath(new URL("./light_clients.ts", import.meta.url)), `127.0.0.1:${xdsPort}`, form, ROLE],
    ],
    onLine: (line) => {
      answers.push(JSON.parse(line));
      arrived.resolve();
    },
  });
  const answer = async (): Promise<Answer> => {
    const late = Promise.withResolvers<never>();
    const timer = setTimeout(() => late.reject(new Error("the light clients do not answer")), OPEN_LIMIT_MS);
    try {
      while (answers.length === 0) {
        await Promise.race([arrived.promise, child.ended, late.promise]);
        arrived = Promise.withResolvers();
      }
    } finally {
      clearTimeout(timer);
    }
    return answers.shift()!;
  };
  return {
    answer,
    stop: child.stop,
    async tell(order) {
      await child.say(JSON.stringify(order));
      return await answer();
    },
  };
}

export interface FanOutOptions {
  /** Numbers of streams, growing: streams are added. */
  readonly streams: readonly number[];
  readonly edits: number;
}

/** One subject with more and more light clients; a result for each number of them, as soon as there is one. */
export async function measureFanOut(
  bed: Bed,
  subject: Subject,
  { streams, edits }: FanOutOptions,
  onResult: (result: FanOutResult) => void,
): Promise<void> {
  const tree = new ProcessTree(subject.process.pid);
  const clients = startLightClients(bed);
  try {
    for (const count of streams) {
      console.error(`  ${subject.name}, ${count} streams`);
      const openedAt = performance.now();
      await clients.tell({ open: count, complete: domainOf(bed.size - 1) });
      const openMs = performance.now() - openedAt;
      await calm(tree);
      const settled = await tree.usage();
      const looks = watchMemory(tree);
      const samples: FanOutResult["edits"][number][] = [];
      for (let edit = 0; edit < edits; edit++) {
        samples.push(await editForAll(bed, subject, clients, count, Math.floor(bed.size * edit / edits)));
        await pause(EDIT_GAP_MS);
      }
      const mostRssMib = Math.max(settled.rssMib, await looks.stop());
      onResult({
        ...{ size: bed.size, xds: bed.form, subject: subject.name, streams: count, openMs, settled, mostRssMib },
        edits: samples,
      });
    }
  } finally {
    await clients.stop();
  }
}

async function editForAll(bed: Bed, subject: Subject, clients: LightClients, streams: number, index: number) {
  const edit = bed.nextEdit();
  await clients.tell({ expect: editedPrefix(edit), limitMs: EDIT_LIMIT_MS });
  const changedAt = now();
  subject.change(index, edit);
  const answer = await clients.answer();
  const arrivals = "arrivals" in answer ? answer.arrivals.map((at) => at - changedAt) : [];
  if (arrivals.length === 0) throw new Error(`no client got an edit within ${EDIT_LIMIT_MS / 1000} s`);
  const { median, max } = summarize(arrivals);
  return { medianMs: median, lastMs: max, missing: streams - arrivals.length };
}

/** Looks at the memory until it is stopped; that gives the most that was seen. */
function watchMemory(tree: ProcessTree): { stop(): Promise<number> } {
  let stopped = false;
  const watching = (async () => {
    let most = 0;
    while (!stopped) {
      most = Math.max(most, (await tree.usage()).rssMib);
      await pause(LOOK_EVERY_MS);
    }
    return most;
  })();
  watching.catch(() => {});
  return {
    stop() {
      stopped = true;
      return watching;
    },
  };
}
