/**
 * Every golden case: input.yaml is translated and compared with envoy.yaml and report.yaml, byte for byte. The run may
 * read and nothing else, so it cannot bless itself; `deno task golden:update` does.
 */
import assert from "node:assert/strict";
import { findCases, misplacedFiles } from "./find_cases.ts";
import { runCase } from "./run_case.ts";

const cases = findCases();

Deno.test("there are golden cases, each of an input, its two results, and no stray file", () => {
  assert.ok(cases.length > 0);
  assert.deepEqual(cases.flatMap((one) => misplacedFiles(one)), []);
});

Deno.test("the golden run has no permission to write", async () => {
  const { state } = await Deno.permissions.query({ name: "write", path: "." });
  assert.notEqual(state, "granted");
});

for (const one of cases) {
  if (misplacedFiles(one).length > 0) continue;
  Deno.test(`golden ${one.name}`, () => {
    const read = (file: string) => Deno.readTextFileSync(new URL(file, one.folder));
    const { envoy, report } = runCase(read("input.yaml"));
    const advice = "run `deno task golden:update` and look at the difference";
    assertSameText(report, read("report.yaml"), `report.yaml: ${advice}`);
    assertSameText(envoy, read("envoy.yaml"), `envoy.yaml: ${advice}`);
  });
}

/** Lines are compared, so that a failure shows those that differ and not two whole files. */
function assertSameText(actual: string, expected: string, message: string): void {
  if (actual === expected) return;
  const [is, was] = [actual.split("\n"), expected.split("\n")];
  const start = is.findIndex((line, i) => line !== was[i]);
  const from = start < 0 ? is.length : start;
  const part = (lines: string[]) => lines.slice(Math.max(from - 3, 0), from + 12).join("\n");
  assert.equal(part(is), part(was), `${message} (from line ${from + 1})`);
  assert.fail(message);
}
