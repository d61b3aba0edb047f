/** Planted into the Worker's module: makes attempts when the Worker is started and when the planted plugin is called, or fails. */
/// <reference lib="deno.worker" />
import { attemptAll } from "./attempts.ts";
import { CRASH_FILE, outcomesFile, TARGETS_FILE } from "../targets.ts";

interface StartMessage {
  readonly type: string;
  readonly config: { readonly stateDir: string };
}

function isThere(path: string): boolean {
  try {
    return Deno.statSync(path).isFile;
  } catch {
    return false;
  }
}

const made = new Set<string>();

self.addEventListener("message", ({ data }: MessageEvent<StartMessage>) => {
  if (data.type !== "start") return;
  const { stateDir } = data.config;
  const attempt = async (who: "worker" | "plugin"): Promise<void> => {
    if (made.has(who)) return;
    made.add(who);
    const outcomes = await attemptAll(JSON.parse(Deno.readTextFileSync(`${stateDir}/${TARGETS_FILE}`)));
    Deno.writeTextFileSync(`${stateDir}/${outcomesFile(who)}.part`, JSON.stringify(outcomes));
    Deno.renameSync(`${stateDir}/${outcomesFile(who)}.part`, `${stateDir}/${outcomesFile(who)}`);
  };
  const hook = (): void => {
    if (isThere(`${stateDir}/${TARGETS_FILE}`)) void attempt("plugin");
    if (!isThere(`${stateDir}/${CRASH_FILE}`)) return;
    Deno.removeSync(`${stateDir}/${CRASH_FILE}`);
    setTimeout(() => {
      throw new Error("planted");
    });
  };
  Object.assign(globalThis, { plantedHook: hook });
  if (isThere(`${stateDir}/${TARGETS_FILE}`)) void attempt("worker");
});
