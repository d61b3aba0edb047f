import { cpus } from "node:os";
import { fileURLToPath } from "node:url";
import deno from "../../deno.json" with { type: "json" };
import { ENVOY_VERSION } from "../install_tools.ts";
import type { Machine, Results } from "./results.ts";

const root = fileURLToPath(new URL("../../", import.meta.url));

export function aboutMachine(): Machine {
  return {
    cpu: cpus()[0]?.model ?? "unknown",
    cores: navigator.hardwareConcurrency,
    memoryMib: Math.round(Deno.systemMemoryInfo().total / 1024 / 1024),
    kernel: Deno.osRelease().split("-")[0]!,
    load: [],
    calibrationMs: [],
  };
}

/** Notes how busy and how fast the machine is right now. */
export function noteMachine(machine: Machine): void {
  machine.load.push(Deno.loadavg()[0]!);
  machine.calibrationMs.push(calibrate());
}

/** Milliseconds for a fixed piece of work. */
function calibrate(): number {
  const startedAt = performance.now();
  const map = new Map<string, number>();
  for (let i = 0; i < 300_000; i++) map.set(String(i), i);
  let sum = 0;
  for (let i = 0; i < 300_000; i += 3) sum += map.get(String(i))!;
  return sum > 0 ? performance.now() - startedAt : NaN;
}

export async function versions(): Promise<Results["versions"]> {
  return {
    sluice: await commit(),
    deno: Deno.version.deno,
    envoy: Deno.env.get("SLUICE_ENVOY") ? `${Deno.env.get("SLUICE_ENVOY")}` : ENVOY_VERSION,
    grpcJs: deno.imports["@grpc/grpc-js"].split("@").at(-1)!,
  };
}

/** The commit, with a mark where files differ from it; "unknown" outside of a checkout. */
async function commit(): Promise<string> {
  const git = new Deno.Command("git", {
    args: ["-C", root, "describe", "--always", "--dirty", "--abbrev=10"],
    stderr: "null",
  });
  const { success, stdout } = await git.output().catch(() => ({ success: false, stdout: new Uint8Array() }));
  return success ? new TextDecoder().decode(stdout).trim() : "unknown";
}
