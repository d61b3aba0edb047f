import assert from "node:assert/strict";
import { BlobWriter, ReadValue, valueOf } from "./record.ts";

function joined(parts: readonly Uint8Array[]): Uint8Array {
  return new Uint8Array(parts.flatMap((part) => [...part]));
}

Deno.test("bytes that are part of others are there once", () => {
  const whole = new Uint8Array([9, 1, 2, 3, 4, 5]).subarray(1);
  const other = new Uint8Array([7, 7]);
  const blob = new BlobWriter();
  const ranges = [whole, whole.subarray(1, 3), other, whole, whole.subarray(5)].map((bytes) => blob.add(bytes));
  assert.deepEqual(ranges, [[0, 5], [1, 3], [5, 7], [0, 5], [5, 5]]);
  const value = new ReadValue(joined(valueOf({ a: 1 }, [2], blob.parts)));
  assert.deepEqual([value.first, value.second], [{ a: 1 }, [2]]);
  assert.deepEqual(ranges.map((range) => [...value.bytes(range)]), [
    [1, 2, 3, 4, 5],
    [2, 3],
    [7, 7],
    [1, 2, 3, 4, 5],
    [],
  ]);
  assert.equal(value.anyBytes(null), undefined);
});
