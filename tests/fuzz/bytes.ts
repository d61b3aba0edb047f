/** Changes to bytes that know nothing of what the bytes mean. */
import type { Random } from "../incremental/random.ts";

/** An input is never longer than this. */
export const LONGEST = 256 * 1024;

const INTERESTING = [0x00, 0x09, 0x0a, 0x0d, 0x1b, 0x20, 0x22, 0x27, 0x2d, 0x3a, 0x7f, 0x80, 0xbf, 0xc0, 0xed, 0xff];

/** One to `most` small damages, or parts of another input. */
export function damaged(random: Random, input: Uint8Array, pool: readonly Uint8Array[], most = 4): Uint8Array {
  let bytes = input;
  for (let left = 1 + random.below(most); left > 0; left--) bytes = damage(random, bytes, pool);
  return bytes.subarray(0, LONGEST);
}

function damage(random: Random, bytes: Uint8Array, pool: readonly Uint8Array[]): Uint8Array {
  const at = random.below(bytes.length + 1);
  const end = Math.min(bytes.length, at + 1 + random.below(random.pick([1, 8, 64, 1024])));
  return random.weighed<Uint8Array>([
    [4, () => flipped(random, bytes)],
    [2, () => joined(bytes.subarray(0, at), [random.pick(INTERESTING)], bytes.subarray(at))],
    [2, () => joined(bytes.subarray(0, at), bytes.subarray(end))],
    [1, () => joined(bytes.subarray(0, end), bytes.subarray(at, end), bytes.subarray(end))],
    [1, () => bytes.subarray(0, at)],
    [2, () => spliced(random, bytes, random.pick(pool))],
    [1, () => joined(bytes.subarray(0, at), new Uint8Array(random.below(300)).fill(random.pick(INTERESTING)))],
  ]);
}

function flipped(random: Random, bytes: Uint8Array): Uint8Array {
  if (bytes.length === 0) return bytes;
  const copy = bytes.slice();
  const at = random.below(copy.length);
  copy[at] = random.oneIn(2) ? copy[at]! ^ (1 << random.below(8)) : random.pick(INTERESTING);
  return copy;
}

function spliced(random: Random, one: Uint8Array, other: Uint8Array): Uint8Array {
  const [at, from] = [random.below(one.length + 1), random.below(other.length + 1)];
  const part = other.subarray(from, from + random.below(2048));
  return joined(one.subarray(0, at), part, one.subarray(random.oneIn(2) ? at : Math.min(one.length, at + part.length)));
}

/** Parts as one. */
export function joined(...parts: (Uint8Array | readonly number[])[]): Uint8Array {
  const bytes = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}

export const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text);
export const textOf = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);
