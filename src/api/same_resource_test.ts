import { strictEqual as equal } from "node:assert/strict";
import type { Resource } from "./resource.ts";
import { sameItems, sameResource, sameValue } from "./same_resource.ts";

Deno.test("values are equal by content", () => {
  equal(sameValue({ a: [1, { b: null }], c: "x" }, { c: "x", a: [1, { b: null }] }), true);
  for (
    const other of [{ a: [1] }, { a: [1, 3] }, { a: { 0: 1, 1: 2 } }, { a: [1, 2], b: undefined }, {}, null, [1, 2]]
  ) {
    equal(sameValue({ a: [1, 2] }, other), false);
    equal(sameValue(other, { a: [1, 2] }), false);
  }
});

Deno.test("versions do not count, labels and spec do", () => {
  const make = (metadata: object, data: string) =>
    ({ kind: "Artifact", metadata: { name: "a", namespace: "n", ...metadata }, spec: { data: { data } } }) as Resource;
  equal(sameResource(make({ resourceVersion: "1", generation: "1" }, "x"), make({ resourceVersion: "2" }, "x")), true);
  equal(sameResource(make({}, "x"), make({}, "y")), false);
  equal(sameResource(make({ labels: { a: "b" } }, "x"), make({}, "x")), false);
});

Deno.test("lists are the same item by item, by identity or as the caller says", () => {
  const [one, other] = [{ v: 1 }, { v: 1 }];
  equal(sameItems([one, other], [one, other]), true);
  equal(sameItems([one, other], [other, one]), false);
  equal(sameItems([one], [one, other]), false);
  equal(sameItems([one], [other]), false);
  equal(sameItems([one], [other], (a, b) => a.v === b.v), true);
});
