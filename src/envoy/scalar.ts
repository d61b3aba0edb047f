import type { ScalarType } from "./message_type.ts";
import type { WireReader } from "./wire_reader.ts";
import type { WireWriter } from "./wire_writer.ts";

/** Wire types: 0 varint, 1 eight bytes, 2 length and bytes, 5 four bytes. */
export function wireTypeOf(scalar: ScalarType): number {
  return WIRE_TYPES[scalar];
}

const WIRE_TYPES: Readonly<Record<ScalarType, number>> = {
  double: 1,
  float: 5,
  int32: 0,
  uint32: 0,
  sint32: 0,
  fixed32: 5,
  sfixed32: 5,
  int64: 0,
  uint64: 0,
  sint64: 0,
  fixed64: 1,
  sfixed64: 1,
  bool: 0,
  string: 2,
  bytes: 2,
};

/** Whether a value is what a field without presence holds when it is not set. */
export function isDefault(type: ScalarType, value: unknown): boolean {
  if (type === "string") return value === "";
  if (type === "bytes") return value instanceof Uint8Array && value.length === 0;
  // Minus zero of a floating-point number is not its default.
  if (type === "double" || type === "float") return Object.is(value, 0);
  return value === false || value === 0 || value === "0" || value === 0n;
}

/** Writes a scalar. Throws a WrongValue where the value is not of the type or out of its range. */
export function writeScalar(writer: WireWriter, type: ScalarType, value: unknown): void {
  switch (type) {
    case "string":
      return writer.text(typeof value === "string" ? value : wrong(type, value));
    case "bool":
      return writer.varint(typeof value === "boolean" ? Number(value) : wrong(type, value));
    case "bytes":
      if (!(value instanceof Uint8Array)) return wrong(type, value);
      writer.varint(value.length);
      return writer.raw(value);
    case "double":
      return writer.double(typeof value === "number" ? value : wrong(type, value));
    case "float":
      return writer.float(typeof value === "number" ? value : wrong(type, value));
    case "uint32":
      return writer.varint(integer(type, value, 0, 0xffffffff));
    case "fixed32":
      return writer.fixed32(integer(type, value, 0, 0xffffffff));
    case "sfixed32":
      return writer.fixed32(integer(type, value, -0x80000000, 0x7fffffff));
    case "int32": {
      const number = integer(type, value, -0x80000000, 0x7fffffff);
      return number < 0 ? writer.varint64(BigInt(number)) : writer.varint(number);
    }
    case "sint32": {
      const number = integer(type, value, -0x80000000, 0x7fffffff);
      return writer.varint(number < 0 ? -2 * number - 1 : 2 * number);
    }
    case "uint64":
      if (Number.isSafeInteger(value) && (value as number) >= 0) return writer.varint(value as number);
      return writer.varint64(integer64(type, value, 0n, 2n ** 64n));
    case "fixed64":
      return writer.fixed64(integer64(type, value, 0n, 2n ** 64n));
    case "sfixed64":
      return writer.fixed64(integer64(type, value, -(2n ** 63n), 2n ** 63n));
    case "int64":
      if (Number.isSafeInteger(value) && (value as number) >= 0) return writer.varint(value as number);
      return writer.varint64(integer64(type, value, -(2n ** 63n), 2n ** 63n));
    case "sint64": {
      const number = integer64(type, value, -(2n ** 63n), 2n ** 63n);
      return writer.varint64(number < 0n ? -2n * number - 1n : 2n * number);
    }
  }
}

/** Reads a scalar. 64-bit integers are numbers where a number is exact, else text. */
export function readScalar(reader: WireReader, type: ScalarType): unknown {
  switch (type) {
    case "string":
      return reader.text();
    case "bytes":
      return reader.bytes();
    case "bool":
      return reader.varint64() !== 0n;
    case "double":
      return reader.double();
    case "float":
      return shortest(reader.float());
    case "uint32":
      return reader.varint32() >>> 0;
    case "int32":
      return reader.varint32();
    case "sint32": {
      const number = reader.varint32();
      return (number >>> 1) ^ -(number & 1);
    }
    case "fixed32":
      return reader.fixed32();
    case "sfixed32":
      return reader.fixed32() | 0;
    case "uint64":
      return exact(reader.varint64());
    case "int64":
      return exact(BigInt.asIntN(64, reader.varint64()));
    case "sint64":
      return exact(unzigzag(reader.varint64()));
    case "fixed64":
      return exact(reader.fixed64());
    case "sfixed64":
      return exact(BigInt.asIntN(64, reader.fixed64()));
  }
}

function integer(type: ScalarType, value: unknown, low: number, high: number): number {
  const good = typeof value === "number" && Number.isInteger(value) && value >= low && value <= high;
  return good ? value : wrong(type, value);
}

function integer64(type: ScalarType, value: unknown, low: bigint, end: bigint): bigint {
  const good = Number.isSafeInteger(value) || typeof value === "bigint" ||
    (typeof value === "string" && /^-?\d{1,20}$/.test(value));
  const number = good ? BigInt(value as number | string | bigint) : wrong(type, value);
  return number >= low && number < end ? number : wrong(type, value);
}

function exact(value: bigint): number | string {
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : value.toString();
}

function unzigzag(value: bigint): bigint {
  return (value >> 1n) ^ -(value & 1n);
}

/** Of the numbers that are this 32-bit float, the one with the fewest digits: 0.1, not 0.10000000149011612. */
function shortest(value: number): number {
  for (let digits = 6; digits < 9; digits++) {
    const short = Number(value.toPrecision(digits));
    if (Math.fround(short) === value) return short;
  }
  return value;
}

/** A value that its field cannot hold; whoever knows the field's name adds it. */
export class WrongValue extends TypeError {}

function wrong(type: ScalarType, value: unknown): never {
  throw new WrongValue(`${typeof value === "string" ? JSON.stringify(value) : String(value)} is no ${type}`);
}
