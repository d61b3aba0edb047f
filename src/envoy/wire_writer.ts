const ENCODER = new TextEncoder();
const SMALL = 1024;
const LARGE = 1024 * 1024;

/** Writes protobuf's wire format into a buffer that grows. Numbers are checked by the caller. */
export class WireWriter {
  #bytes = new Uint8Array(SMALL);
  #view = new DataView(this.#bytes.buffer);
  #end = 0;

  /** Begins anew. Memory that one big message needed is given back. */
  reset(): void {
    this.#end = 0;
    if (this.#bytes.length > LARGE) this.#use(new Uint8Array(SMALL));
  }

  /** What was written, in an array of its own. */
  finish(): Uint8Array<ArrayBuffer> {
    return this.#bytes.slice(0, this.#end);
  }

  /** An unsigned integer up to 2^53 - 1. */
  varint(value: number): void {
    this.#reserve(10);
    while (value > 127) {
      // Not a shift: shifts cut numbers to 32 bits.
      this.#bytes[this.#end++] = (value % 128) | 128;
      value = Math.floor(value / 128);
    }
    this.#bytes[this.#end++] = value;
  }

  /** The low 64 bits of an integer. */
  varint64(value: bigint): void {
    this.#reserve(10);
    let rest = BigInt.asUintN(64, value);
    while (rest > 127n) {
      this.#bytes[this.#end++] = Number(rest & 127n) | 128;
      rest >>= 7n;
    }
    this.#bytes[this.#end++] = Number(rest);
  }

  /** The low 32 bits of an integer. */
  fixed32(value: number): void {
    this.#reserve(4);
    this.#view.setUint32(this.#end, value, true);
    this.#end += 4;
  }

  /** The low 64 bits of an integer. */
  fixed64(value: bigint): void {
    this.#reserve(8);
    this.#view.setBigUint64(this.#end, value, true);
    this.#end += 8;
  }

  float(value: number): void {
    this.#reserve(4);
    this.#view.setFloat32(this.#end, value, true);
    this.#end += 4;
  }

  double(value: number): void {
    this.#reserve(8);
    this.#view.setFloat64(this.#end, value, true);
    this.#end += 8;
  }

  /** Bytes as they are. */
  raw(value: Uint8Array): void {
    this.#reserve(value.length);
    this.#bytes.set(value, this.#end);
    this.#end += value.length;
  }

  /** A length and the text in UTF-8. */
  text(value: string): void {
    const start = this.begin();
    this.#reserve(value.length * 3);
    if (value.length > 64 || !this.#ascii(value)) {
      this.#end = start + ENCODER.encodeInto(value, this.#bytes.subarray(start)).written;
    }
    this.end(start);
  }

  /** Writes short plain text, for which a call of the encoder costs more than the text; false for other text. */
  #ascii(value: string): boolean {
    for (let at = 0; at < value.length; at++) {
      const code = value.charCodeAt(at);
      if (code > 127) return false;
      this.#bytes[this.#end++] = code;
    }
    return true;
  }

  /** Begins something that its length precedes; give the answer to `end`. */
  begin(): number {
    this.#reserve(1);
    return ++this.#end;
  }

  /** Ends what `begin` began. */
  end(start: number): void {
    const length = this.#end - start;
    if (length > 127) {
      // One byte was left for the length; move the content on where it needs more.
      const more = length < 1 << 14 ? 1 : length < 1 << 21 ? 2 : length < 1 << 28 ? 3 : 4;
      this.#reserve(more);
      this.#bytes.copyWithin(start + more, start, this.#end);
      this.#end = start - 1;
      this.varint(length);
      this.#end += length;
    } else {
      this.#bytes[start - 1] = length;
    }
  }

  #reserve(count: number): void {
    const needed = this.#end + count;
    if (needed <= this.#bytes.length) return;
    const grown = new Uint8Array(Math.max(needed, this.#bytes.length * 2));
    grown.set(this.#bytes.subarray(0, this.#end));
    this.#use(grown);
  }

  #use(bytes: Uint8Array<ArrayBuffer>): void {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer);
  }
}
