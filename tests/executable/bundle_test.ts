/** What the process beside the Worker loads: its memory depends on it, so it is counted. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { BUNDLE } from "./executables.ts";

/** Bytes of the modules that a module of the bundle imports at once, itself among them. */
async function bytesFrom(...names: string[]): Promise<number> {
  const seen = new Map<string, number>();
  const next = [...names];
  for (let name = next.pop(); name !== undefined; name = next.pop()) {
    if (seen.has(name)) continue;
    const text = await Deno.readTextFile(join(BUNDLE, name));
    seen.set(name, text.length);
    for (const [, imported] of text.matchAll(/(?:import|from)"\.\/([\w.-]+\.js)"/g)) next.push(imported!);
  }
  return [...seen.values()].reduce((sum, length) => sum + length, 0);
}

for (const [command, most] of [["serve", 60_000], ["up", 80_000], ["version", 30_000]] as const) {
  Deno.test(`bundle: main loads little for ${command}`, async () => {
    const chunks = [...Deno.readDirSync(BUNDLE)].filter(({ name }) => new RegExp(`^${command}-\\w+\\.js$`).test(name));
    assert.equal(chunks.length, 1);
    const bytes = await bytesFrom("main.js", chunks[0]!.name);
    assert.ok(bytes > 2_000 && bytes < most, `${bytes} bytes`);
  });
}
