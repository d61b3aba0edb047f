/** The list of environment variables is whole, and is what the code and docs/cli.md say. */
import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { ENVIRONMENT } from "../../src/cli/environment.ts";
import { gateway, upstream, virtualService, withFolder } from "../../src/cli/test_terminal.ts";
import { sluice } from "./sluice_process.ts";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));
const names = ENVIRONMENT.map(({ name }) => name);

Deno.test("environment: main reads what the list names", async () => {
  const read = new Set<string>();
  for await (const file of sourceFiles(`${ROOT}src`)) {
    const text = await Deno.readTextFile(file);
    for (const [, name] of text.matchAll(/\b(?:env|asked|env\.get)\("([A-Z_]+)"\)/g)) read.add(name!);
  }
  // Deno reads it itself, for Deno.noColor.
  const listed = ENVIRONMENT.filter(({ reader, name }) => reader === "main" && name !== "NO_COLOR");
  assert.deepEqual([...read].sort(), listed.map(({ name }) => name).sort());
});

Deno.test("environment: no command reads another variable, or it would be refused here", async () => {
  await withFolder({ "all.yaml": [gateway(), virtualService(), upstream].join("---\n") }, async (folder) => {
    const lines = [["version"], ["schema"], ["manifests"], ["bootstrap"], ["translate", folder], ["validate", folder]];
    for (const words of lines) {
      const { code, err } = await sluice(words, { without: ["--ignore-env"] });
      assert.equal(code, 0, `${words.join(" ")}: ${err}`);
    }
  });
});

Deno.test("docs/cli.md names every variable of the environment, and no other", async () => {
  const text = await Deno.readTextFile(`${ROOT}docs/cli.md`);
  const [, table] = /\n## Environment\n([^]*?)\n## /.exec(text)!;
  const rows = [...table!.matchAll(/^\| `([A-Z_]+)` +\| (main|worker) +\| (.*?) *\|$/gm)];
  assert.deepEqual(
    rows.map(([, name, reader, reason]) => ({ name, reader, reason })),
    ENVIRONMENT.map((one) => ({ ...one })),
  );
  assert.equal(new Set(names).size, names.length);
});

async function* sourceFiles(folder: string): AsyncGenerator<string> {
  for await (const { name, isDirectory } of Deno.readDir(folder)) {
    if (isDirectory) yield* sourceFiles(`${folder}/${name}`);
    else if (name.endsWith(".ts") && !name.endsWith("_test.ts")) yield `${folder}/${name}`;
  }
}
