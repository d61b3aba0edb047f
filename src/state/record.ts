/**
 * The value of a record: two JSON texts and bytes. The first is what is needed to serve, the second what the next sync goes
 * by, which can be read later. Both refer to bytes by {@link Range}, and bytes that are part of others are there once.
 *
 *     length of the first u32 · length of the second u32 · first · second · bytes
 */
export type Range = readonly [start: number, end: number];

const HEAD_BYTES = 8;

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** Gathers the bytes of one record. */
export class BlobWriter {
  readonly parts: Uint8Array[] = [];
  /** What was added, by the memory that it is in. */
  readonly #added = new Map<
    ArrayBufferLike,
    { readonly offset: number; readonly end: number; readonly at: number }[]
  >();
  #length = 0;

  /** Where the bytes are in the record. What is part of others costs nothing if those were added before. */
  add(bytes: Uint8Array): Range {
    const [offset, end] = [bytes.byteOffset, bytes.byteOffset + bytes.length];
    const there = this.#added.get(bytes.buffer) ?? [];
    const whole = there.find((one) => one.offset <= offset && end <= one.end);
    if (whole) return [whole.at + offset - whole.offset, whole.at + end - whole.offset];
    const at = this.#length;
    if (there.length === 0) this.#added.set(bytes.buffer, there);
    there.push({ offset, end, at });
    this.parts.push(bytes);
    this.#length += bytes.length;
    return [at, this.#length];
  }

  addAny(bytes: Uint8Array | undefined): Range | undefined {
    return bytes && this.add(bytes);
  }
}

/** A value. `undefined` is kept as null. */
export function valueOf(first: unknown, second: unknown, blob: readonly Uint8Array[] = []): readonly Uint8Array[] {
  const texts = [first, second].map((part) => encoder.encode(JSON.stringify(part ?? null)));
  const head = new Uint8Array(HEAD_BYTES);
  const view = new DataView(head.buffer);
  view.setUint32(0, texts[0]!.length, true);
  view.setUint32(4, texts[1]!.length, true);
  return [head, ...texts, ...blob];
}

/** A value that was read. */
export class ReadValue {
  readonly #value: Uint8Array;
  readonly #ends: readonly [first: number, second: number];
  constructor(value: Uint8Array) {
    const view = new DataView(value.buffer, value.byteOffset, value.length);
    const first = HEAD_BYTES + view.getUint32(0, true);
    this.#value = value;
    this.#ends = [first, first + view.getUint32(4, true)];
  }

  get first(): unknown {
    return JSON.parse(decoder.decode(this.#value.subarray(HEAD_BYTES, this.#ends[0])));
  }

  get second(): unknown {
    return JSON.parse(decoder.decode(this.#value.subarray(...this.#ends)));
  }

  bytes([start, end]: Range): Uint8Array {
    return this.#value.subarray(this.#ends[1] + start, this.#ends[1] + end);
  }

  anyBytes(range: Range | null | undefined): Uint8Array | undefined {
    return range ? this.bytes(range) : undefined;
  }
}
