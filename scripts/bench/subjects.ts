import { fileURLToPath } from "node:url";
import denoConfiguration from "../../deno.json" with { type: "json" };
import { type Child, startChild } from "./child.ts";
import { resourcesFolder, saveEdit } from "./configuration.ts";
import type { XdsForm } from "./xds/wire.ts";

/** What is measured: Sluice, the floor beside it, or another control plane that reads the same folder. */
export type SubjectName = "sluice" | "floor" | "other";

/** A running control plane. */
export interface Subject {
  readonly name: SubjectName;
  readonly process: Child;
  /** Where it has pages of metrics in Prometheus' format; only Sluice has. */
  readonly metricsUrl?: string;
  /** Changes one route of VirtualService `index`; `edit` is a number that was not used before. */
  change(index: number, edit: number): void;
}

/** Where a subject finds what it needs. */
export interface Places {
  /** The folder of the configuration. */
  readonly folder: string;
  /** Number of VirtualServices in it. */
  readonly size: number;
  /** For what Sluice writes. */
  readonly stateDir: string;
  /** For what the floor serves. */
  readonly captureDir: string;
  readonly xdsPort: number;
  readonly adminPort: number;
}

const root = fileURLToPath(new URL("../../", import.meta.url));

/** As users start it: what the task `sluice` says. */
const V8_FLAGS = denoConfiguration.tasks.sluice.command.split(" ").find((word) => word.startsWith("--v8-flags="))!;

/** How Sluice is started where it is looked at more closely than users do. */
export interface StartOptions {
  readonly inspectPort?: number;
  /** Costs a hundredth of a core. */
  readonly measureStalls?: boolean;
}

/** Starts Sluice from source and waits for nothing. Only warnings of its log are shown. */
export function startSluice(places: Places, options: StartOptions = {}): Subject {
  const { folder, size, stateDir, xdsPort, adminPort } = places;
  const inspect = options.inspectPort === undefined ? [] : [`--inspect=127.0.0.1:${options.inspectPort}`];
  const process = startChild({
    name: "sluice",
    command: "deno",
    args: [
      ...["run", "--quiet", "--no-prompt", "--unstable-worker-options", "--allow-read", "--allow-write", "--allow-env"],
      ...[
        "--allow-net=127.0.0.1",
        ...inspect,
        V8_FLAGS,
        `${root}main.ts`,
        "serve",
        "--config",
        resourcesFolder(folder),
      ],
      ...["--state-dir", stateDir, "--xds-address", `127.0.0.1:${xdsPort}`],
      ...["--admin-address", `127.0.0.1:${adminPort}`, "--log-level", "warn"],
      ...(options.measureStalls ? ["--measure-stalls"] : []),
    ],
  });
  return {
    ...{ name: "sluice", process, metricsUrl: `http://127.0.0.1:${adminPort}/metrics` },
    change: (index, edit) => saveEdit(folder, size, index, edit),
  };
}

/** Starts the floor on what was captured for this form of xDS. */
export function startFloor({ captureDir, xdsPort }: Places, form: XdsForm): Subject {
  const process = startChild({
    name: "floor",
    command: "deno",
    args: [
      ...[
        "run",
        "--quiet",
        "--no-prompt",
        `--allow-read=${captureDir},${root}`,
        "--allow-net=127.0.0.1",
        "--allow-env",
      ],
      ...[`${root}scripts/bench/floor_server.ts`, captureDir, form, String(xdsPort)],
    ],
  });
  return {
    ...{ name: "floor", process },
    change: (index, edit) => void process.say(`${index} ${edit}`),
  };
}

/** Starts a command, in which `{folder}` is the folder of the configuration. Its Settings say where it is to listen. */
export function startOther({ folder, size }: Places, command: string): Subject {
  const [program, ...args] = command.split(" ").filter((word) => word !== "")
    .map((word) => word.replaceAll("{folder}", folder));
  const process = startChild({ name: program!, command: program!, args, cwd: folder });
  return { name: "other", process, change: (index, edit) => saveEdit(folder, size, index, edit) };
}
