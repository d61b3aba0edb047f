import assert from "node:assert/strict";
import { framesOf, FrameWriter, headerBytes, readFrames, type StateRecord } from "./frames.ts";

const bytes = (text: string): Uint8Array[] => [new TextEncoder().encode(text)];
const text = (value: Uint8Array): string => new TextDecoder().decode(value);

/** A file of these sets; each in so many frames as there are lists. */
function fileOf(...sets: readonly (readonly (readonly StateRecord[])[])[]): { file: Uint8Array; ends: number[] } {
  const parts: Uint8Array[] = [headerBytes()];
  const ends: number[] = [];
  for (const [i, set] of sets.entries()) {
    for (const [j, records] of set.entries()) {
      const frame = new FrameWriter();
      for (const record of records) frame.add(record);
      parts.push(frame.take(j === set.length - 1, 1000 + i));
    }
    ends.push(parts.reduce((sum, { length }) => sum + length, 0));
  }
  const file = new Uint8Array(ends.at(-1)!);
  let at = 0;
  for (const part of parts) {
    file.set(part, at);
    at += part.length;
  }
  return { file, ends };
}

const { file, ends } = fileOf(
  [[["a", bytes("1")], ["b", bytes("")]], [["c", bytes("3")]]],
  [[["a", undefined], ["d", bytes("four")]]],
  [[["a", bytes("é")]], []],
);

/** The file in blocks of this size. */
function* blocks(file: Uint8Array, size = file.length): Generator<Uint8Array, void> {
  for (let at = 0; at < file.length; at += size) yield file.subarray(at, at + size);
}

const CONTENTS = [
  { a: "1", b: "", c: "3" },
  { b: "", c: "3", d: "four" },
  { a: "é", b: "", c: "3", d: "four" },
];

function contentOf(file: Uint8Array, size = file.length): Record<string, string> | undefined {
  const read = readFrames(blocks(file, size));
  if ("fault" in read) return undefined;
  return Object.fromEntries([...read.records].map(([key, value]): [string, string] => [key, text(value)]).sort());
}

Deno.test("sets follow each other; what a record takes away is gone, and the time is that of the last set", () => {
  assert.deepEqual(contentOf(file), CONTENTS[2]);
  const read = readFrames(blocks(file));
  assert.ok(!("fault" in read));
  assert.deepEqual([read.baseLength, read.length, read.time], [ends[0], ends[2], 1002]);
});

Deno.test("a file that ends anywhere is good up to its last whole set, never a part of one", () => {
  for (let length = 0; length <= file.length; length++) {
    const whole = ends.filter((end) => end <= length).length;
    assert.deepEqual(contentOf(file.subarray(0, length)), CONTENTS[whole - 1], `of ${length} bytes`);
  }
});

Deno.test("any bit that is another is found, wherever it is", () => {
  for (let bit = 0; bit < file.length * 8; bit++) {
    const damaged = file.slice();
    damaged[bit >> 3]! ^= 1 << (bit & 7);
    const read = readFrames(blocks(damaged));
    assert.ok("fault" in read, `bit ${bit}`);
  }
});

Deno.test("other files, other formats and what was never finished are told apart", () => {
  const fault = (bytes: Uint8Array) => (readFrames(blocks(bytes)) as { fault: string }).fault;
  assert.equal(fault(new Uint8Array()), "it is cut short");
  assert.equal(fault(new TextEncoder().encode("apiVersion: gateway.solo.io/v1\n")), "it is no state of sluice");
  assert.equal(fault(headerBytes(7)), "it has format 7, and this sluice reads format 1");
  assert.equal(fault(headerBytes()), "it was never written to its end");
  assert.equal(fault(new Uint8Array([...file, ...new Uint8Array(64)])), `it is damaged at byte ${file.length}`);
});

Deno.test("it does not matter in which blocks a file is read", () => {
  for (let size = 1; size <= file.length; size++) {
    assert.deepEqual(contentOf(file, size), CONTENTS[2], `of ${size} bytes`);
  }
});

Deno.test("many records make several frames, and one set", () => {
  const value = new Uint8Array(1000);
  const records = Array.from({ length: 1000 }, (_, i): StateRecord => [String(i), [value]]);
  const frames = [...framesOf(records, () => 5)].filter((frame) => frame !== undefined);
  assert.equal(frames.length, 4);
  for (let count = 0; count <= frames.length; count++) {
    const read = readFrames([headerBytes(), ...frames.slice(0, count)]);
    assert.equal("fault" in read ? 0 : read.records.size, count === frames.length ? 1000 : 0);
  }
});
