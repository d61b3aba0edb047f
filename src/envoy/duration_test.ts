import assert from "node:assert/strict";
import { duration, durationMs, durationOfMs, durationText, parseDuration } from "./duration.ts";

Deno.test("durations are read as Go reads them", () => {
  assert.deepEqual(duration("1.5s"), { seconds: 1, nanos: 500_000_000 });
  assert.deepEqual(duration("1h2m3s4ms5us6ns"), { seconds: 3723, nanos: 4_005_006 });
  assert.deepEqual(duration("1µs"), { nanos: 1000 });
  assert.deepEqual(duration(".5s"), { nanos: 500_000_000 });
  assert.deepEqual(duration("1.s"), { seconds: 1 });
  assert.deepEqual(duration("-1.5s"), { seconds: -1, nanos: -500_000_000 });
  assert.deepEqual(duration("0"), {});
  assert.deepEqual(duration("0s"), {});
  assert.deepEqual(duration("0.1234567899s"), { nanos: 123_456_789 });
  assert.deepEqual(duration("0.000000001s"), { nanos: 1 });
});

Deno.test("what is no duration is undefined, or thrown where the text is said to be good", () => {
  for (const text of ["", "5", "s", ".s", "5 s", "1d", "1s ", "--1s", "1e3s", "315576000001s"]) {
    assert.equal(parseDuration(text), undefined, text);
  }
  assert.throws(() => duration("5"), /"5" is no duration/);
  assert.throws(() => durationMs("soon"), /"soon" is no duration/);
});

Deno.test("milliseconds keep their fraction", () => {
  assert.equal(durationMs("1m0.0005s"), 60_000.5);
  assert.deepEqual(durationOfMs(60_000.5), { seconds: 60, nanos: 500_000 });
});

Deno.test("a Duration is written with 0, 3, 6 or 9 digits of fraction", () => {
  assert.equal(durationText({}), "0s");
  assert.equal(durationText({ seconds: 100 }), "100s");
  assert.equal(durationText({ seconds: "3", nanos: 10_000_000 }), "3.010s");
  assert.equal(durationText({ nanos: 1000 }), "0.000001s");
  assert.equal(durationText({ nanos: 1 }), "0.000000001s");
  assert.equal(durationText({ seconds: -1, nanos: -500_000_000 }), "-1.500s");
  assert.equal(durationText({ nanos: -500_000_000 }), "-0.500s");
});
