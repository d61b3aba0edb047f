/** Every example of every command, as help shows it, in a folder of the test's own. */
import assert from "node:assert/strict";
import type { Command } from "../../src/cli/command.ts";
import { allCommands } from "../../src/cli/main.ts";
import { gateway, run, upstream, virtualService, withFolder } from "../../src/cli/test_terminal.ts";
import { envoyPath } from "../envoy/harness.ts";

const site = [gateway(), gateway(8081, "edge"), virtualService(), upstream].join("---\n");
const one = [gateway(), virtualService(), upstream].join("---\n");

const FILES = {
  "etc/sluice/site.yaml": site,
  "one/etc/sluice/site.yaml": one,
  "data/gloo-system/default.yaml": "directoryConfigSource: {directory: {folder}/etc/sluice}\n",
  ".kube/config": JSON.stringify({
    "current-context": "a",
    clusters: [{ name: "c", cluster: { server: "https://127.0.0.1:1" } }],
    contexts: [{ name: "a", context: { cluster: "c", user: "u" } }],
    users: [{ name: "u", user: { token: "t" } }],
  }),
};

/** The part of an example that is Sluice's, without the shell's: what it is piped to, and a remark. */
function wordsOf(example: string, folder: string): string[] {
  const [line] = example.split(/ +(?:\||>|&&|#)/);
  const [program, ...words] = line!.split(" ");
  assert.equal(program, "sluice");
  return words.map((word, index) => {
    if (word === "/usr/bin/envoy") return envoyPath();
    if (word === ".") return `${folder}/etc/sluice`;
    if (word.startsWith("/")) return folder + word;
    return /^--out(-dir)?$/.test(words[index - 1] ?? "") ? `${folder}/${word}` : word;
  });
}

const serves = (command: Command): boolean => command.workerNeeds !== undefined;

for (const command of await allCommands()) {
  for (const example of command.examples) {
    Deno.test(`example: ${example}`, async () => {
      await withFolder(FILES, async (root) => {
        const settings = `${root}/data/gloo-system/default.yaml`;
        await Deno.writeTextFile(settings, (await Deno.readTextFile(settings)).replace("{folder}", root));
        // A static bootstrap is of one proxy.
        const folder = example.includes("--static ") ? `${root}/one` : root;
        const words = wordsOf(example, folder);
        const { code, out, err } = await run(serves(command) ? ["--print-permissions", ...words] : words, {
          HOME: root,
        });
        assert.equal(code, 0, err);
        assert.notEqual(out + err + [...Deno.readDirSync(root)].length, "");
      });
    });
  }
}
