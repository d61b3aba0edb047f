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
/** About how large a frame is that is one of several. */
const FRAME_BYTES = 256 * 1024;
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

/** What a file says. */
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
 * Reads a file, given in blocks, or says why it cannot be believed. One that ends in the middle is good up to its last whole
 * set, since that is how a process that is killed leaves it; a wrong checksum is damage, and of a damaged file nothing is
 * believed.
 */
export function readFrames(blocks: Iterable<Uint8Array>): StateContent | { readonly fault: string } {
  const reader = new FrameReader();
  for (const block of blocks) {
    const fault = reader.read(block);
    if (fault !== undefined) return { fault };
  }
  return reader.content ?? { fault: reader.begun ? "it was never written to its end" : "it is cut short" };
}

class FrameReader {
  readonly #records = new Map<string, Uint8Array>();
  /** What was read and is no whole frame yet, and where in the file it begins. */
  #rest: Uint8Array = new Uint8Array();
  #offset = 0;
  /** Payloads of a set that is not whole yet. */
  #open: Uint8Array[] = [];
  #content: Omit<StateContent, "records"> | undefined;

  /** Whether there is a header. */
  get begun(): boolean {
    return this.#offset > 0;
  }

  get content(): StateContent | undefined {
    return this.#content && { ...this.#content, records: this.#records };
  }

  /** Gives what is wrong, if anything is. Values of records are parts of the block, or of a copy of a part of it. */
  read(block: Uint8Array): string | undefined {
    const bytes = this.#rest.length === 0 ? block : joined(this.#rest, block);
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
    let at = 0;
    if (!this.begun) {
      if (bytes.length < HEADER_BYTES) return void (this.#rest = bytes);
      const fault = headerFault(bytes, view);
      if (fault !== undefined) return fault;
      at = HEADER_BYTES;
    }
    while (at + HEAD_BYTES <= bytes.length) {
      const size = view.getUint32(at, true);
      const place = this.#offset + at;
      if (view.getUint32(at + 20, true) !== crc32(bytes.subarray(at, at + 20)) || size > MOST_BYTES) {
        return `it is damaged at byte ${place}`;
      }
      const end = at + HEAD_BYTES + size;
      if (end > bytes.length) break;
      const payload = bytes.subarray(at + HEAD_BYTES, end);
      if (view.getUint32(at + 16, true) !== crc32(payload)) {
        return `it is damaged between bytes ${place + HEAD_BYTES} and ${place + HEAD_BYTES + size}`;
      }
      this.#open.push(payload);
      if (view.getUint32(at + 4, true) === COMMIT) this.#commit(this.#offset + end, view.getFloat64(at + 8, true));
      at = end;
    }
    this.#offset += at;
    this.#rest = bytes.subarray(at);
  }

  #commit(length: number, time: number): void {
    for (const payload of this.#open) readRecords(payload, this.#records);
    this.#open = [];
    this.#content = { length, time, baseLength: this.#content?.baseLength ?? length };
  }
}

function headerFault(bytes: Uint8Array, view: DataView): string | undefined {
  if (decoder.decode(bytes.subarray(0, MAGIC.length)) !== MAGIC) return "it is no state of sluice";
  const format = view.getUint32(MAGIC.length, true);
  return format === FORMAT ? undefined : `it has format ${format}, and this sluice reads format ${FORMAT}`;
}

function joined(one: Uint8Array, other: Uint8Array): Uint8Array {
  const both = new Uint8Array(one.length + other.length);
  both.set(one);
  both.set(other, one.length);
  return both;
}

function readRecords(bytes: Uint8Array, into: Map<string, Uint8Array>): void {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  for (let at = 0; at < bytes.length;) {
    const keyEnd = at + 8 + view.getUint32(at, true);
    const size = view.getUint32(at + 4, true);
    const key = decoder.decode(bytes.subarray(at + 8, keyEnd));
    if (size === GONE) into.delete(key);
    else into.set(key, bytes.subarray(keyEnd, keyEnd + size));
    at = keyEnd + (size === GONE ? 0 : size);
  }
}

/** Gathers records into frames of a middling size, the last of which makes them a set. */
export function* framesOf(
  records: Iterable<StateRecord>,
  now: () => number,
): Generator<Uint8Array | undefined, number> {
  const frame = new FrameWriter();
  let count = 0;
  for (const record of records) {
    frame.add(record);
    count++;
    yield frame.length >= FRAME_BYTES ? frame.take(false, now()) : undefined;
  }
  if (count > 0) yield frame.take(true, now());
  return count;
}
