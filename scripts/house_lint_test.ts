import assert from "node:assert/strict";
import plugin from "./house_lint.ts";
import rules from "./house_rules.json" with { type: "json" };

const hints = (file: string, source: string): string[] =>
  Deno.lint.runPlugin(plugin, file, source).map((hint) => `${hint.id}: ${hint.message}`);

Deno.test("house rules: each planted breach is caught, and its mended twin is not", () => {
  const cases: [rule: string, file: string, breach: string, mended: string][] = [
    ["import-table", "src/xds/a.ts", `import { x } from "../api/mod.ts";`, `import { x } from "../envoy/mod.ts";`],
    ["import-table", "src/api/a.ts", `export * from "../envoy/mod.ts";`, `export * from "./b.ts";`],
    [
      "import-table",
      "src/api/a.ts",
      `const x = await import("../server/mod.ts");`,
      `const x = await import("./b.ts");`,
    ],
    ["room-door", "src/report/a.ts", `import { x } from "../api/shape.ts";`, `import { x } from "../api/mod.ts";`],
    [
      "room-door",
      "src/plugins/cors/a.ts",
      `import { x } from "../../api/kinds/proxy.ts";`,
      `import { x } from "../faults.ts";`,
    ],
    ["names", "src/api/a.ts", "export enum A { B }", `export type A = "B";`],
    ["names", "src/api/a.ts", "export default 1;", "export const a = 1;"],
    ["names", "src/api/a.ts", "interface IThing {}", "interface Thing {}"],
    ["names", "src/api/a.ts", "class StreamManager {}", "class Stream {}"],
    ["names", "src/api/aB.ts", "const a = 1;", ""],
    ["sizes", "src/api/a.ts", `function f() {${"\n".repeat(rules.longestFunction)}}`, "function f() {\n}"],
    ["sizes", "src/api/a.ts", "\n".repeat(rules.longestFile), "\n"],
    [
      "strict-asserts",
      "src/api/a_test.ts",
      `import { equal } from "node:assert/strict";`,
      `import assert from "node:assert/strict";`,
    ],
    ["import-table", "src/nowhere/a.ts", `import "../api/mod.ts";`, `import "./b.ts";`],
  ];
  for (const [rule, file, breach, mended] of cases) {
    assert.ok(hints(file, breach).some((hint) => hint.startsWith(`house/${rule}:`)), `${rule}: ${breach}`);
    if (mended) assert.deepEqual(hints(file, mended), [], mended);
  }
});

Deno.test("house rules: every impure global and member is caught in a pure room, and allowed elsewhere", () => {
  for (const name of [...rules.impureGlobals, ...rules.impureMembers]) {
    assert.equal(hints("src/gateway/a.ts", `const a = ${name};`).length, 1, name);
    assert.deepEqual(hints("src/server/a.ts", `const a = ${name};`), []);
    assert.deepEqual(hints("src/gateway/a_test.ts", `const a = ${name};`), []);
  }
  assert.deepEqual(
    hints("src/gateway/a.ts", "const a = x.fetch; const b = { Date: 1 };"),
    [],
    "names of fields are free",
  );
});

Deno.test("house rules: a room may import exactly what the table says", () => {
  const rooms = Object.keys(rules.imports);
  for (const [room, allowed] of Object.entries(rules.imports)) {
    for (const other of rooms) {
      const found = hints(`src/${room}/a.ts`, `import { x } from "../${other}/mod.ts";`);
      assert.equal(
        found.length === 0,
        room === other || (allowed as string[]).includes(other),
        `${room} imports ${other}`,
      );
    }
  }
});
