import assert from "node:assert/strict";
import { makeReport, type Report } from "../report/mod.ts";
import { ReportSet, worseThan } from "./worse.ts";

const report = (name: string, message: string, severity: Report["severity"] = "error", path = "p"): Report =>
  makeReport(severity, "SLUICE-1211", { kind: "VirtualService", namespace: "n", name }, path, message);

const worse = (before: Report[], after: Report[]) =>
  worseThan(new ReportSet(before), new ReportSet(after)).map(({ ref, message, severity }) =>
    `${severity} ${ref.name} ${message}`
  );

Deno.test("worse: what was said before, in the same words or by the same object, is not", () => {
  const old = report("a", "x");
  assert.deepEqual(worse([old], [old]), []);
  assert.deepEqual(worse([old], [report("a", "x"), report("a", "x")]), []);
  assert.deepEqual(worse([], []), []);
});

Deno.test("worse: what is said of another resource, at another place or more severely is", () => {
  assert.deepEqual(worse([report("a", "x")], [report("b", "x")]), ["error b x"]);
  assert.deepEqual(worse([report("a", "x")], [report("a", "x", "error", "q")]), ["error a x"]);
  assert.deepEqual(worse([report("a", "x", "warning")], [report("a", "x")]), ["error a x"]);
  assert.deepEqual(
    worse([], [report("a", "x"), report("a", "x")]),
    ["error a x"],
    "several proxies say it, once counts",
  );
});

Deno.test("worse: other words for as many faults at one place are not; for more they are", () => {
  assert.deepEqual(worse([report("a", "belongs to b")], [report("a", "belongs to c")]), []);
  assert.deepEqual(worse([report("a", "1")], [report("a", "2"), report("a", "3")]), ["error a 3"]);
  assert.deepEqual(worse([report("a", "1")], [report("a", "1"), report("a", "2")]), ["error a 2"]);
  assert.deepEqual(worse([report("a", "1"), report("a", "2")], [report("a", "3")]), []);
});
