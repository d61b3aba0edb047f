import assert from "node:assert/strict";
import { shape } from "../api/mod.ts";
import type { Shape } from "../api/mod.ts";
import { createSchema } from "./schema.ts";

const schema = createSchema([]);

/** What one value decodes to, or the code of its fault. */
function decoded(of: Shape, value: unknown): unknown {
  const { value: out, faults } = schema.decodeValue(of, value);
  return faults.length > 0 ? faults.map(({ code }) => code).join() : out;
}

function message(of: Shape, value: unknown): string | undefined {
  return schema.decodeValue(of, value).faults[0]?.message;
}

const WRONG = "SLUICE-1003";
const RANGE = "SLUICE-1004";

Deno.test("durations come out canonical, with nanoseconds", () => {
  const cases: readonly [unknown, unknown][] = [
    ["5s", "5s"],
    ["0s", "0s"],
    ["0", "0s"],
    ["1.500s", "1.5s"],
    ["0.000000001s", "0.000000001s"],
    ["-1.5s", "-1.5s"],
    ["-0s", "0s"],
    ["007s", "7s"],
    ["500ms", "0.5s"],
    ["1m30s", "90s"],
    ["1.5h", "5400s"],
    ["1us", "0.000001s"],
    ["1ns", "0.000000001s"],
    [".5s", "0.5s"],
    ["315576000000s", "315576000000s"],
    ["-315576000000s", "-315576000000s"],
    ["315576000000.000000001s", RANGE],
    ["315576000001s", RANGE],
    ["0.0000000001s", RANGE],
    ["0.5ns", RANGE],
    ["5", WRONG],
    ["5 s", WRONG],
    ["s", WRONG],
    [".s", WRONG],
    ["", WRONG],
    ["1d", WRONG],
    [5, WRONG],
    [true, WRONG],
  ];
  for (const [given, expected] of cases) assert.equal(decoded(shape.duration(), given), expected, String(given));
});

Deno.test("a duration without its unit is told the unit", () => {
  assert.equal(message(shape.duration(), 5), 'expected a duration, got the number 5: did you mean "5s"?');
  assert.equal(message(shape.duration(), "30"), 'the text "30" is not a duration: did you mean "30s"?');
});

Deno.test("integers keep their digits and their range", () => {
  const cases: readonly [Shape, unknown, unknown][] = [
    [shape.uint32Value(), 0, 0],
    [shape.uint32Value(), -0, 0],
    [shape.uint32Value(), 4294967295, 4294967295],
    [shape.uint32Value(), "17", 17],
    [shape.uint32Value(), 17n, 17],
    [shape.uint32Value(), 4294967296, RANGE],
    [shape.uint32Value(), -1, RANGE],
    [shape.uint32Value(), 1.5, WRONG],
    [shape.uint32Value(), "1.5", WRONG],
    [shape.uint32Value(), "", WRONG],
    [shape.uint32Value(), true, WRONG],
    [shape.int32Value(), -2147483648, -2147483648],
    [shape.int32Value(), -2147483649, RANGE],
    [shape.int64(), "9223372036854775807", "9223372036854775807"],
    [shape.int64(), 9223372036854775807n, "9223372036854775807"],
    [shape.int64(), "9223372036854775808", RANGE],
    [shape.int64(), 12, "12"],
    [shape.int64(), 2 ** 60, WRONG],
    [shape.uint64(), "18446744073709551615", "18446744073709551615"],
    [shape.uint64(), "-1", RANGE],
    [shape.uint64Value(), "0", "0"],
    [shape.uint64(), "0", undefined],
    [shape.int32({ minimum: 1, maximum: 5 }), 6, RANGE],
    [shape.int32({ minimum: 1, maximum: 5 }), 0, RANGE],
    [shape.int32({ minimum: 1, maximum: 5 }), 5, 5],
  ];
  for (const [of, given, expected] of cases) assert.equal(decoded(of, given), expected, `${of.type} ${given}`);
});

Deno.test("floating-point numbers know infinity and text", () => {
  assert.equal(decoded(shape.double(), "Infinity"), Infinity);
  assert.equal(decoded(shape.double(), "-Infinity"), -Infinity);
  assert.ok(Number.isNaN(decoded(shape.double(), "NaN")));
  assert.equal(decoded(shape.double(), "1.5e3"), 1500);
  assert.equal(decoded(shape.double(), 0.1), 0.1);
  assert.equal(decoded(shape.float(), 1e39), RANGE);
  assert.equal(decoded(shape.double(), 1e39), 1e39);
  assert.equal(decoded(shape.double(), "infinity"), WRONG);
  assert.equal(decoded(shape.double(), "0x10"), WRONG);
});

Deno.test("booleans take YAML 1.1's words", () => {
  for (const word of ["yes", "Yes", "YES", "on", "y", "true", "True"]) {
    assert.equal(decoded(shape.boolValue(), word), true, word);
  }
  for (const word of ["no", "No", "NO", "off", "n", "false"]) {
    assert.equal(decoded(shape.boolValue(), word), false, word);
  }
  for (const other of ["yEs", "", "1", 1, 0, "enabled"]) assert.equal(decoded(shape.boolValue(), other), WRONG);
});

Deno.test("a number or boolean is no text, and the message says to quote it", () => {
  assert.equal(message(shape.string(), 8080), "expected text, got a number: quote it");
  assert.equal(message(shape.string(), true), "expected text, got true: quote it");
  assert.equal(message(shape.string(), ["a"]), "expected text, got a list");
  assert.equal(decoded(shape.string(), { a: 1 }), WRONG);
  assert.equal(decoded(shape.string(), "yes"), "yes");
});

Deno.test("bytes are any base64 and come out padded and standard", () => {
  const cases: readonly [string, unknown][] = [
    ["aGk=", "aGk="],
    ["aGk", "aGk="],
    ["-_8=", "+/8="],
    ["-_8", "+/8="],
    ["aGVs\nbG8=\n", "aGVsbG8="],
    ["a", WRONG],
    ["aG=k", WRONG],
    ["aGk==", WRONG],
    ["a b", WRONG],
  ];
  for (const [given, expected] of cases) assert.equal(decoded(shape.bytes(), given), expected, given);
});

Deno.test("an enum is named or numbered, and its name comes out", () => {
  const color = shape.numberedEnumeration({ RED: 0, GREEN: 5, BLUE: 7 });
  assert.equal(decoded(color, "GREEN"), "GREEN");
  assert.equal(decoded(color, 7), "BLUE");
  assert.equal(decoded(color, "RED"), undefined);
  assert.equal(decoded(shape.member("either", color), 0), "RED");
  assert.equal(decoded(color, 1), RANGE);
  assert.equal(decoded(color, true), WRONG);
  assert.equal(decoded(color, "toString"), RANGE);
  assert.equal(message(color, "GREN"), "GREN is not known, did you mean GREEN?");
  assert.equal(message(color, "green"), "green is not known, did you mean GREEN?");
  assert.equal(message(color, "PURPLE"), "PURPLE is none of RED, GREEN, BLUE");
});

Deno.test("times are RFC 3339 and exist", () => {
  assert.equal(decoded(shape.timestamp(), "2024-02-29T23:59:59.5Z"), "2024-02-29T23:59:59.5Z");
  assert.equal(decoded(shape.timestamp(), "2023-02-29T00:00:00Z"), RANGE);
  assert.equal(decoded(shape.timestamp(), "2024-13-01T00:00:00Z"), RANGE);
  assert.equal(decoded(shape.timestamp(), "2024-01-01"), WRONG);
});

Deno.test("a zero that proto3 does not tell from absence is left out, a wrapper's zero is kept", () => {
  assert.equal(decoded(shape.bool(), false), undefined);
  assert.equal(decoded(shape.boolValue(), false), false);
  assert.equal(decoded(shape.string(), ""), undefined);
  assert.equal(decoded(shape.stringValue(), ""), "");
  assert.equal(decoded(shape.int32(), 0), undefined);
  assert.equal(decoded(shape.double(), 0), undefined);
  assert.equal(decoded(shape.bytes(), ""), undefined);
  assert.deepEqual(decoded(shape.list(shape.string()), ["", "a"]), ["", "a"]);
  assert.deepEqual(decoded(shape.map(shape.int32()), { a: 0 }), { a: 0 });
});
