import { eachLine } from "./lines.ts";

/** A process that the bench started. */
export interface Child {
  readonly pid: number;
  /** When it was started, on the clock of `performance.now()`. */
  readonly startedAt: number;
  /** Rejects as soon as the process ends by itself. */
  readonly ended: Promise<never>;
  /** Writes a line to its standard input. */
  say(line: string): Promise<void>;
  /** Ends it, by force after ten seconds. Default: SIGTERM. */
  stop(signal?: Deno.Signal): Promise<void>;
}

export interface ChildOptions {
  /** What messages call it. */
  readonly name: string;
  readonly command: string;
  readonly args: readonly string[];
  /** Called back for each line of its standard output, which is dropped otherwise. */
  readonly onLine?: (line: string) => void;
  /** A folder to run in. */
  readonly cwd?: string;
}

const STOP_LIMIT_MS = 10_000;

/** What runs and can be ended. */
interface Stoppable {
  stop(): Promise<unknown>;
}

const running = new Set<Stoppable>();

/** Ends all that still runs: what was started here, and what was named to {@link stopLater}. */
export async function stopChildren(): Promise<void> {
  await Promise.all([...running].map((one) => one.stop().catch(() => {})));
}

/** Has something ended by {@link stopChildren}; the function that it gives calls that off. */
export function stopLater(one: Stoppable): () => void {
  running.add(one);
  return () => running.delete(one);
}

/** Starts a process and waits for nothing. What it writes to standard error is shown. */
export function startChild({ name, command, args, onLine, cwd }: ChildOptions): Child {
  const startedAt = performance.now();
  const process = new Deno.Command(command, {
    args: [...args],
    stdin: "piped",
    stdout: onLine === undefined ? "null" : "piped",
    stderr: "inherit",
    ...(cwd === undefined ? {} : { cwd }),
  }).spawn();
  if (onLine !== undefined) eachLine(process.stdout, onLine).catch(() => {});
  const input = process.stdin.getWriter();
  let stopping = false;
  let over = false;
  const status = process.status.then((end) => {
    over = true;
    forget();
    return end;
  });
  const ended = status.then(({ code }) => {
    if (stopping) return new Promise<never>(() => {});
    throw new Error(`${name} ended with code ${code}`);
  });
  ended.catch(() => {});
  const child: Child = {
    ...{ pid: process.pid, startedAt, ended },
    say: (line) => input.write(new TextEncoder().encode(line + "\n")),
    async stop(signal = "SIGTERM") {
      stopping = true;
      if (!over) process.kill(signal);
      const force = setTimeout(() => over || process.kill("SIGKILL"), STOP_LIMIT_MS);
      await status;
      clearTimeout(force);
      await input.close().catch(() => {});
    },
  };
  const forget = stopLater(child);
  return child;
}
