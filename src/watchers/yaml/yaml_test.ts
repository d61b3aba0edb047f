import { deepStrictEqual as deepEqual, doesNotMatch, match, ok, strictEqual as equal } from "node:assert/strict";
import { dumpYaml, locator, parseYaml, splitDocuments } from "./mod.ts";
import { safeReason } from "./reasons.ts";

function valueOf(text: string): unknown {
  const result = parseYaml(text);
  if ("fault" in result) throw new Error(result.fault.message);
  return result.value;
}

function faultOf(text: string): { line: number; column: number; message: string } {
  const result = parseYaml(text);
  if (!("fault" in result)) throw new Error(`read as ${JSON.stringify(result.value)}`);
  return result.fault;
}

Deno.test("plain scalars are read as Gloo reads them", () => {
  deepEqual(valueOf("[0777, 0o17, 0x1F, 0b11, 1_000, -5, 0899, 0, -0]"), [511, 15, 31, 3, 1000, -5, 899, 0, 0]);
  deepEqual(valueOf("[1.5, .5, 1e3, -2.5E-1, .inf, -.inf, .NaN]"), [
    1.5,
    0.5,
    1000,
    -0.25,
    "Infinity",
    "-Infinity",
    "NaN",
  ]);
  deepEqual(valueOf("[true, True, FALSE, ~, null, Null]"), [true, true, false, null, null, null]);
  deepEqual(valueOf("[yes, no, on, OFF, y, n]"), ["yes", "no", "on", "OFF", "y", "n"]);
  deepEqual(valueOf("[2001-01-01, 12:30:45, 1.2.3, 10.0.0.1, '0777', \"1\"]"), [
    "2001-01-01",
    "12:30:45",
    "1.2.3",
    "10.0.0.1",
    "0777",
    "1",
  ]);
});

Deno.test("integers that a double cannot hold keep their digits", () => {
  deepEqual(valueOf("[9007199254740991, 9007199254740993, -18446744073709551615, 0x20000000000001]"), [
    9007199254740991,
    "9007199254740993",
    "-18446744073709551615",
    "9007199254740993",
  ]);
});

Deno.test("merge keys merge, and explicit keys win", () => {
  deepEqual(valueOf("a: &a {x: 1, y: 2}\nb: &b {y: 3, z: 4}\nc: {x: 9, <<: [*a, *b]}\nd: {'<<': text}"), {
    a: { x: 1, y: 2 },
    b: { y: 3, z: 4 },
    c: { x: 9, y: 2, z: 4 },
    d: { "<<": "text" },
  });
});

Deno.test("keys that are no text become text", () => {
  deepEqual(valueOf("80: a\ntrue: b\n__proto__: c"), JSON.parse('{"80":"a","true":"b","__proto__":"c"}'));
});

Deno.test("JSON is read", () => {
  deepEqual(valueOf('{"a":[1,true,null],\t"b\\u00e9":"\\ud83d\\ude00 \\/"}'), { a: [1, true, null], "bé": "😀 /" });
});

Deno.test("what is not YAML is a fault with its place", () => {
  const { line, column, message } = faultOf("a: 1\nb: [1, 2\nc: 3\n");
  equal(line, 3);
  ok(column >= 1);
  ok(message.length > 0);
  match(faultOf("a: 1\nb: 2\na: 3\n").message, /duplicated/);
  equal(faultOf("a: 1\nb: 2\na: 3\n").line, 3);
  match(faultOf("a: !!python/object x\n").message, /unknown/);
  match(faultOf("a: *nowhere\n").message, /alias/);
  match(faultOf("? [a]\n: 1\n").message, /key/);
  match(faultOf("a: {{ .Values.a }}\n").message, /looks like a template/);
  match(faultOf(`a: ${"[".repeat(2000)}`).message, /maxDepth/i);
});

/** Each way in which the library repeats the text, and what is to be said: the kind of fault, and its place. */
const FAULTS_NEAR_SECRETS: readonly (readonly [text: string, place: string, message: RegExp])[] = [
  ["a: 1\npassword: *hunter2\n", "2:12", /^an alias without its anchor; .* quotes$/],
  ["a: 1\npassword: !hunter2\n", "2:11", /^unknown tag; .* quotes$/],
  ["password: !hunter2 {a: b}", "1:11", /^unknown tag/],
  ["password: !hunter2 [a]", "1:11", /^unknown tag/],
  ["password: !hunter2! x", "1:20", /^unknown tag/],
  ["password: !<hunter2 ^> x", "1:23", /^a tag has a character/],
  ["password: !hun%ter2 x", "1:20", /^a tag has a character/],
  ["password: !!int hunter2", "1:11", /^the value does not fit its tag$/],
  ["%TAG !hunter2! tag:a\n%TAG !hunter2! tag:b\n---\na: 1", "3:1", /^a tag handle is declared twice$/],
  ["password: 'hunter2", "1:19", /^unexpected end of the stream within a single quoted scalar$/],
  ["password: hunter2: hunter2", "1:18", /^bad indentation of a mapping entry$/],
  ["hunter2: 1\nhunter2: 2", "2:1", /^duplicated mapping key$/],
  ["? {hunter2: 1}\n: 1", "1:1", /complex keys/],
];

Deno.test("a fault says what is wrong and where, but never shows what was written: it may be a secret", () => {
  for (const [text, place, expected] of FAULTS_NEAR_SECRETS) {
    const { line, column, message } = faultOf(text);
    match(message, expected, text);
    doesNotMatch(message, /hunter|ter2/, text);
    equal(`${line}:${column}`, place, text);
  }
});

Deno.test("a reason of the library that nobody looked at is not shown", () => {
  equal(safeReason("what is hunter2"), "this is not YAML");
});

Deno.test("aliases that blow up are one fault", () => {
  let text = "a0: &a0 [1, 1, 1, 1, 1, 1, 1, 1, 1]\n";
  for (let i = 1; i < 9; i++) text += `a${i}: &a${i} [${Array(9).fill(`*a${i - 1}`).join(", ")}]\n`;
  match(faultOf(text).message, /aliases/);
  match(faultOf("a: &a [*a]\n").message, /aliases/);
  let deep = "a0: &a0 [1]\n";
  for (let i = 1; i < 300; i++) deep += `a${i}: &a${i} [*a${i - 1}]\n`;
  match(faultOf(deep).message, /aliases/);
  deepEqual(valueOf("a: &a [1]\nb: [*a, *a]"), { a: [1], b: [[1], [1]] });
});

Deno.test("nothing is null", () => {
  for (const text of ["", "# nothing\n", "---\n", "\n\n"]) equal(valueOf(text), null);
});

Deno.test("documents are split without being parsed", () => {
  const parts = (text: string) => splitDocuments(text).map(({ text, linesBefore }) => [text, linesBefore]);
  deepEqual(parts("a: 1\n"), [["a: 1\n", 0]]);
  deepEqual(parts("a: 1\n---\nb: [\n---\nc: 3"), [["a: 1\n", 0], ["---\nb: [\n", 1], ["---\nc: 3", 3]]);
  deepEqual(parts("# head\n---\na: 1\n---\n# none\n---\n\n"), [["# head\n---\na: 1\n", 0]]);
  deepEqual(parts("%YAML 1.1\n---\na: 1\n...\n# c\nb: 2\n"), [["%YAML 1.1\n---\na: 1\n...\n", 0], ["# c\nb: 2\n", 4]]);
  deepEqual(parts("--- {a: 1}\n--- |\n  x\n---x: 1\n"), [["--- {a: 1}\n", 0], ["--- |\n  x\n---x: 1\n", 1]]);
  deepEqual(parts("a: 1\r\n---\r\nb: 2\r\n"), [["a: 1\r\n", 0], ["---\r\nb: 2\r\n", 1]]);
  deepEqual(parts("\uFEFF# c\n---\na: 1\n"), [["\uFEFF# c\n---\na: 1\n", 0]]);
  deepEqual(parts("a: |\n  ---\n  b\n"), [["a: |\n  ---\n  b\n", 0]]);
  deepEqual(parts("---\n---\n...\n"), []);
  deepEqual(parts(""), []);
});

Deno.test("each split document reads alone as it does in the stream", () => {
  const [first, second] = splitDocuments("%YAML 1.1\n---\na: 1\n...\n---\n- |\n  x\n");
  deepEqual(valueOf(first!.text), { a: 1 });
  deepEqual(valueOf(second!.text), ["x\n"]);
});

const DOCUMENT = `# a comment
apiVersion: v1
spec:
  virtual_host:
    domains: ["*", 'b.c']
    routes:
    - name: one
    - matchers: &m
      - prefix: /
      options: {cors: {allowOrigin: [x]}}
  labels:
    a.b/c: d
  base: &base
    timeout: 5s
  other:
    <<: *base
    again: *m
`;

Deno.test("paths are found in a document", () => {
  const at = (path: string) => {
    const { line, column, whole } = locator(DOCUMENT)(path)!;
    ok(whole);
    return `${line}:${column}`;
  };
  equal(at(""), "2:1");
  equal(at("apiVersion"), "2:1");
  equal(at("spec.virtualHost.domains[1]"), "5:20");
  equal(at("spec.virtual_host.routes[0].name"), "7:7");
  equal(at("spec.virtualHost.routes[1].options.cors.allowOrigin[0]"), "10:38");
  equal(at('spec.labels["a.b/c"]'), "12:5");
  equal(at("spec.labels.a.b/c"), "12:5");
  equal(at("spec.other.timeout"), "14:5");
  equal(at("spec.other.again[0].prefix"), "9:9");
});

Deno.test("a path that leads further than the document gives its parent", () => {
  const find = locator(DOCUMENT);
  deepEqual(find("spec.virtualHost.routes[1].action.single"), { line: 8, column: 7, whole: false });
  deepEqual(find("spec.nothing"), { line: 3, column: 1, whole: false });
  equal(locator("a: [")("a"), undefined);
  equal(locator("")("a"), undefined);
});

Deno.test("what is dumped is read back as it was", () => {
  const value = { a: "yes", b: "0777", c: ["1", 1, true, null, "a: b"], d: { e: "x\ny\n" }, f: "9007199254740993" };
  deepEqual(valueOf(dumpYaml(value)), value);
  const shared = { x: 1 };
  equal(dumpYaml({ a: shared, b: shared, c: undefined }), "a:\n  x: 1\nb:\n  x: 1\n");
});

Deno.test("half a character is a fault where it is escaped; both halves are a character", () => {
  deepEqual(valueOf("a: \"\\ud83d\\ude00\"\nb: '\\ud800'"), { a: "\u{1f600}", b: "\\ud800" });
  deepEqual(faultOf('a: 1\nb: ["x \\uD800"]'), { line: 2, column: 8, message: "half a character is escaped here" });
  deepEqual(faultOf('"\\ud800": 1').message, "half a character is escaped here");
  deepEqual(faultOf('{"a": &a "\\ude00\\ud83d", "b": *a}').message, "half a character is escaped here");
});
