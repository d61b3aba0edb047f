import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("../../", import.meta.url));

/** `sluice serve` in a process of its own. */
export interface SluiceProcess {
  readonly pid: number;
  /** When it was started, on the clock of `performance.now()`. */
  readonly startedAt: number;
  readonly adminUrl: string;
  /** Rejects as soon as the process ends by itself. */
  readonly ended: Promise<never>;
  stop(): Promise<void>;
}

export interface SluicePlaces {
  readonly config: string;
  readonly stateDir: string;
  readonly xdsPort: number;
  readonly adminPort: number;
}

/** Starts Sluice from source and waits for nothing. Its log is dropped but for warnings, which go to standard error. */
export function startSluiceProcess({ config, stateDir, xdsPort, adminPort }: SluicePlaces): SluiceProcess {
  const startedAt = performance.now();
  const child = new Deno.Command("deno", {
    args: [
      ...["run", "--no-prompt", "--unstable-worker-options", "--allow-read", "--allow-write", "--allow-net=127.0.0.1"],
      ...["--allow-env", `${root}main.ts`, "serve", "--config", config, "--state-dir", stateDir],
      ...["--xds-address", `127.0.0.1:${xdsPort}`, "--admin-address", `127.0.0.1:${adminPort}`, "--log-level", "warn"],
    ],
    stdin: "null",
    stdout: "null",
    stderr: "inherit",
  }).spawn();
  let stopping = false;
  const ended = child.status.then(({ code }) => {
    if (stopping) return new Promise<never>(() => {});
    throw new Error(`sluice ended with code ${code}`);
  });
  ended.catch(() => {});
  return {
    ...{ pid: child.pid, startedAt, adminUrl: `http://127.0.0.1:${adminPort}`, ended },
    async stop() {
      stopping = true;
      try {
        child.kill("SIGTERM");
      } catch {
        // It ended by itself.
      }
      await child.status;
    },
  };
}

/** Sum of a metric's series, from the page of metrics; 0 where there is none of that name. */
export async function metric(adminUrl: string, name: string): Promise<number> {
  const lines = (await (await fetch(`${adminUrl}/metrics`)).text()).split("\n");
  const values = lines.filter((line) => line.startsWith(name) && /[{ ]/.test(line[name.length] ?? ""));
  return values.reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(" ") + 1)), 0);
}
