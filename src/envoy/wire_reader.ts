const DECODER = new TextDecoder();

/** Reads protobuf's wire format. Throws a RangeError where the bytes end too soon. */
export class WireReader {
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  readonly #end: number;
  #at: number;

  constructor(bytes: Uint8Array, start = 0, end: number = bytes.length) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#at = start;
    this.#end = end;
  }

  get atEnd(): boolean {
    return this.#at >= this.#end;
  }

  /** A field's tag: its number times 8 plus its wire type. */
  tag(): number {
    return this.varint32() >>> 0;
  }

  /** The low 32 bits of an integer, as a signed number. */
  varint32(): number {
    let value = 0;
    for (let shift = 0; shift < 70; shift += 7) {
      const byte = this.#bytes[this.#take(1)]!;
      if (shift < 32) value |= (byte & 127) << shift;
      if (byte < 128) return value;
    }
    throw new RangeError("a number of more than 10 bytes");
  }

  /** An unsigned 64-bit integer. */
  varint64(): bigint {
    let value = 0n;
    for (let shift = 0n; shift < 70n; shift += 7n) {
      const byte = this.#bytes[this.#take(1)]!;
      value |= BigInt(byte & 127) << shift;
      if (byte < 128) return BigInt.asUintN(64, value);
    }
    throw new RangeError("a number of more than 10 bytes");
  }

  fixed32(): number {
    return this.#view.getUint32(this.#take(4), true);
  }

  fixed64(): bigint {
    return this.#view.getBigUint64(this.#take(8), true);
  }

  float(): number {
    return this.#view.getFloat32(this.#take(4), true);
  }

  double(): number {
    return this.#view.getFloat64(this.#take(8), true);
  }

  /** A length and that many bytes, as a copy. */
  bytes(): Uint8Array<ArrayBuffer> {
    const length = this.varint32() >>> 0;
    const start = this.#take(length);
    return Uint8Array.from(this.#bytes.subarray(start, start + length));
  }

  /** A length and that many bytes of UTF-8. */
  text(): string {
    const length = this.varint32() >>> 0;
    const start = this.#take(length);
    return DECODER.decode(this.#bytes.subarray(start, start + length));
  }

  /** A length and a reader of that many bytes. */
  inner(): WireReader {
    const length = this.varint32() >>> 0;
    const start = this.#take(length);
    return new WireReader(this.#bytes, start, start + length);
  }

  /** Passes over a value of this wire type. */
  skip(wireType: number): void {
    if (wireType === 0) this.varint64();
    else if (wireType === 1) this.#take(8);
    else if (wireType === 2) this.#take(this.varint32() >>> 0);
    else if (wireType === 5) this.#take(4);
    else throw new RangeError(`wire type ${wireType} is not known`);
  }

  #take(count: number): number {
    const start = this.#at;
    if (start + count > this.#end) throw new RangeError("the message ends too soon");
    this.#at = start + count;
    return start;
  }
}
