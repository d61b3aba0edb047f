import assert from "node:assert/strict";
import { summarize, tableText } from "./figures.ts";
import { parseUsage } from "./process_usage.ts";

Deno.test("a summary has the median and the ninth tenth of the samples in order", () => {
  assert.deepEqual(summarize([5, 1, 3]), { count: 3, min: 1, median: 3, p90: 4.6, max: 5 });
  assert.deepEqual(summarize([4, 2]), { count: 2, min: 2, median: 3, p90: 3.8, max: 4 });
  assert.throws(() => summarize([]), RangeError);
});

Deno.test("CPU and memory are read from /proc, whatever the program is called", () => {
  const text = "42 (a) b (c) S 1 42 42 0 -1 4194560 9 8 7 6 150 25 0 0 20 0 9 0 77 1 2\n" +
    "Name:\ta\nVmPeak:\t 9 kB\nVmHWM:\t  204800 kB\nVmRSS:\t  102400 kB\n";
  assert.deepEqual(parseUsage(text), { cpuSeconds: 1.75, rssMib: 100, peakRssMib: 200 });
});

Deno.test("a table has columns of equal width", () => {
  assert.equal(tableText([["a", "bb"], ["ccc", "d"]]), "a    bb\nccc  d");
});
