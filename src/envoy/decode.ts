import { type FieldType, type MessageType, messageType, type ValueType } from "./message_type.ts";
import { readScalar, wireTypeOf } from "./scalar.ts";
import { WireReader } from "./wire_reader.ts";

/** A decoded message: what is not in the bytes is not in the object. */
export type Decoded = { [name: string]: unknown };

/**
 * Decodes the message of this full name into a plain object: enums as names (a number where it has none), 64-bit
 * integers as numbers where exact and else as text, google.protobuf.Struct, Value and ListValue as JSON.
 * Fields that the descriptor does not know are passed over. Throws a RangeError where the bytes are no message.
 */
export function decodeMessage(name: string, bytes: Uint8Array): unknown {
  return readMessage(new WireReader(bytes), name, undefined);
}

function readMessage(reader: WireReader, name: string, onto: unknown): unknown {
  const type = messageType(name);
  const shape = JSON_SHAPES[name];
  const message: Decoded = shape ? {} : (onto as Decoded) ?? {};
  while (!reader.atEnd) {
    const tag = reader.tag();
    const field = type.byId.get(Math.floor(tag / 8));
    if (!field || !readField(reader, type, field, tag % 8, message)) reader.skip(tag % 8);
  }
  return shape ? shape(message) : message;
}

/** Reads a field into the message; false where its wire type is not the field's. */
function readField(reader: WireReader, type: MessageType, field: FieldType, wireType: number, to: Decoded): boolean {
  const own = wireTypeOfValue(field);
  if (field.shape === "map") {
    if (wireType !== 2) return false;
    readEntry(reader.inner(), field, (to[field.name] ??= {}) as Decoded);
  } else if (field.shape === "repeated") {
    const list = (to[field.name] ??= []) as unknown[];
    if (wireType === own) list.push(readValue(reader, field, undefined));
    else if (wireType === 2) {
      const packed = reader.inner();
      while (!packed.atEnd) list.push(readValue(packed, field, undefined));
    } else return false;
  } else {
    if (wireType !== own) return false;
    if (field.oneof !== undefined) {
      for (const other of type.byName.values()) {
        if (other.oneof === field.oneof && other !== field) delete to[other.name];
      }
    }
    to[field.name] = readValue(reader, field, to[field.name]);
  }
  return true;
}

function readEntry(reader: WireReader, field: FieldType, to: Decoded): void {
  let key: unknown = field.key === "string" ? "" : field.key === "bool" ? false : 0;
  let value: unknown = undefined;
  while (!reader.atEnd) {
    const tag = reader.tag();
    if (tag === 8 + wireTypeOf(field.key!)) key = readScalar(reader, field.key!);
    else if (tag === 16 + wireTypeOfValue(field)) value = readValue(reader, field, undefined);
    else reader.skip(tag % 8);
  }
  define(to, String(key), value ?? defaultOf(field));
}

function readValue(reader: WireReader, type: ValueType, onto: unknown): unknown {
  if (type.message !== undefined) return readMessage(reader.inner(), type.message, onto);
  if (!type.enumeration) return readScalar(reader, type.scalar!);
  const number = readScalar(reader, "int32") as number;
  return type.enumeration.names.get(number) ?? number;
}

function wireTypeOfValue(type: ValueType): number {
  return type.message !== undefined ? 2 : type.enumeration ? 0 : wireTypeOf(type.scalar!);
}

function defaultOf(type: ValueType): unknown {
  if (type.message !== undefined) return readMessage(new WireReader(new Uint8Array()), type.message, undefined);
  if (type.enumeration) return type.enumeration.names.get(0) ?? 0;
  if (type.scalar === "string") return "";
  return type.scalar === "bool" ? false : type.scalar === "bytes" ? new Uint8Array() : 0;
}

/** Sets a property whatever its name: a plain assignment of "__proto__" would set the prototype. */
function define(to: Decoded, name: string, value: unknown): void {
  if (name === "__proto__") {
    Object.defineProperty(to, name, { value, enumerable: true, configurable: true, writable: true });
  } else to[name] = value;
}

const JSON_SHAPES: Readonly<Record<string, ((message: Decoded) => unknown) | undefined>> = {
  "google.protobuf.Struct": (message) => message.fields ?? {},
  "google.protobuf.ListValue": (message) => message.values ?? [],
  "google.protobuf.Value": (message) => {
    const { numberValue, stringValue, boolValue, structValue, listValue } = message;
    return numberValue ?? stringValue ?? boolValue ?? structValue ?? listValue ?? null;
  },
};
