/** The exit codes, each by a process that comes to it, and what stands beside it on standard error. */
import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { EXIT_CODES } from "../../src/cli/exit_codes.ts";
import { gateway, upstream, virtualService, withFolder } from "../../src/cli/test_terminal.ts";
import { serveUntilReady, sluice } from "./sluice_process.ts";

const good = [gateway(), virtualService(), upstream].join("---\n");
const bad = [gateway(), virtualService("{timeout: soon}"), upstream].join("---\n");
const failing = (what: string): string => fileURLToPath(new URL(`./${what}.ts`, import.meta.url));

Deno.test("exit codes: 0 done, 1 errors or with --strict warnings, 2 the command line", async () => {
  await withFolder({ "good/a.yaml": good, "bad/a.yaml": bad, "empty/readme": "" }, async (folder) => {
    const codes = async (...words: string[]): Promise<number> => (await sluice(words)).code;
    assert.equal(await codes("version"), 0);
    assert.equal(await codes("validate", `${folder}/good`), 0);
    assert.equal(await codes("validate", `${folder}/bad`), 1);
    assert.equal(await codes("translate", `${folder}/bad`), 1);
    assert.equal(await codes("validate", `${folder}/empty`), 0);
    assert.equal(await codes("validate", `${folder}/empty`, "--strict"), 1);
    assert.equal(await codes("validate", `${folder}/nowhere`), 2);
    assert.equal(await codes(), 2);
  });
});

Deno.test("exit codes: docs/cli.md has the same as help", async () => {
  const text = await Deno.readTextFile(fileURLToPath(new URL("../../docs/cli.md", import.meta.url)));
  const rows = [...text.matchAll(/^\| (\d+) +\| (.*?) *\|$/gm)];
  assert.deepEqual(rows.map(([, code, means]) => ({ code: Number(code), means })), [...EXIT_CODES]);
});

Deno.test("exit code 2: what the machine refuses is one line", async () => {
  await withFolder({ "a.yaml": good }, async (folder) => {
    await Deno.symlink("loop", `${folder}/loop`);
    const refused: [string[], RegExp, string?][] = [
      [["validate", `${folder}/loop`], /loop/],
      [["translate", folder], /No space left on device.*not whole$/, ">/dev/full"],
      [["schema", "--out", `${folder}/nowhere/x`], /nowhere/],
    ];
    for (const [words, message, then] of refused) {
      const { code, err } = await sluice(words, { then });
      assert.match(err, message);
      assert.equal(err.split("\n").length, 1, err);
      assert.equal(code, 2, words.join(" "));
    }
  });
});

Deno.test("a reader that has seen enough is no fault", async () => {
  assert.deepEqual(await sluice(["schema"], { then: "| head -1" }), { code: 0, out: "{", err: "" });
});

Deno.test("exit code 70: a bug is one line, with how to report it, and a stack where one asks for it", async () => {
  for (const what of ["fails_in_command", "fails_beside_command"]) {
    const plain = await sluice(["help"], { preload: failing(what) });
    assert.equal(plain.code, 70, what);
    assert.match(
      plain.err,
      /^sluice.*: TypeError: planted; this is a bug in Sluice; please report it .*SLUICE_DEBUG=1/,
    );
    assert.equal(plain.err.split("\n").length, 1, plain.err);
    const debug = await sluice(["help"], { preload: failing(what), env: { SLUICE_DEBUG: "1" } });
    assert.match(debug.err, new RegExp(`${what}\\.ts:\\d+`));
  }
});

Deno.test("a signal stops what serves: exit code 0", async () => {
  for (const signal of ["SIGTERM", "SIGINT"] as const) {
    await withFolder({ "yaml/a.yaml": good }, async (folder) => {
      const words = ["--config", `${folder}/yaml`, "--state-dir", `${folder}/state`];
      const { code, log } = await serveUntilReady(words, { signal });
      assert.equal(code, 0, log);
      assert.match(log, /"ready"[^]*sluice has stopped/);
    });
  }
});
