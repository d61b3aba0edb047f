/** A field of an encoded message: where it begins with its tag, and where its value is. */
export interface WireField {
  readonly number: number;
  /** 0 varint, 1 eight bytes, 2 length-delimited, 5 four bytes. */
  readonly wire: number;
  readonly start: number;
  readonly valueStart: number;
  readonly end: number;
}

export const LENGTH_DELIMITED = 2;

/** The fields of an encoded message, in their order. Throws where the bytes are no message. */
export function fieldsOf(bytes: Uint8Array): WireField[] {
  const fields: WireField[] = [];
  let at = 0;
  const varint = (): number => {
    let value = 0;
    for (let scale = 1;; scale *= 128) {
      const byte = bytes[at++];
      if (byte === undefined) throw new RangeError("a message ends within a number");
      value += (byte & 0x7f) * scale;
      if (byte < 0x80) return value;
    }
  };
  while (at < bytes.length) {
    const start = at;
    const tag = varint();
    const wire = tag % 8;
    let valueStart = at;
    if (wire === LENGTH_DELIMITED) {
      const length = varint();
      valueStart = at;
      at += length;
    } else if (wire === 0) varint();
    else if (wire === 1) at += 8;
    else if (wire === 5) at += 4;
    else throw new RangeError(`a message has wire type ${wire}`);
    if (at > bytes.length) throw new RangeError("a message ends within a field");
    fields.push({ number: (tag - wire) / 8, wire, start, valueStart, end: at });
  }
  return fields;
}

/** The value of the last field of this number, as protobuf reads a field that comes twice; undefined where there is none. */
export function valueOf(bytes: Uint8Array, number: number): Uint8Array | undefined {
  const field = fieldsOf(bytes).findLast((one) => one.number === number && one.wire === LENGTH_DELIMITED);
  return field && bytes.subarray(field.valueStart, field.end);
}

/** A field's text; empty where there is no such field. */
export function textOf(value: Uint8Array | undefined): string {
  return value === undefined ? "" : new TextDecoder().decode(value);
}

/** Parts of a message as one. */
export function concat(parts: readonly Uint8Array[]): Uint8Array {
  const bytes = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}
