/** A field of an encoded message, by where it lies. */
export interface WireField {
  readonly number: number;
  /** Of the tag. */
  readonly start: number;
  /** Of the value: after the tag, and after the length where there is one. */
  readonly valueStart: number;
  readonly end: number;
}

/** Wire types of protobuf: https://protobuf.dev/programming-guides/encoding/#structure */
const VARINT = 0;
const FIXED64 = 1;
const LENGTH_DELIMITED = 2;

/** The top fields of an encoded message, in their order. Nothing within them is read. */
export function* wireFields(message: Uint8Array): Generator<WireField, void> {
  let at = 0;
  const varint = (): number => {
    let value = 0;
    for (let shift = 1;; shift *= 128) {
      const byte = message[at++] ?? 0;
      value += (byte & 0x7f) * shift;
      if (byte < 0x80) return value;
    }
  };
  while (at < message.length) {
    const start = at;
    const tag = varint();
    const wire = tag % 8;
    const length = wire === LENGTH_DELIMITED ? varint() : wire === VARINT ? 0 : wire === FIXED64 ? 8 : 4;
    const valueStart = at;
    if (wire === VARINT) varint();
    else at += length;
    yield { number: (tag - wire) / 8, start, valueStart, end: at };
  }
}

/** The values of one length-delimited field, and the message without them. */
export function splitField(message: Uint8Array, number: number): { rest: Uint8Array; values: Uint8Array[] } {
  const values: Uint8Array[] = [];
  const rest = new Uint8Array(message.length);
  let size = 0;
  for (const field of wireFields(message)) {
    if (field.number === number) values.push(message.subarray(field.valueStart, field.end));
    else {
      rest.set(message.subarray(field.start, field.end), size);
      size += field.end - field.start;
    }
  }
  return { rest: rest.slice(0, size), values };
}

/** Whether a message has such a field. */
export function hasField(message: Uint8Array, wanted: number): boolean {
  return wireFields(message).some(({ number }) => number === wanted);
}
