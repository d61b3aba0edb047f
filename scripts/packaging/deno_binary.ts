import { join } from "node:path";
import { runDeno } from "./run_deno.ts";
import { hostTarget, type Target } from "./targets.ts";

/** The deno binary for a target, of the version that runs this: itself, or what npm has for another machine. */
export async function denoBinary(target: Target): Promise<string> {
  if (target === hostTarget()) return Deno.execPath();
  const named = `npm:${target.denoPackage}@${Deno.version.deno}`;
  await runDeno(["cache", "--no-config", "--no-lock", named], ".");
  const { npmCache } = JSON.parse(await runDeno(["info", "--json"], ".")) as { npmCache: string };
  for await (const { name } of Deno.readDir(npmCache)) {
    const binary = join(npmCache, name, target.denoPackage, Deno.version.deno, "deno");
    if (await Deno.stat(binary).catch(() => undefined)) return binary;
  }
  throw new Error(`${named} was fetched, and is not in Deno's cache`);
}
