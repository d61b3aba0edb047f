import type { EnvoySnapshot } from "../xds/mod.ts";
import { runEnvoy } from "./envoy_binary.ts";
import { staticBootstrap } from "./static_bootstrap.ts";

/**
 * What `envoy --mode validate` has against an EnvoySnapshot; undefined where it takes it. Key files are written to a
 * folder that is gone afterwards.
 */
export async function refusalOf(binary: string, snapshot: EnvoySnapshot): Promise<string | undefined> {
  const folder = await Deno.makeTempDir({ prefix: "sluice-validate-" });
  try {
    const { bootstrap, keyFiles } = staticBootstrap(snapshot, { keyFolder: folder });
    for (const [name, bytes] of keyFiles) await Deno.writeFile(`${folder}/${name}`, bytes, { mode: 0o600 });
    await Deno.writeTextFile(`${folder}/bootstrap.json`, JSON.stringify(bootstrap));
    const { success, stderr } = await runEnvoy(binary, "validate", [
      ...["--mode", "validate", "-c", `${folder}/bootstrap.json`, "--log-level", "error"],
    ]);
    return success ? undefined : lastWords(new TextDecoder().decode(stderr)).replaceAll(`${folder}/`, "");
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

/** The line in which Envoy says what it refuses, without time and place of its log. */
function lastWords(log: string): string {
  const lines = log.split("\n").map((line) => line.replace(/^(\[[^\]]*\] ?)+/, "").trim()).filter((line) =>
    line !== ""
  );
  return lines.at(-1) ?? "no reason given";
}
