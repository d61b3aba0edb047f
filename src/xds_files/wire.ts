import { wireFields } from "../envoy/mod.ts";

/** The value of the last field of this number, as protobuf reads a field that comes twice; undefined where there is none. */
export function valueOf(bytes: Uint8Array, number: number): Uint8Array | undefined {
  const field = [...wireFields(bytes)].findLast((one) => one.number === number && one.isLengthDelimited);
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
