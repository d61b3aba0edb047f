/** Planted into the Worker's module: makes the attempts when the Worker is started, and lends them to the planted plugin. */
/// <reference lib="deno.worker" />
import { attemptAll } from "./attempts.ts";
import { outcomesFile, TARGETS_FILE } from "../targets.ts";

interface StartMessage {
  readonly type: string;
  readonly config: { readonly stateDir: string };
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
  Object.assign(globalThis, { plantedAttempt: attempt });
  void attempt("worker");
});
