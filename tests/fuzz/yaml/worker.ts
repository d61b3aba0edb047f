/** Checks files in a thread of its own, so that one that hangs it can be told from outside. */
/// <reference lib="deno.worker" />
import { envoyPath } from "../../envoy/harness.ts";
import { refusalOf } from "../../../src/cli/envoy_validate.ts";
import { holds } from "../target.ts";
import { checkYaml } from "./check.ts";

/** What is asked of the thread. */
export interface YamlTask {
  readonly input: Uint8Array;
  readonly before: Uint8Array;
  /** Whether a real Envoy is asked too. */
  readonly askEnvoy: boolean;
}

/** Which files there are on Envoy's machine, Sluice does not know. */
const OF_FILES = /unable to open file|unable to read file|does not exist/;

self.onmessage = async ({ data: { input, before, askEnvoy } }: MessageEvent<YamlTask>) => {
  try {
    for (const snapshot of checkYaml(input, before)) {
      const refusal = askEnvoy ? await refusalOf(envoyPath(), snapshot) : undefined;
      holds(refusal === undefined || OF_FILES.test(refusal), `Envoy refuses: ${refusal}`);
    }
    self.postMessage({ rss: Deno.memoryUsage().rss });
  } catch (error) {
    self.postMessage({ fault: error instanceof Error ? error.stack ?? error.message : String(error) });
  }
};
