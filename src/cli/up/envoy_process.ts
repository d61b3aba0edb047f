import { createInterface } from "node:readline";
import { Readable } from "node:stream";
import { type Clock, type Logger, pause } from "../../telemetry/mod.ts";
import { ENVOY_LOG_FORMAT, logEnvoyLine } from "./envoy_log.ts";

/** How long is waited before an Envoy that has ended is started again, in milliseconds: doubled each time, up to the longest. */
const FIRST_WAIT_MS = 250;
const LONGEST_WAIT_MS = 30_000;
/** An Envoy that ran for this long was well: the wait after it is the first one again. */
const WELL_AFTER_MS = 60_000;
/** How long Envoy may take to end when it is told to. */
const END_DEADLINE_MS = 10_000;

/** What keeps an Envoy running. */
export interface EnvoyOptions {
  /** Its name in PATH, or its path. */
  readonly binary: string;
  readonly bootstrap: string;
  /** Further arguments. */
  readonly words: readonly string[];
  readonly logger: Logger;
  readonly clock: Clock;
}

/** One Envoy that is kept running: where it ends by itself another is started, later and later. */
export class EnvoyProcess {
  readonly #options: EnvoyOptions;
  readonly #stopped = new AbortController();
  #child: Deno.ChildProcess | undefined;

  constructor(options: EnvoyOptions) {
    this.#options = options;
  }

  /** Starts Envoy again and again. Resolves when the last one has ended after {@link stop}. */
  async run(): Promise<void> {
    const { clock, logger } = this.#options;
    const { signal } = this.#stopped;
    let wait = FIRST_WAIT_MS;
    while (!signal.aborted) {
      const began = clock.elapsed();
      const how = await this.#once();
      if (signal.aborted) return;
      if (clock.elapsed() - began >= WELL_AFTER_MS) wait = FIRST_WAIT_MS;
      logger.error(`envoy ${how}; it is started again`, { inMs: wait });
      await pause(clock, wait, signal);
      wait = Math.min(wait * 2, LONGEST_WAIT_MS);
    }
  }

  /** Sends a signal to the Envoy that runs, if one does. */
  kill(signal: Deno.Signal): void {
    try {
      this.#child?.kill(signal);
    } catch {
      // It has ended meanwhile.
    }
  }

  /** Ends the Envoy that runs, by force where it takes too long, and starts none again. */
  stop(): void {
    if (this.#stopped.signal.aborted) return;
    this.#stopped.abort();
    this.kill("SIGTERM");
  }

  /** Runs one; says how it ended. */
  async #once(): Promise<string> {
    const { logger } = this.#options;
    const child = this.#spawn();
    if (child instanceof Error) return `cannot be started: ${child.message}`;
    this.#child = child;
    logger.info("envoy runs", { pid: child.pid });
    const spare = this.#forceLater();
    const [{ code, signal }] = await Promise.all([
      child.status,
      passOn(child.stdout),
      logLines(child.stderr, logger),
    ]);
    this.#child = undefined;
    spare();
    return signal ? `was ended by ${signal}` : `ended with code ${code}`;
  }

  #spawn(): Deno.ChildProcess | Error {
    const { binary, bootstrap, words } = this.#options;
    try {
      return new Deno.Command(binary, {
        args: ["-c", bootstrap, "--disable-hot-restart", "--log-format", ENVOY_LOG_FORMAT, ...words],
        stdin: "null",
        // Not inherited: access logs open /dev/stdout by its name, and a journal's socket cannot be opened so.
        stdout: "piped",
        stderr: "piped",
        // A terminal sends Ctrl-C to the whole group, and Envoy would end before its connections have.
        detached: true,
      }).spawn();
    } catch (error) {
      return error instanceof Error ? error : new Error(String(error));
    }
  }

  /** Some time after {@link stop}, ends by force what has not ended; gives what calls that off. */
  #forceLater(): () => void {
    const { clock } = this.#options;
    let cancel = (): void => {};
    const begin = (): void => void (cancel = clock.setTimeout(() => this.kill("SIGKILL"), END_DEADLINE_MS));
    this.#stopped.signal.addEventListener("abort", begin);
    return () => {
      this.#stopped.signal.removeEventListener("abort", begin);
      cancel();
    };
  }
}

/** What Envoy prints are access logs. Where nobody takes them they are lost, and Envoy goes on. */
async function passOn(stream: ReadableStream<Uint8Array>): Promise<void> {
  for await (const chunk of stream) await writeAll(chunk).catch(() => {});
}

async function writeAll(chunk: Uint8Array): Promise<void> {
  for (let rest = chunk; rest.length > 0;) rest = rest.subarray(await Deno.stdout.write(rest));
}

async function logLines(stream: ReadableStream<Uint8Array>, logger: Logger): Promise<void> {
  for await (const line of createInterface({ input: Readable.from(stream) })) logEnvoyLine(line, logger);
}
