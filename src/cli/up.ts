import { resolve } from "node:path";
import { parseAddress } from "../address/mod.ts";
import { type Clock, createLogger, type Logger, pause, systemClock } from "../telemetry/mod.ts";
import { bootstrapOf, DEFAULT_ENVOY_ADMIN, roleOf } from "./bootstrap_content.ts";
import { type Arguments, type Command, type Terminal, UsageError } from "./command.ts";
import { runEnvoy } from "./envoy_binary.ts";
import { SERVE_FLAGS, type ServeConfig, stateDirFrom } from "./config.ts";
import { grantsFor } from "./permissions.ts";
import { serveNeeds } from "./serve_needs.ts";
import { mainConfig, makeFolders, type ServeStart, serveStart, workerConfig } from "./serve_start.ts";
import type { Onlooker, Question, WorkerNews } from "./serve/messages.ts";
import { realPath, superviseWorker } from "./serve/supervise.ts";
import { serviceSide } from "./with_service_manager.ts";
import { EnvoyAdmin } from "./up/envoy_admin.ts";
import { EnvoyProcess } from "./up/envoy_process.ts";

const DEFAULT_DRAIN_SECONDS = "5";
/** How long is waited before a control plane that has failed is started again, in milliseconds; Envoy goes on meanwhile. */
const FIRST_WAIT_MS = 1_000;
/** Shorter than what a watchdog waits: while there is no Worker, there is no sign of life. */
const LONGEST_WAIT_MS = 10_000;
/** A control plane that ran for this long was well: the wait after it is the first one again. */
const WELL_AFTER_MS = 60_000;
const ENDING = ["SIGINT", "SIGTERM", "SIGHUP"] as const;
/** A unix socket's path may be no longer, in bytes. */
const LONGEST_SOCKET_PATH = 107;

/** Those of `serve` that are of use where there is one Envoy, on the same machine. */
const SHARED = [
  ...["config", "dir", "kubernetes", "kubeconfig", "kube-context", "namespace"],
  ...["admin-address", "state-dir", "log-format", "log-level", "measure-stalls"],
];

export const command: Command = {
  name: "up",
  usage: "--config DIR | --kubernetes [FLAGS]",
  summary:
    "Serves, and runs an Envoy beside it, which it starts again where that ends: a whole gateway in one command. " +
    "Envoy is told by a unix socket in the state folder, and what it logs goes to the same log.",
  most: 0,
  examples: [
    "sluice up --config /etc/sluice",
    "sluice up --config . --role gloo-system~edge --envoy-arg=--concurrency --envoy-arg=2",
    "sluice up --config /etc/sluice --envoy-log-level info --drain-time 30",
  ],
  flags: {
    ...Object.fromEntries(SHARED.map((name) => [name, SERVE_FLAGS[name]!])),
    envoy: { type: "text", doc: "the Envoy to run, by its name in PATH or its path", default: "envoy" },
    role: { type: "text", doc: "which Proxy it is: NAMESPACE~NAME", default: "NAMESPACE~gateway-proxy" },
    "envoy-admin-address": { type: "text", doc: "where Envoy's own admin page listens", default: DEFAULT_ENVOY_ADMIN },
    "envoy-log-level": { type: "text", doc: "trace, debug, info, warning, error or off", default: "warning" },
    "envoy-arg": { type: "list", doc: "a further argument of Envoy; repeatable" },
    "drain-time": {
      type: "text",
      doc: "how many seconds connections have to end before Envoy does; a second signal ends it at once",
      default: DEFAULT_DRAIN_SECONDS,
    },
  },
  async needs(given, terminal) {
    const args = withSocket(given, terminal);
    const { config, program } = await mainConfig(args, terminal);
    const { binary, adminAddress } = gatewayOf(args, config);
    return [
      ...serveNeeds(args, config, program, terminal.env),
      { permission: "run", value: binary, reason: "is run beside the Worker" },
      { permission: "net", value: adminAddress, reason: "Envoy's admin page, to have it end" },
    ];
  },
  async workerNeeds(args, terminal) {
    return grantsFor(await workerConfig(withSocket(args, terminal), terminal), realPath);
  },
  async run(args, terminal) {
    const start = await serveStart(withSocket(args, terminal), terminal);
    const gateway = gatewayOf(args, start.config);
    await assertRuns(gateway.binary);
    makeFolders(start.config);
    const side = await serviceSide(terminal);
    try {
      return await new Gateway(gateway, start, terminal, side).run();
    } finally {
      await side?.close();
    }
  },
};

/** Where xDS is served: nobody else reaches it, and Settings do not move it. */
function socketIn(stateDir: string): string {
  const path = resolve(stateDir, "xds.sock");
  const length = new TextEncoder().encode(path).length;
  if (length <= LONGEST_SOCKET_PATH) return `unix:${path}`;
  throw new UsageError(`the path of the socket ${path} is too long; --state-dir names a shorter folder`);
}

/** The same arguments, with the address of the socket. */
function withSocket(args: Arguments, { env }: Terminal): Arguments {
  const socket = socketIn(stateDirFrom(args, env));
  return { ...args, text: (name) => name === "xds-address" ? socket : args.text(name) };
}

/** Envoy's bootstrap: it also says whose an Envoy is. */
export const bootstrapIn = (stateDir: string): string => resolve(stateDir, "envoy.json");

interface GatewayOptions {
  readonly binary: string;
  readonly bootstrap: string;
  readonly content: Readonly<Record<string, unknown>>;
  readonly words: readonly string[];
  readonly adminAddress: string;
  readonly drainMs: number;
}

function gatewayOf(args: Arguments, config: ServeConfig): GatewayOptions {
  const admin = args.text("envoy-admin-address") ?? DEFAULT_ENVOY_ADMIN;
  const address = parseAddress(admin);
  if (!address || "path" in address) throw new UsageError(`--envoy-admin-address ${admin}: it should be HOST:PORT`);
  const drain = Number(args.text("drain-time") ?? DEFAULT_DRAIN_SECONDS);
  if (!(drain >= 0)) throw new UsageError(`--drain-time ${args.text("drain-time")}: it should be a number of seconds`);
  const role = roleOf(args.text("role") ?? `${config.writeNamespace}~gateway-proxy`);
  return {
    binary: args.text("envoy") ?? "envoy",
    bootstrap: bootstrapIn(config.stateDir),
    content: bootstrapOf({ role, xdsAddress: config.xdsAddress, adminAddress: admin, delta: true }),
    words: ["--log-level", args.text("envoy-log-level") ?? "warning", ...args.list("envoy-arg")],
    adminAddress: admin,
    drainMs: drain * 1000,
  };
}

/** Throws a {@link UsageError} that says what to do where there is no such Envoy. */
async function assertRuns(binary: string): Promise<void> {
  const { success } = await runEnvoy(binary, "up", ["--version"]);
  if (!success) throw new UsageError(`${binary} --version fails; is it an Envoy?`);
}

/** A control plane and its Envoy, each started again where it ends. */
class Gateway implements Onlooker {
  readonly #options: GatewayOptions;
  readonly #start: ServeStart;
  readonly #terminal: Terminal;
  readonly #clock: Clock = systemClock;
  readonly #logger: Logger;
  readonly #envoy: EnvoyProcess;
  readonly #admin: EnvoyAdmin;
  /** The first signal, and the second. */
  readonly #stopping = new AbortController();
  readonly #hurry = new AbortController();
  /** Envoy ends first, so that it is told what changes while it drains. */
  readonly #envoyEnded = new AbortController();
  readonly #side: Onlooker | undefined;
  #running: Promise<void> | undefined;

  /** @param side Tells a service manager. */
  constructor(options: GatewayOptions, start: ServeStart, terminal: Terminal, side: Onlooker | undefined) {
    this.#side = side;
    this.#options = options;
    this.#start = start;
    this.#terminal = terminal;
    const { logFormat: format, logLevel: level, journal: priorities } = start.config;
    const write = (line: string): void => console.error(line);
    this.#logger = createLogger({ format, level, priorities, clock: this.#clock, write });
    const { binary, bootstrap, words, adminAddress } = options;
    this.#admin = new EnvoyAdmin(adminAddress, bootstrap, this.#clock);
    this.#envoy = new EnvoyProcess({ binary, bootstrap, words, logger: this.#logger, clock: this.#clock });
  }

  /** Until a signal ends both. Exit code 2 where the control plane cannot even start. */
  async run(): Promise<number> {
    // To a service manager's, SIGHUP means something else; a terminal that closes sends it.
    const ending = this.#side ? ENDING.slice(0, 2) : ENDING;
    for (const signal of ending) Deno.addSignalListener(signal, () => void this.#stop());
    Deno.addSignalListener("SIGUSR1", () => this.#envoy.kill("SIGUSR1"));
    let wait = FIRST_WAIT_MS;
    while (true) {
      const began = this.#clock.elapsed();
      const code = await superviseWorker({
        ...this.#start,
        terminal: this.#terminal,
        stop: this.#envoyEnded.signal,
        onlooker: this,
      });
      if (this.#stopping.signal.aborted) break;
      if (!this.#running) return code;
      if (this.#clock.elapsed() - began >= WELL_AFTER_MS) wait = FIRST_WAIT_MS;
      this.#logger.error("the control plane failed and is started again; envoy goes on", { inMs: wait });
      await pause(this.#clock, wait, this.#stopping.signal);
      wait = Math.min(wait * 2, LONGEST_WAIT_MS);
    }
    await this.#running;
    return 0;
  }

  started(ask: (question: Question) => void): void {
    this.#side?.started(ask);
  }

  /** Envoy is started when there is something to tell it. */
  hear(news: WorkerNews): void {
    this.#side?.hear(news);
    if (news.type !== "condition" || !news.condition.ready || this.#stopping.signal.aborted) return;
    this.#running ??= this.#runEnvoy();
  }

  stopping(): void {
    this.#side?.stopping();
  }

  async #runEnvoy(): Promise<void> {
    // What serves is not ended before its successor can be started.
    await this.#writeBootstrap();
    if (this.#stopping.signal.aborted) return;
    if (await this.#admin.endFormer()) this.#logger.warn("an envoy of before was still running, and was ended");
    await this.#envoy.run();
  }

  /** Tries until it is written: there may be no room at the moment. */
  async #writeBootstrap(): Promise<void> {
    const { bootstrap, content } = this.#options;
    while (!this.#stopping.signal.aborted) {
      try {
        await Deno.writeTextFile(`${bootstrap}.part`, JSON.stringify(content), { mode: 0o600 });
        return await Deno.rename(`${bootstrap}.part`, bootstrap);
      } catch (error) {
        const why = error instanceof Error ? error.message : String(error);
        this.#logger.error("envoy cannot be started: its bootstrap cannot be written", { why, inMs: LONGEST_WAIT_MS });
        await pause(this.#clock, LONGEST_WAIT_MS, this.#stopping.signal);
      }
    }
  }

  async #stop(): Promise<void> {
    if (this.#stopping.signal.aborted) {
      this.#hurry.abort();
      // It may be told to end already, and take its time.
      return this.#envoy.kill("SIGKILL");
    }
    this.#stopping.abort();
    this.stopping();
    if (this.#running) {
      const { drainMs } = this.#options;
      this.#logger.info("envoy ends when its connections have", { latestInMs: drainMs });
      await this.#admin.drain(drainMs, this.#hurry.signal);
      this.#envoy.stop();
      await this.#running;
    }
    this.#envoyEnded.abort();
  }
}
