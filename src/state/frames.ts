import { crc32 } from "node:zlib";

/**
 * The file of the state: a header, then frames. A frame carries records and its own checksums; frames belong together up to
 * one that says that the set of records is whole (`commit`). What follows the last such frame never counted.
 *
 *     header  "SLUICE-STATE" and the format's number, 16 bytes
 *     frame   length u32 · flags u32 · time f64 (ms) · crc of the payload u32 · crc of this head u32 · payload
 *     record  length of the key u32 · length of the value u32, or GONE · key · value
 *
 * All numbers are little-endian.
 */
export const FORMAT = 1;

const MAGIC = "SLUICE-STATE";
export const HEADER_BYTES = 16;
const HEAD_BYTES = 24;
const COMMIT = 1;
const GONE = 0xffff_ffff;
/** A larger frame is no frame. */
const MOST_BYTES = 1 << 30;

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** A key with its value, in parts; undefined where there is none any more. */
export type StateRecord = readonly [key: string, value: readonly Uint8Array[] | undefined];

export function headerBytes(format = FORMAT): Uint8Array {
  const bytes = new Uint8Array(HEADER_BYTES);
  bytes.set(encoder.encode(MAGIC));
  new DataView(bytes.buffer).setUint32(MAGIC.length, format, true);
  return bytes;
}

/** Gathers records into a frame. */
export class FrameWriter {
  #parts: Uint8Array[] = [];
  #length = 0;

  /** Bytes of records so far. */
  get length(): number {
    return this.#length;
  }

  add([key, value]: StateRecord): void {
    const name = encoder.encode(key);
    const head = new Uint8Array(8 + name.length);
    const view = new DataView(head.buffer);
    view.setUint32(0, name.length, true);
    view.setUint32(4, value === undefined ? GONE : value.reduce((sum, { length }) => sum + length, 0), true);
    head.set(name, 8);
    for (const part of [head, ...value ?? []]) {
      this.#parts.push(part);
      this.#length += part.length;
    }
  }

  /** The frame with all that was added; the next begins anew. `time`: milliseconds since the epoch. */
  take(commit: boolean, time: number): Uint8Array<ArrayBuffer> {
    const frame = new Uint8Array(HEAD_BYTES + this.#length);
    let at = HEAD_BYTES;
    for (const part of this.#parts) {
      frame.set(part, at);
      at += part.length;
    }
    const view = new DataView(frame.buffer);
    view.setUint32(0, this.#length, true);
    view.setUint32(4, commit ? COMMIT : 0, true);
    view.setFloat64(8, time, true);
    view.setUint32(16, crc32(frame.subarray(HEAD_BYTES)), true);
    view.setUint32(20, crc32(frame.subarray(0, 20)), true);
    this.#parts = [];
    this.#length = 0;
    return frame;
  }
}

/** What a file says. Values are parts of the bytes that were read. */
export interface StateContent {
  readonly records: ReadonlyMap<string, Uint8Array>;
  /** Bytes up to the end of the last whole set; what follows is to be cut off. */
  readonly length: number;
  /** Bytes up to the end of the first whole set: what the file was when it was written as a whole. */
  readonly baseLength: number;
  /** When the last whole set was written, in milliseconds since the epoch. */
  readonly time: number;
}

/**
 * Reads a file, or says why it cannot be believed. One that ends in the middle is good up to its last whole set, since that
 * is how a process that is killed leaves it; a wrong checksum is damage, and of a damaged file nothing is believed.
 */
export function readFrames(bytes: Uint8Array): StateContent | { readonly fault: string } {
  if (bytes.length < HEADER_BYTES) return { fault: "it is cut short" };
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  if (decoder.decode(bytes.subarray(0, MAGIC.length)) !== MAGIC) return { fault: "it is no state of sluice" };
  const format = view.getUint32(MAGIC.length, true);
  if (format !== FORMAT) return { fault: `it has format ${format}, and this sluice reads format ${FORMAT}` };
  const records = new Map<string, Uint8Array>();
  let open: [start: number, end: number][] = [];
  let [length, baseLength, time] = [0, 0, 0];
  for (let at = HEADER_BYTES; at + HEAD_BYTES <= bytes.length;) {
    const size = view.getUint32(at, true);
    if (view.getUint32(at + 20, true) !== crc32(bytes.subarray(at, at + 20)) || size > MOST_BYTES) {
      return { fault: `it is damaged at byte ${at}` };
    }
    const [start, end] = [at + HEAD_BYTES, at + HEAD_BYTES + size];
    if (end > bytes.length) break;
    if (view.getUint32(at + 16, true) !== crc32(bytes.subarray(start, end))) {
      return { fault: `it is damaged between bytes ${start} and ${end}` };
    }
    open.push([start, end]);
    if (view.getUint32(at + 4, true) === COMMIT) {
      for (const [from, to] of open) readRecords(bytes, view, from, to, records);
      open = [];
      length = end;
      baseLength ||= end;
      time = view.getFloat64(at + 8, true);
    }
    at = end;
  }
  return length === 0 ? { fault: "it was never written to its end" } : { records, length, baseLength, time };
}

function readRecords(
  bytes: Uint8Array,
  view: DataView,
  from: number,
  to: number,
  into: Map<string, Uint8Array>,
): void {
  for (let at = from; at < to;) {
    const keyEnd = at + 8 + view.getUint32(at, true);
    const size = view.getUint32(at + 4, true);
    const key = decoder.decode(bytes.subarray(at + 8, keyEnd));
    if (size === GONE) into.delete(key);
    else into.set(key, bytes.subarray(keyEnd, keyEnd + size));
    at = keyEnd + (size === GONE ? 0 : size);
  }
}
