import assert from "node:assert/strict";
import { mergeFragments } from "./merge.ts";

const merge = (...fragments: object[]) =>
  mergeFragments(fragments.map((fragment, i) => ({ plugin: `p${i}`, fragment: fragment as Record<string, unknown> })));

Deno.test("messages are merged field by field, maps by key, lists one after the other", () => {
  const { value, conflicts } = merge(
    { a: 1, inner: { x: true }, map: { k: { deep: 1 } }, list: ["first"] },
    { b: 2, inner: { y: false }, map: { l: { deep: 2 } }, list: ["second"], none: undefined },
  );
  assert.deepEqual(value, {
    a: 1,
    b: 2,
    inner: { x: true, y: false },
    map: { k: { deep: 1 }, l: { deep: 2 } },
    list: ["first", "second"],
  });
  assert.deepEqual(conflicts, []);
});

Deno.test("of two values for one field the first is kept and the conflict names both plugins", () => {
  const { value, conflicts } = merge({ inner: { x: 1 } }, { inner: { y: 1 } }, { inner: { x: 2, y: 2 } });
  assert.deepEqual(value, { inner: { x: 1, y: 1 } });
  assert.deepEqual(conflicts, [
    { path: "inner.x", plugins: ["p0", "p2"] },
    { path: "inner.y", plugins: ["p1", "p2"] },
  ]);
});

Deno.test("equal values are no conflict", () => {
  assert.deepEqual(merge({ a: [], n: { value: 5 } }, { n: { value: 5 } }).conflicts, []);
});

Deno.test("durations, wrappers and Any are whole: their fields are never mixed", () => {
  const { value, conflicts } = merge(
    { time: { seconds: 1 }, any: { typeUrl: "a", value: new Uint8Array([1]) } },
    { time: { nanos: 5 }, any: { typeUrl: "a", value: new Uint8Array([2]) } },
  );
  assert.deepEqual(value, { time: { seconds: 1 }, any: { typeUrl: "a", value: new Uint8Array([1]) } });
  assert.deepEqual(conflicts.map(({ path }) => path), ["time", "any"]);
});
