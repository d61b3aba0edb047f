import { compileBundle, NoRuntimeBase } from "./compiled.ts";
import { denoBinary } from "./deno_binary.ts";
import { makePortable } from "./portable.ts";
import { hostTarget } from "./targets.ts";

/** Makes an executable for this machine in whichever way can be had; which that was, and why. */
export async function makeWhatCanBeMade(bundle: string, output: string): Promise<string> {
  const target = hostTarget();
  try {
    await compileBundle(bundle, target, output);
    return "by deno compile";
  } catch (error) {
    if (!(error instanceof NoRuntimeBase)) throw error;
    await makePortable({ deno: await denoBinary(target), bundle, output });
    return "portable, as Deno's runtime base cannot be fetched";
  }
}
