import assert from "node:assert/strict";
import type { Clock } from "./clock.ts";
import { runInSlices } from "./slices.ts";

Deno.test("slices: long work lets others run in between, and comes to its end with its result", async () => {
  const seen: string[] = [];
  let now = 0;
  const clock: Clock = {
    now: () => now,
    elapsed: () => now,
    setTimeout(callback) {
      seen.push("others");
      queueMicrotask(callback);
      return () => {};
    },
  };
  function* work(): Generator<void, number> {
    for (let i = 0; i < 30; i++) {
      seen.push("work");
      now += 1;
      yield;
    }
    return 42;
  }
  assert.equal(await runInSlices(work(), clock), 42);
  const slice = Array.from({ length: 10 }, () => "work");
  assert.deepEqual(
    seen,
    [...slice, "others", ...slice, "others", ...slice, "others"],
    "30 steps of 1 ms, 10 ms a slice",
  );
});

Deno.test("slices: of another length, and with rests of so long", async () => {
  const rests: number[] = [];
  let now = 0;
  const clock: Clock = {
    now: () => now,
    elapsed: () => now,
    setTimeout(callback, ms) {
      rests.push(ms);
      queueMicrotask(callback);
      return () => {};
    },
  };
  function* work(): Generator<void, void> {
    for (; now < 9; now++) yield;
  }
  await runInSlices(work(), clock, { work: 3, rest: 20 });
  assert.deepEqual(rests, [20, 20], "9 ms of work in slices of 3 ms");
});
