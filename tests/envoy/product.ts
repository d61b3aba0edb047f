/**
 * The product as users run it: `sluice serve` in a process of its own on a folder of files, for tests that look at it
 * through Envoy, its admin pages and its status files.
 */
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { waitFor } from "./harness.ts";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));

/** Status of one resource, as /status tells it. */
export interface StatusEntry {
  readonly kind: string;
  readonly namespace: string;
  readonly name: string;
  readonly state: "Pending" | "Accepted" | "Rejected" | "Warning";
  readonly reason: string;
  readonly reasons: readonly {
    readonly code: string;
    readonly path: string;
    readonly message: string;
    readonly location?: { readonly file: string; readonly line?: number; readonly column?: number };
  }[];
  readonly messages: readonly string[];
}

/** A running `sluice serve`. */
export interface RunningSluice {
  /** What {@link SluiceOptions.folder} was, or would be. */
  readonly folder: string;
  /** Folder that is watched. */
  readonly config: string;
  readonly stateDir: string;
  /** `127.0.0.1:port` or `unix:path`, as Envoy is to connect. */
  readonly xds: string;
  readonly adminUrl: string;
  readonly pid: number;
  log(): string;
  /** Writes a file below `config` as an editor does that saves in place. */
  write(path: string, text: string): Promise<void>;
  remove(path: string): Promise<void>;
  status(kind: string, name: string): Promise<StatusEntry | undefined>;
  statuses(): Promise<StatusEntry[]>;
  page(path: string): Promise<Response>;
  metric(name: string): Promise<number>;
  stop(signal?: Deno.Signal): Promise<number>;
}

export interface SluiceOptions {
  /** Folder of the configuration and the state, for a Sluice that goes on from another; the caller removes it. */
  readonly folder?: string;
  /** What to wait for: the first sync, or that something is served, if only from the state. Default: the first sync. */
  readonly until?: "ready" | "serving";
  /** Files below the watched folder. */
  readonly files?: Readonly<Record<string, string>>;
  /** Further flags; `--config`, addresses and the state folder are given already. */
  readonly flags?: readonly string[];
  /** Default: a free port of 127.0.0.1; null leaves it to Settings. */
  readonly xdsAddress?: string | null;
  /** Default: a free port, which a Sluice that starts again does not keep. */
  readonly adminAddress?: string;
  /** Where `--config` is not to be given: other flags say what to read, with {folder} for the folder of the files. */
  readonly sources?: readonly string[];
  /** Addresses beside 127.0.0.1 that it may use. */
  readonly hosts?: readonly string[];
  /** A command that starts Sluice, with its arguments; Sluice's own command line follows them. */
  readonly command?: readonly string[];
  /** The executable to start, in place of the sources. */
  readonly executable?: string;
  /** Further permissions of main: `--allow-run=/bin/sh`. */
  readonly permissions?: readonly string[];
  /** Environment of the process; by default nothing but HOME and Deno's cache. */
  readonly env?: Readonly<Record<string, string>>;
}

/** The folder of a test, below the system's temporary folder; removed by the caller. */
export async function makeFolder(files: Readonly<Record<string, string>> = {}): Promise<string> {
  const folder = await Deno.makeTempDir({ prefix: "sluice_test_" });
  for (const [path, text] of Object.entries(files)) await writeInto(folder, path, text);
  return folder;
}

async function writeInto(folder: string, path: string, text: string): Promise<void> {
  const file = join(folder, path);
  await Deno.mkdir(dirname(file), { recursive: true });
  await Deno.writeTextFile(file, text);
}

/** Starts Sluice and waits until it is ready (its first sync is done). */
export async function startSluice(options: SluiceOptions = {}): Promise<RunningSluice> {
  const folder = options.folder ?? await makeFolder();
  const config = join(folder, "config");
  const stateDir = join(folder, "state");
  if (options.folder === undefined) await Deno.mkdir(config);
  for (const [path, text] of Object.entries(options.files ?? {})) await writeInto(config, path, text);
  const sources = (options.sources ?? ["--config", "{folder}"]).map((word) => word.replaceAll("{folder}", config));
  const [program, ...before] = [...options.command ?? [], ...programOf(options)];
  const child = new Deno.Command(program!, {
    args: [
      ...before,
      ...["serve", ...sources],
      ...(options.xdsAddress === null ? [] : ["--xds-address", options.xdsAddress ?? "127.0.0.1:0"]),
      ...["--admin-address", options.adminAddress ?? "127.0.0.1:0"],
      ...["--state-dir", stateDir, "--log-format", "json", ...(options.flags ?? [])],
    ],
    env: options.env ?? {},
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  let text = "";
  const collect = async (stream: ReadableStream<Uint8Array>): Promise<void> => {
    for await (const chunk of stream.pipeThrough(new TextDecoderStream())) text += chunk;
  };
  const output = Promise.all([collect(child.stdout), collect(child.stderr)]);
  let code: number | undefined;
  const status = child.status.then((ended) => code = ended.code);
  const stop = async (signal: Deno.Signal = "SIGTERM"): Promise<number> => {
    if (code === undefined) child.kill(signal);
    await status;
    await output;
    if (options.folder === undefined) await Deno.remove(folder, { recursive: true }).catch(() => {});
    return code ?? -1;
  };
  try {
    const serving = await waitFor("sluice to listen", () => code === undefined ? lineWith(text, "sluice serves") : {});
    if (code !== undefined) throw new Error(`sluice ended with code ${code}`);
    const adminUrl = `http://${serving.admin}`;
    await waitFor("sluice to be ready", async () => {
      if (await statusOf(`${adminUrl}/readyz`).catch(() => 0) !== 200) return false;
      return options.until === "serving" || /"message":"ready/.test(text);
    });
    return {
      ...{ folder, config, stateDir, xds: String(serving.xds), adminUrl, pid: child.pid, log: () => text, stop },
      write: (path, content) => writeInto(config, path, content),
      remove: (path) => Deno.remove(join(config, path), { recursive: true }),
      ...reader(adminUrl),
    };
  } catch (error) {
    await stop();
    throw new Error(`${String(error)}\n${text}`);
  }
}

/** The executable, or Deno with the sources and the permissions that main has there. */
function programOf({ executable, hosts = [], permissions = [] }: SluiceOptions): readonly string[] {
  if (executable !== undefined) return [executable];
  // In a cluster the other replicas are behind that name.
  const net = ["127.0.0.1", "sluice.gloo-system.svc", ...hosts].join();
  return [
    ...[Deno.execPath(), "run", "--no-prompt", "--unstable-worker-options"],
    ...["--allow-read", "--allow-write", `--allow-net=${net}`, "--allow-env", ...permissions],
    join(ROOT, "main.ts"),
  ];
}

function lineWith(text: string, message: string): Record<string, unknown> | undefined {
  for (const line of text.split("\n")) {
    if (!line.startsWith("{")) continue;
    const entry = JSON.parse(line) as Record<string, unknown>;
    if (entry.message === message) return entry;
  }
  return undefined;
}

async function statusOf(url: string): Promise<number> {
  const response = await fetch(url);
  await response.body?.cancel();
  return response.status;
}

function reader(adminUrl: string): Pick<RunningSluice, "status" | "statuses" | "page" | "metric"> {
  const statuses = async (): Promise<StatusEntry[]> => await (await fetch(`${adminUrl}/status`)).json();
  return {
    statuses,
    status: async (kind, name) => (await statuses()).find((one) => one.kind === kind && one.name === name),
    page: (path) => fetch(`${adminUrl}${path}`),
    metric: async (name) => {
      const lines = (await (await fetch(`${adminUrl}/metrics`)).text()).split("\n");
      const values = lines.filter((line) => line.startsWith(name) && /^[{ ]/.test(line.slice(name.length)));
      return values.reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(" ") + 1)), 0);
    },
  };
}
