import { deepStrictEqual as deepEqual, ok, strictEqual as equal } from "node:assert/strict";
import { constructAnyYaml, constructYaml } from "./js_yaml.ts";
import { readPlainYaml } from "./plain_yaml.ts";
import { splitDocuments } from "./split_documents.ts";

const isPlain = (text: string): boolean => readPlainYaml(text, (scalar) => scalar) !== undefined;

function* yamlFilesBelow(folder: string): Generator<string> {
  for (const { name, isDirectory } of Deno.readDirSync(folder)) {
    const path = `${folder}/${name}`;
    if (isDirectory) yield* yamlFilesBelow(path);
    else if (/\.ya?ml$/.test(name)) yield path;
  }
}

/** Numbers from 0 to below `below`, the same in every run (mulberry32). */
function generator(seed: number): (below: number) => number {
  return (below) => {
    seed = (seed + 0x6d2b79f5) | 0;
    let mixed = Math.imul(seed ^ (seed >>> 15), seed | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below;
  };
}

const PARTS = [
  ..."a b-c d.e/f null true Null ~ 1 -1 0x1f 0777 1_000 1e3 .5 .inf 2001-01-01 1:30 :a a:b yes 1.2.3.4 5s".split(" "),
  ...[
    "a b",
    "a # b",
    "a #b",
    "#c",
    "'a b'",
    '"a: b"',
    '"a\\n"',
    "''",
    "it's",
    "{}",
    "[]",
    "{a: b}",
    "[1, 2]",
    "- a",
    "-",
  ],
  ...[
    "",
    "- ",
    "a: b",
    "*a",
    "&a b",
    "!x y",
    "|",
    ">",
    "%a",
    "@a",
    "`a",
    "?",
    "? a",
    "---",
    "...",
    "a:",
    ":",
    "<<",
    "é",
  ],
  ...[
    "a,b",
    "a=b;c",
    "(x)",
    "a  ",
    "\ta",
    "x\ty",
    "-a",
    "--",
    "-.5",
    "+1",
    "/p/",
    ".",
    "..",
    "_",
    "{",
    "]",
    "*",
    "a*b",
  ],
];
const KEYS = [..."a b c a-b a.b/c null True __proto__ << 1 yes _x".split(" "), '"q"', "'q'", "a b", "? a", "- a", "é"];

/** Lines that are mostly YAML, with oddities strewn in. */
function randomYaml(random: (below: number) => number): string {
  const pick = (list: readonly string[]): string => list[random(list.length)]!;
  const lines: string[] = [];
  for (let i = 1 + random(7), indent = 0; i > 0; i--) {
    const key = random(4) > 0 ? "abcdefgh"[random(8)]! : pick(KEYS);
    const dashes = random(3) > 0 ? "" : random(4) > 0 ? "- " : "-   - ";
    const blank = " ".repeat(random(9) > 0 ? indent : random(5));
    const value = random(3) > 0 ? pick(PARTS) : "";
    lines.push(
      random(12) > 0 ? `${blank}${dashes}${random(5) > 0 ? `${key}:${value && " "}` : ""}${value}` : pick(PARTS),
    );
    if (random(9) === 0) lines.push(pick(["", "   ", "# comment", "  # further in"]));
    indent = Math.max(0, indent + [0, 0, 2, 2, 4, -2, -4][random(7)]!);
  }
  return (random(8) === 0 ? "---\n" : "") + lines.join("\n") + (random(4) > 0 ? "\n" : "");
}

Deno.test("every YAML file of the repository is read as the library reads it", () => {
  let [plain, all] = [0, 0];
  for (const folder of ["tests", "src", "examples"]) {
    for (const path of yamlFilesBelow(folder)) {
      for (const { text } of splitDocuments(Deno.readTextFileSync(path))) {
        deepEqual(constructYaml(text), constructAnyYaml(text), path);
        all++;
        if (isPlain(text)) plain++;
      }
    }
  }
  ok(plain > 0 && plain < all, `${plain} of ${all} are plain`);
});

Deno.test("what is read as plain is what the library reads, whatever is strewn in", () => {
  const random = generator(11);
  let plain = 0;
  for (let i = 0; i < 60_000; i++) {
    const text = randomYaml(random);
    if (!isPlain(text)) continue;
    plain++;
    deepEqual(constructYaml(text), constructAnyYaml(text), JSON.stringify(text));
  }
  ok(plain > 1000, `${plain} were plain`);
});

Deno.test("a resource as users write it is plain", () => {
  equal(isPlain("# head\nmetadata:\n  name: a\nspec:\n  hosts:\n  - addr: 10.0.0.1\n    port: 80\n  on: {}\n"), true);
  equal(isPlain("a:\n  - 'x y'\n  - \"z\"\n\nb: http://x:80/y\n"), true);
  for (
    const text of [
      "",
      "a",
      "a: |\n  b\n",
      "a: b\n c\n",
      "a: b # c\n",
      "a: &x b\n",
      "a:\nb: c\n",
      "a: b\na: c\n",
      "a:\r\n",
    ]
  ) {
    equal(isPlain(text), false, JSON.stringify(text));
  }
  equal(isPlain(Array.from({ length: 200 }, (_, i) => `${" ".repeat(i)}a:`).join("\n") + " b\n"), false);
});
