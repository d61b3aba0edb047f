import type { Memory } from "../../syncer/mod.ts";
import type { Terminal } from "../command.ts";
import { restartKey, type ServeConfig } from "../config.ts";
import { grantsFor, workerPermissions } from "../permissions.ts";
import { linksOf } from "./links.ts";
import type { ClusterCredentials } from "../cluster.ts";
import type { ServeStart } from "../serve_start.ts";
import type { CredentialsWanted, FromWorker, Onlooker, ToWorker, WorkerEnd } from "./messages.ts";

/** How long a Worker may take to stop before it is ended from outside. */
const STOP_DEADLINE_MS = 10_000;

/** What {@link superviseWorker} runs. */
export interface Supervision extends ServeStart {
  readonly terminal: Terminal;
  /** Stops cleanly, whatever is under way. */
  readonly stop: AbortSignal;
  /** Told how Workers fare. */
  readonly onlooker?: Onlooker;
}

/**
 * Runs Workers, one after the other, until one ends for good; gives the exit code. One that Settings asked for and that
 * cannot start gives way to the one before, which is told not to ask again: a bad line in Settings takes nothing down. Where
 * `config` is a guess of what Settings say, `otherwise` is the configuration without it.
 */
export async function superviseWorker(supervision: Supervision): Promise<number> {
  const { terminal, stop, onlooker } = supervision;
  let current: RunningWorker | undefined;
  stop.addEventListener("abort", () => {
    onlooker?.stopping();
    current?.stop();
  });
  let config = supervision.config;
  let before = supervision.otherwise;
  let memory: Memory | undefined;
  let restarted = false;
  while (!stop.aborted) {
    current = runWorker({ type: "start", config, memory, restarted }, supervision);
    restarted = true;
    const end = await current.ended;
    if (end.type === "stopped") return end.code;
    if (end.type === "restart") {
      memory = end.memory;
      const missing = end.config.roots.find(({ path }) => !isThere(path));
      before = config;
      config = missing ? refusing(config, end.config, `there is no folder ${missing.path}`) : end.config;
    } else {
      terminal.err(`sluice serve: ${end.why}`);
      onlooker?.hear({ type: "condition", condition: { ready: false, text: end.why } });
      if (before === undefined || end.final) return 2;
      config = refusing(before, config, end.why);
      before = undefined;
    }
  }
  return 0;
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

/** Where a folder really is, as Deno grants a link and what it leads to apart; the path itself where it is not there yet. */
export function realPath(path: string): string {
  try {
    return Deno.realPathSync(path);
  } catch {
    return path;
  }
}

/** Gives the Worker the credentials that it asks for, or says why there are none. */
async function answer(
  { id, renew }: CredentialsWanted,
  credentials: ClusterCredentials | undefined,
): Promise<ToWorker> {
  try {
    if (!credentials) throw new Error("there is no kubeconfig");
    if (renew) credentials.renew();
    return { type: "credentials", id, answer: await credentials.current() };
  } catch (error) {
    return { type: "credentials", id, answer: { problem: error instanceof Error ? error.message : String(error) } };
  }
}

interface RunningWorker {
  readonly ended: Promise<WorkerEnd>;
  stop(): void;
}

function runWorker(
  start: Omit<Extract<ToWorker, { readonly type: "start" }>, "links">,
  { terminal, credentials, onlooker }: Supervision,
): RunningWorker {
  // Before the permissions: a link that is turned in between is seen by the Worker, which then wants another one.
  const links = linksOf(start.config);
  const worker = new Worker(new URL("./worker.ts", import.meta.url), {
    type: "module",
    name: "sluice",
    deno: { permissions: workerPermissions(grantsFor(start.config, realPath)) },
  } as WorkerOptions);
  const { promise, resolve } = Promise.withResolvers<WorkerEnd>();
  let deadline: ReturnType<typeof setTimeout> | undefined;
  worker.onmessage = ({ data }: MessageEvent<FromWorker>) => {
    if (data.type === "condition" || data.type === "answer") onlooker?.hear(data);
    else if (data.type === "credentials") {
      void answer(data, credentials).then((message) => worker.postMessage(message));
    } else resolve(data);
  };
  worker.onerror = (event) => {
    event.preventDefault();
    terminal.err(`sluice: the worker failed: ${event.message}`);
    resolve({ type: "stopped", code: 2 });
  };
  worker.postMessage({ ...start, links } satisfies ToWorker);
  onlooker?.started((question) => worker.postMessage({ type: question } satisfies ToWorker));
  return {
    ended: promise.finally(() => {
      clearTimeout(deadline);
      worker.terminate();
    }),
    stop() {
      worker.postMessage({ type: "stop" } satisfies ToWorker);
      deadline ??= setTimeout(() => resolve({ type: "stopped", code: 2 }), STOP_DEADLINE_MS);
    },
  };
}
