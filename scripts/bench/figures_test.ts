import assert from "node:assert/strict";
import { mean, shortNumber, summarize, tableText } from "./figures.ts";

Deno.test("a summary has the middle and the last hundredth of the samples in order", () => {
  assert.deepEqual(summarize([5, 1, 3]), { count: 3, min: 1, median: 3, p99: 4.96, max: 5 });
  assert.deepEqual(summarize([4, 2]), { count: 2, min: 2, median: 3, p99: 3.98, max: 4 });
  assert.deepEqual(summarize([7]), { count: 1, min: 7, median: 7, p99: 7, max: 7 });
  assert.throws(() => summarize([]), RangeError);
});

Deno.test("a mean of nothing is no number", () => {
  assert.equal(mean([1, 2, 6]), 3);
  assert.ok(Number.isNaN(mean([])));
});

Deno.test("numbers are short, whatever their size", () => {
  assert.deepEqual([0.00212, 0, 1.234, 12.34, 123.4, 12345.6, NaN, -3.456].map(shortNumber), [
    ...["0.00212", "0", "1.23", "12.3", "123", "12,346", "-", "-3.46"],
  ]);
});

Deno.test("a table has columns of equal width", () => {
  assert.equal(tableText([["a", "bb"], ["ccc", "d"]]), "a    bb\nccc  d");
});
