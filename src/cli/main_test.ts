import assert from "node:assert/strict";
import { run, withFolder } from "./test_terminal.ts";

const NAMES = ["serve", "translate", "validate", "bootstrap", "schema", "manifests", "version"];

Deno.test("help: an overview with every command and the exit codes; no command at all is a mistake", async () => {
  const { code, out } = await run(["--help"]);
  assert.equal(code, 0);
  for (const name of NAMES) assert.match(out, new RegExp(`^  ${name} +[A-Z].*[^.]$`, "m"));
  assert.match(out, /Exit codes: 0 .* 1 .* 2/);
  assert.deepEqual(await run([]), { code: 2, out, err: "" });
});

Deno.test("help of a command is the same in each way of asking, and lists each flag and an example", async () => {
  for (const name of NAMES) {
    const { code, out } = await run([name, "--help"]);
    assert.equal(code, 0);
    assert.match(out, new RegExp(`^sluice ${name}`));
    assert.match(out, /Examples:\n {2}sluice /);
    for (const words of [["help", name], ["-h", name], [name, "-h"]]) {
      assert.deepEqual(await run(words), { code, out, err: "" });
    }
  }
});

Deno.test("words that are off: exit code 2, nothing on standard output, and what would be right", async () => {
  const mistakes: [string[], RegExp][] = [
    [["validte"], /there is no command validte; there are serve, /],
    [["help", "validte"], /there is no command validte/],
    [["validate", "--stirct"], /--stirct.*see sluice validate --help/],
    [["validate", "-o"], /-o.*see sluice validate --help/],
    [["version", "now"], /now is one word too many; see sluice version --help/],
    [["serve", "/etc/sluice"], /did you mean --config \/etc\/sluice\?/],
    [["serve", "--dir", ".cache/nowhere"], /there are no Settings: \.cache\/nowhere\/gloo-system\/default\.yaml/],
    [["validate"], /which folder\? sluice validate DIR/],
  ];
  for (const [words, message] of mistakes) {
    const { code, out, err } = await run(words);
    assert.equal(code, 2, words.join(" "));
    assert.equal(out, "");
    assert.match(err, message);
  }
});

Deno.test("what the machine refuses is a line and exit code 2, not a stack", async () => {
  await withFolder({}, async (folder) => {
    const { code, err } = await run(["schema", "--out", `${folder}/nowhere/schema.json`]);
    assert.equal(code, 2);
    assert.match(err, /^sluice schema: .*nowhere\/schema\.json/);
    assert.equal(err.includes("\n"), false);
  });
});
