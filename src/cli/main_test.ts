import assert from "node:assert/strict";
import { runCli } from "./main.ts";
import { run, withFolder } from "./test_terminal.ts";

const NAMES = ["serve", "up", "demo", "translate", "validate", "bootstrap", "schema", "manifests", "version"];

Deno.test("help: an overview with every command and the exit codes; no command at all is a mistake", async () => {
  const { code, out } = await run(["--help"]);
  assert.equal(code, 0);
  for (const name of NAMES) assert.match(out, new RegExp(`^  ${name} +[A-Z].*[^.]$`, "m"));
  assert.match(out, /Exit codes:\n {2}0 {3}.*\n {2}1 {3}.*\n {2}2 {3}.*\n {2}70 {2}/);
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
    [["validte"], /there is no command validte; did you mean validate\? there are serve, /],
    [["serv"], /did you mean serve\?/],
    [["frobnicate"], /there is no command frobnicate; there are serve, /],
    [["help", "validte"], /there is no command validte/],
    [["validate", "--stirct"], /--stirct.*see sluice validate --help/],
    [["validate", "--stirct", "."], /there is no flag --stirct; did you mean --strict\? see/],
    [["validate", "--zzz", "."], /there is no flag --zzz; see/],
    [["validate", "-o"], /-o.*see sluice validate --help/],
    [["version", "now"], /now is one word too many; see sluice version --help/],
    [["serve", "/etc/sluice"], /did you mean --config \/etc\/sluice\?/],
    [["serve", "--dir", ".cache/nowhere"], /there are no Settings: \.cache\/nowhere\/gloo-system\/default\.yaml/],
    [["bootstrap", "-o", "json", "--out-dir", "x"], /--out-dir writes YAML/],
    [["manifests", "-o", "text"], /it should be yaml or json/],
    [["--print-permissions"], /of which command line\?/],
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

Deno.test("help is no wider than the terminal, and its columns are straight", async () => {
  for (const columns of [80, 100, 132]) {
    for (const words of [[], ...NAMES.map((name) => [name])]) {
      const lines: string[] = [];
      const terminal = { out: (text: string) => void lines.push(...text.split("\n")), err() {}, env: () => undefined };
      await runCli(["help", ...words], { ...terminal, columns });
      // An example is one line, so that it can be copied.
      const table = lines.slice(0, lines.includes("Examples:") ? lines.indexOf("Examples:") : undefined);
      assert.deepEqual(table.filter((line) => line.length > columns), []);
      // One that is longer than the column has a line of its own.
      const flags = table.slice(table.indexOf("Flags:") + 1).filter((line) => /^ {2}(-\w, | {4})--.* {2}/.test(line));
      const starts = flags.map((line) => /^ {2}.{4}--[a-z-]+( \S+)? +/.exec(line)![0].length);
      assert.ok(new Set(starts).size <= 1, `${words}: ${flags.join("\n")}`);
    }
  }
});

Deno.test("help is coloured on a terminal alone", async () => {
  const shown = async (colours?: { out: boolean; err: boolean }): Promise<string> => {
    let text = "";
    await runCli(["help", "serve"], { out: (line) => void (text += line), err() {}, env: () => undefined, colours });
    return text;
  };
  assert.ok((await shown({ out: true, err: true })).includes("\x1b[1mFlags:"));
  assert.equal((await shown()).includes("\x1b"), false);
  assert.equal((await shown({ out: false, err: true })).includes("\x1b"), false);
});

Deno.test("help -o json: every command with its flags, as data", async () => {
  const { code, out } = await run(["help", "-o", "json"]);
  const { commands, exitCodes } = JSON.parse(out);
  assert.equal(code, 0);
  assert.deepEqual(commands.map(({ name }: { name: string }) => name), NAMES);
  assert.deepEqual(exitCodes.map(({ code }: { code: number }) => code), [0, 1, 2, 70]);
  const [serve] = JSON.parse((await run(["help", "serve", "-o", "json"])).out).commands;
  assert.deepEqual(serve.flags[0], {
    name: "config",
    short: "c",
    type: "list",
    value: "DIR",
    doc: "folder of Gloo YAML; repeatable, the first that names a resource keeps it",
  });
});

Deno.test("what is printed as JSON is JSON", async () => {
  const manifests = JSON.parse((await run(["manifests", "-o", "json"])).out);
  assert.equal(manifests.kind, "List");
  assert.ok(manifests.items.length > 5);
  const bootstrap = JSON.parse((await run(["bootstrap", "-o", "json"])).out);
  assert.equal(bootstrap.node.id, "gloo-system~gateway-proxy");
});

Deno.test("an error that nobody expected is a bug: one line and exit code 70, and with debug its stack", async () => {
  for (const debug of [false, true]) {
    const lines: string[] = [];
    const broken = () => {
      throw new TypeError("x is not a function\nand more");
    };
    const terminal = { out: broken, err: (text: string) => void lines.push(text), env: () => undefined };
    assert.equal(await runCli(["version"], terminal, { debug }), 70);
    assert.match(
      lines.join(),
      /^sluice version: TypeError: x is not a function; this is a bug in Sluice; please report/,
    );
    assert.equal(lines.join().includes("main_test.ts"), debug);
    if (!debug) assert.equal(lines.join().includes("\n"), false);
  }
});
