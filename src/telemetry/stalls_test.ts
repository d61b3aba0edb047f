import assert from "node:assert/strict";
import { FakeClock } from "./fake_clock.ts";
import { createMetrics, type Metrics } from "./metrics.ts";
import { measureStalls } from "./stalls.ts";

async function longest(metrics: Metrics): Promise<number> {
  const line = (await metrics.text()).split("\n").find((line) => line.startsWith("sluice_longest_stall_seconds "))!;
  return Number(line.split(" ")[1]);
}

Deno.test("a stall is how much too late a timer comes; the longest is shown for a while", async () => {
  const fake = new FakeClock();
  const metrics = await createMetrics();
  let late = 0;
  // A thread that is busy: each timer comes `late` milliseconds after its time.
  const clock = {
    now: () => fake.now(),
    elapsed: () => fake.elapsed(),
    setTimeout: (callback: () => void, ms: number) => fake.setTimeout(callback, ms + late),
  };
  const end = measureStalls(clock, metrics, 1000);
  await fake.advance(100);
  assert.equal(await longest(metrics), 0);
  late = 70;
  await fake.advance(100);
  late = 0;
  await fake.advance(100);
  assert.equal(await longest(metrics), 0.07);
  await fake.advance(700);
  assert.equal(await longest(metrics), 0.07);
  await fake.advance(2000);
  assert.equal(await longest(metrics), 0);
  assert.match(await metrics.text(), /sluice_stall_seconds_bucket\{le="0\.1"\} \d+/);
  end();
  assert.equal(fake.pending, 0, "nothing is left");
});
