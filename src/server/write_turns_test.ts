import assert from "node:assert/strict";
import { FakeClock } from "../telemetry/fake_clock.ts";
import { WriteTurns } from "./write_turns.ts";

Deno.test("writes wait while the bytes on their way are too many, and go on in their order", () => {
  const clock = new FakeClock();
  const turns = new WriteTurns(100, 5_000, clock);
  const went: string[] = [];
  const endFirst = turns.begin(60);
  assert.equal(turns.open, true);
  turns.begin(60);
  assert.equal(turns.open, false);
  turns.wait(() => {
    went.push("a");
    turns.begin(70);
  });
  const cancel = turns.wait(() => went.push("cancelled"));
  turns.wait(() => went.push("b"));
  cancel();
  endFirst();
  assert.deepEqual(went, ["a"]);
  endFirst();
  assert.deepEqual(went, ["a"]);
});

Deno.test("a client that does not read keeps its share only so long", async () => {
  const clock = new FakeClock();
  const turns = new WriteTurns(100, 5_000, clock);
  const went: string[] = [];
  const end = turns.begin(100);
  turns.wait(() => went.push("next"));
  await clock.advance(4_999);
  assert.deepEqual(went, []);
  await clock.advance(1);
  assert.deepEqual(went, ["next"]);
  end();
  assert.equal(turns.open, true);
  assert.equal(clock.pending, 0);
});

Deno.test("of many small writes, and of a few large ones, only so many begin before others have the thread", async () => {
  for (const [bytes, most] of [[10, 64], [1024 * 1024, 2]] as const) {
    const clock = new FakeClock();
    const turns = new WriteTurns(1_000_000_000, 5_000, clock);
    let begun = 0;
    const write = (): void => {
      if (!turns.open) return void turns.wait(write);
      begun++;
      turns.begin(bytes)();
    };
    for (let client = 0; client < 3 * most; client++) write();
    for (const rounds of [1, 2, 3]) {
      assert.equal(begun, rounds * most);
      await clock.advance(1);
    }
    assert.equal(turns.open, true);
    assert.equal(clock.pending, 0);
  }
});
