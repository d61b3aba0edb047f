import assert from "node:assert/strict";
import { parseProcess } from "./process_usage.ts";

Deno.test("CPU by thread, memory and children are read from /proc, whatever the program is called", () => {
  const text = `==> /proc/42/status <==
Name:\ta ==> b
VmPeak:\t 9 kB
VmHWM:\t  204800 kB
VmRSS:\t  102400 kB

==> /proc/42/task/42/schedstat <==
150000000 5000 77

==> /proc/42/task/42/children <==
50 51 
==> /proc/42/task/43/schedstat <==
20 1 2

==> /proc/42/task/43/children <==
`;
  assert.deepEqual(parseProcess(text), {
    rssKib: 102400,
    peakKib: 204800,
    children: [50, 51],
    threadNs: new Map([["/proc/42/task/42/schedstat", 150000000], ["/proc/42/task/43/schedstat", 20]]),
  });
});

Deno.test("a process that is gone has nothing", () => {
  assert.deepEqual(parseProcess(""), { rssKib: 0, peakKib: 0, children: [], threadNs: new Map() });
});
