/** Inputs of YAML: damages to text, to lines and values, and to what the documents say. */
import { dumpYaml, parseYaml, splitDocuments } from "../../../src/watchers/mod.ts";
import type { Random } from "../../incremental/random.ts";
import { bytesOf, damaged, LONGEST, textOf } from "../bytes.ts";

/** Values that somebody may have meant otherwise. */
const VALUES: readonly unknown[] = [
  ...[null, true, false, 0, -1, 1.5, 2 ** 31, 2 ** 53, -(2 ** 63), 1e308, 70000, "", " ", "*", "/", "%", "%%", "100%"],
  ...["NaN", "Infinity", "-Infinity", "0s", "-1s", "1e9s", "315576000001s", "1.0000000001s", "0x10", "010", "yes", "~"],
  ...[
    "\u0000",
    "\uFEFF",
    "\uD800",
    "\u2028",
    "é",
    "a\nb",
    "a\r\nb: c",
    "(",
    "[",
    "a{2,1}",
    "(?=x)",
    "(a*)*b",
    "\\",
    "\\p{L}",
  ],
  ...["..", "../../etc/passwd", "{{ .Values.x }}", "x".repeat(300), "a.b.c", "gloo-system", "__proto__", "constructor"],
  ...["::1", "[::1]", "127.0.0.1:80", "255.255.255.256", "0.0.0.0/33", "%DOWNSTREAM%", "%REQ(", "%START_TIME(%s)%"],
  ...[[], {}, [null], [[]], { "": "" }, { "@type": "type.googleapis.com/google.protobuf.Empty" }],
];

const KEYS = [
  "__proto__",
  "constructor",
  "toString",
  "",
  "spec",
  "kind",
  "name",
  "options",
  "x",
  "*",
  "0",
  "@type",
  "<<",
];

/** As they stand in a text. */
const SCALARS = [
  ...[
    ".nan",
    ".inf",
    "-.inf",
    "0o17",
    "0b11",
    "1_000",
    "12:30:45",
    "2001-01-01",
    "1e400",
    "18446744073709551616",
    "-0",
  ],
  ...[
    "!!binary aGk=",
    "!!float 1",
    "!!str 1",
    "!x y",
    "&a b",
    "*a",
    "|",
    ">-",
    "{a: [}",
    "[1, 2",
    '"\\x00"',
    "'it''s'",
  ],
  ...[
    "{}",
    "[]",
    "~",
    "",
    "null",
    "no",
    "On",
    "\t",
    "- - -",
    "? x",
    "%YAML 1.1",
    "@x",
    "`x`",
    "#",
    "a: b: c",
    "{<<: *a}",
  ],
];

export function mutateYaml(random: Random, pool: readonly Uint8Array[]): Uint8Array {
  const base = random.pick(pool);
  return random.weighed<Uint8Array>([
    [3, () => damaged(random, base, pool)],
    [4, () => bytesOf(withOtherLines(random, textOf(base)))],
    [8, () => bytesOf(withOtherContent(random, textOf(base)))],
    [3, () => bytesOf(`${textOf(base)}\n---\n${withOtherContent(random, textOf(random.pick(pool)))}`)],
    [1, () => bytesOf(monster(random))],
    [1, () => damaged(random, bytesOf(withOtherContent(random, textOf(base))), pool, 2)],
  ]).subarray(0, LONGEST);
}

function withOtherLines(random: Random, text: string): string {
  const lines = text.split("\n");
  for (let left = 1 + random.below(4); left > 0; left--) {
    const at = random.below(lines.length);
    const line = lines[at]!;
    lines.splice(
      at,
      1,
      ...random.weighed<string[]>([
        [2, () => []],
        [2, () => [line, line]],
        [2, () => [random.pick(lines)]],
        [2, () => [" ".repeat(random.below(4)) + line]],
        [1, () => [line.trimStart()]],
        [1, () => [`\t${line}`]],
        [1, () => [`${line}\r`]],
        [1, () => ["---", line]],
        [6, () => [line.replace(/(:|-) .*$/, (_, mark) => `${mark} ${random.pick(SCALARS)}`)]],
        [2, () => [line.replace(/\w+(?=:)/, (key) => random.oneIn(2) ? `${key}x` : random.pick(KEYS))]],
      ]),
    );
  }
  return lines.join("\n");
}

/** Every document that can be read is changed as a value and written anew; others stay as they are. */
function withOtherContent(random: Random, text: string): string {
  const documents = splitDocuments(text).map((document) => document.text);
  if (documents.length === 0) return text;
  const values = documents.map((document) => parseYaml(document));
  const chosen = random.below(documents.length);
  const others = values.flatMap((each) => "value" in each ? [each.value] : []);
  return documents.map((document, at) => {
    const value = values[at]!;
    if ("fault" in value || (at !== chosen && !random.oneIn(4))) return withMark(document);
    let changed: unknown = copyOf(value.value);
    for (let left = 1 + random.below(4); left > 0; left--) changed = changedTree(random, changed, others);
    return `---\n${random.oneIn(3) ? `${JSON.stringify(changed)}\n` : dumpYaml(changed)}`;
  }).join("");
}

const withMark = (document: string): string => document.startsWith("---") ? document : `---\n${document}\n`;

/** A copy that shares nothing, so that no change is made twice or goes round in a ring. */
const copyOf = (value: unknown): unknown => value === undefined ? undefined : JSON.parse(JSON.stringify(value));

/** Where a value stands in a tree. */
interface Spot {
  readonly holder: Record<string, unknown>;
  readonly key: string;
}

function spotsOf(value: unknown, found: Spot[] = []): Spot[] {
  if (typeof value !== "object" || value === null) return found;
  for (const key of Object.keys(value)) {
    const holder = value as Record<string, unknown>;
    found.push({ holder, key });
    spotsOf(holder[key], found);
  }
  return found;
}

function changedTree(random: Random, tree: unknown, others: readonly unknown[]): unknown {
  const spots = spotsOf(tree);
  if (spots.length === 0) return copyOf(random.pick(VALUES));
  const { holder, key } = random.pick(spots);
  const elsewhere = (): unknown => {
    const spots = spotsOf(random.pick(others));
    if (spots.length === 0) return null;
    const { holder, key } = random.pick(spots);
    return copyOf(holder[key]);
  };
  random.weighed<void>([
    [8, () => put(holder, key, copyOf(random.pick(VALUES)))],
    [4, () => put(holder, key, elsewhere())],
    [3, () => void delete holder[key]],
    [2, () => rename(holder, key, random.pick(KEYS))],
    [2, () => put(holder, random.pick(KEYS), elsewhere())],
    [2, () => put(holder, key, [holder[key], copyOf(holder[key])])],
    [1, () => put(holder, key, { [random.pick(KEYS)]: holder[key] })],
    [1, () => put(holder, key, JSON.stringify(holder[key]) ?? "")],
  ]);
  return tree;
}

function put(holder: Record<string, unknown>, key: string, value: unknown): void {
  Object.defineProperty(holder, key, { value, enumerable: true, configurable: true, writable: true });
}

function rename(holder: Record<string, unknown>, key: string, other: string): void {
  const value = holder[key];
  delete holder[key];
  put(holder, other, value);
}

/** Texts that are hard to read for any reader of YAML. */
function monster(random: Random): string {
  const times = 1 + random.below(random.pick([10, 300, 3000]));
  const spec = (text: string) =>
    `apiVersion: gateway.solo.io/v1\nkind: VirtualService\nmetadata: {name: m, namespace: gloo-system}\nspec: ${text}\n`;
  return random.pick<() => string>([
    () => spec("[".repeat(times) + "]".repeat(times)),
    () => spec("{a: ".repeat(times) + "1" + "}".repeat(times)),
    () => spec("\n" + Array.from({ length: times }, (_, depth) => `${"  ".repeat(depth % 400 + 1)}a:`).join("\n")),
    () =>
      `a0: &a0 [x, x]\n${Array.from({ length: times }, (_, i) => `a${i + 1}: &a${i + 1} [*a${i}, *a${i}]`).join("\n")}`,
    () => "a: &a\n  b: *a\n",
    () => Array.from({ length: times }, (_, i) => `---\nkind: Upstream\nmetadata: {name: u${i}}\n`).join(""),
    () => spec(`"${"x".repeat(times * 50)}"`),
    () => `${"k".repeat(times * 10)}: 1`,
    () => "- ".repeat(times) + "x",
    () => spec(`{virtualHost: {domains: [${Array.from({ length: times }, (_, i) => `d${i % 7}`).join(", ")}]}}`),
    () => `? ${"[".repeat(times)}`,
    () => `kind: List\nitems: ${"[{kind: List, items: ".repeat(times % 150)}[]${"}]".repeat(times % 150)}`,
  ])();
}
