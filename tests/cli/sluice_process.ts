/** Sluice as a process with the permissions of the executable, run to its end. */
import { fileURLToPath } from "node:url";
import { OUTER_PERMISSIONS } from "../../src/cli/outer_permissions.ts";

export const MAIN = fileURLToPath(new URL("../../main.ts", import.meta.url));

/** What a process came to. */
export interface Ended {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

export interface ProcessOptions {
  /** A module that is run first, with what the process may do. */
  readonly preload?: string;
  /** Beside HOME and PATH. */
  readonly env?: Readonly<Record<string, string>>;
  /** Flags of the executable that are left away: `--ignore-env`. */
  readonly without?: readonly string[];
  /** A shell's words after the command, as `| head -1`. */
  readonly then?: string;
}

/** The command line of Sluice, Deno's own part first. */
export function commandLine(words: readonly string[], { preload, without = [] }: ProcessOptions = {}): string[] {
  const flags = OUTER_PERMISSIONS.map(({ flag }) => flag).filter((flag) => !without.includes(flag));
  const before = preload === undefined ? [] : ["--preload", preload];
  return [Deno.execPath(), "run", "--quiet", "--unstable-worker-options", ...flags, ...before, MAIN, ...words];
}

/** Runs a command line to its end. */
export async function sluice(words: readonly string[], options: ProcessOptions = {}): Promise<Ended> {
  const line = commandLine(words, options);
  const all = options.then === undefined ? line : ["sh", "-c", `"$@" ${options.then}`, "sh", ...line];
  const { code, stdout, stderr } = await new Deno.Command(all[0]!, {
    args: all.slice(1),
    env: options.env ?? {},
    stdin: "null",
  }).output();
  const [out, err] = [stdout, stderr].map((bytes) => new TextDecoder().decode(bytes).trim());
  return { code, out: out!, err: err! };
}

/** Runs `sluice serve`, with these words, until it has said that it is ready, and stops it by a signal. */
export async function serveUntilReady(
  words: readonly string[],
  { signal = "SIGTERM", ready = () => {} }: { signal?: Deno.Signal; ready?: () => void } = {},
): Promise<{ readonly code: number; readonly log: string }> {
  const [program, ...args] = commandLine([
    ...["serve", ...words, "--xds-address", "127.0.0.1:0", "--admin-address", "127.0.0.1:0", "--log-format", "json"],
  ]);
  const child = new Deno.Command(program!, { args, stdin: "null", stdout: "piped", stderr: "piped" }).spawn();
  let log = "";
  let isReady = false;
  const read = async (stream: ReadableStream<Uint8Array>): Promise<void> => {
    for await (const chunk of stream.pipeThrough(new TextDecoderStream())) {
      log += chunk;
      if (isReady || !log.includes('"message":"ready"')) continue;
      isReady = true;
      try {
        ready();
      } finally {
        child.kill(signal);
      }
    }
  };
  const [{ code }] = await Promise.all([child.status, read(child.stdout), read(child.stderr)]);
  return { code, log };
}
