/** A field of an encoded message, by where it lies. */
export interface WireField {
  readonly number: number;
  readonly isLengthDelimited: boolean;
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
const FIXED32 = 5;

/** The top fields of an encoded message, in their order. Nothing within them is read. Throws where the bytes are no message. */
export function* wireFields(message: Uint8Array): Generator<WireField, void> {
  let at = 0;
  const varint = (): number => {
    let value = 0;
    for (let scale = 1;; scale *= 128) {
      const byte = message[at++];
      if (byte === undefined) throw new RangeError("a message ends within a number");
      value += (byte & 0x7f) * scale;
      if (byte < 0x80) return value;
    }
  };
  while (at < message.length) {
    const start = at;
    const tag = varint();
    const wire = tag % 8;
    const length = wire === LENGTH_DELIMITED ? varint() : fixedLength(wire);
    const valueStart = at;
    if (wire === VARINT) varint();
    else at += length;
    if (at > message.length) throw new RangeError("a message ends within a field");
    yield { number: (tag - wire) / 8, isLengthDelimited: wire === LENGTH_DELIMITED, start, valueStart, end: at };
  }
}

function fixedLength(wire: number): number {
  if (wire === VARINT) return 0;
  if (wire === FIXED64) return 8;
  if (wire === FIXED32) return 4;
  throw new RangeError(`a message has wire type ${wire}`);
}

/** The values of one field (of a number that is length-delimited, as they are), and the message without them. */
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
