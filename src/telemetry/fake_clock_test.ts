import { deepStrictEqual as deepEqual, strictEqual as equal } from "node:assert/strict";
import { FakeClock } from "./fake_clock.ts";

Deno.test("timers run at their own time and in order, also those that timers set", async () => {
  const clock = new FakeClock(100);
  const ran: [string, number][] = [];
  const note = (name: string) => () => void ran.push([name, clock.now()]);
  clock.setTimeout(note("b"), 20);
  clock.setTimeout(note("a"), 10);
  clock.setTimeout(() => clock.setTimeout(note("c"), 5), 12);
  const cancel = clock.setTimeout(note("never"), 15);
  cancel();
  cancel();
  equal(clock.untilNext, 10);
  await clock.advance(19);
  deepEqual(ran, [["a", 110], ["c", 117]]);
  await clock.advance(1);
  deepEqual(ran.at(-1), ["b", 120]);
  deepEqual([clock.now(), clock.pending, clock.untilNext], [120, 0, undefined]);
});
