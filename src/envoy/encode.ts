import type { JsonObject, JsonValue } from "./gen/messages.ts";
import { type EnumType, type FieldType, type MessageType, messageType, type ValueType } from "./message_type.ts";
import { isDefault, wireTypeOf, writeScalar, WrongValue } from "./scalar.ts";
import { WireWriter } from "./wire_writer.ts";

type Fields = { readonly [name: string]: unknown };

/** One for all messages: most are small, and a buffer each would cost more than what is written into it. */
const WRITER = new WireWriter();

/**
 * Encodes a plain object as the message of this full name. The same content gives the same bytes: fields go in the order
 * of their numbers, map entries in the order of their keys, defaults without presence not at all.
 * Where a message belongs, a Uint8Array is taken as that message, encoded already.
 * Throws a TypeError that names the field for: an unknown property, an unknown enum name, a value of another type or out
 * of range, two fields of one oneof.
 */
export function encodeMessage(name: string, message: unknown): Uint8Array<ArrayBuffer> {
  WRITER.reset();
  writeMessage(WRITER, name, message);
  return WRITER.finish();
}

function writeMessage(writer: WireWriter, name: string, message: unknown): void {
  if (message instanceof Uint8Array) return writer.raw(message);
  if (name === "google.protobuf.Struct") return writeStruct(writer, message as JsonObject);
  if (name === "google.protobuf.Value") return writeValue(writer, message as JsonValue);
  if (name === "google.protobuf.ListValue") return writeList(writer, message as readonly JsonValue[]);
  const type = messageType(name);
  if (typeof message !== "object" || message === null) throw new WrongValue("an object is wanted");
  for (const field of presentFields(type, message as Fields)) {
    writeField(writer, type, field, (message as Fields)[field.name]);
  }
}

function presentFields(type: MessageType, message: Fields): FieldType[] {
  const fields: FieldType[] = [];
  let sorted = true;
  for (const name of Object.keys(message)) {
    const field = type.byName.get(name);
    if (!field) throw new TypeError(`${type.name} has no field "${name}"`);
    const value = message[name];
    if (value === undefined || (value === null && field.message !== "google.protobuf.Value")) continue;
    if (!field.presence && field.shape === "single" && isUnset(field, value)) continue;
    if (field.oneof !== undefined) {
      const other = fields.find((one) => one.oneof === field.oneof);
      if (other) throw new TypeError(`${type.name}: only one of "${other.name}" and "${name}" can be set`);
    }
    sorted &&= fields.length === 0 || fields[fields.length - 1]!.id < field.id;
    fields.push(field);
  }
  return sorted ? fields : fields.sort((a, b) => a.id - b.id);
}

function isUnset(field: FieldType, value: unknown): boolean {
  if (field.enumeration) return value === field.enumeration.names.get(0) || value === 0;
  return isDefault(field.scalar!, value);
}

function writeField(writer: WireWriter, type: MessageType, field: FieldType, value: unknown): void {
  try {
    if (field.shape === "single") writeValueOf(writer, field, field.id, value);
    else if (field.shape === "repeated") writeRepeated(writer, field, value);
    else writeMap(writer, field, value);
  } catch (error) {
    throw error instanceof WrongValue ? new TypeError(`${type.name}.${field.name}: ${error.message}`) : error;
  }
}

function writeRepeated(writer: WireWriter, field: FieldType, value: unknown): void {
  if (!Array.isArray(value)) throw new WrongValue("an array is wanted");
  if (value.length === 0) return;
  const packed = field.enumeration !== undefined || (field.scalar && wireTypeOf(field.scalar) !== 2);
  if (!packed) {
    for (const one of value) writeValueOf(writer, field, field.id, one);
    return;
  }
  writer.varint(field.id * 8 + 2);
  const start = writer.begin();
  for (const one of value) {
    if (field.scalar) writeScalar(writer, field.scalar, one);
    else writeScalar(writer, "int32", enumNumber(field.enumeration!, one));
  }
  writer.end(start);
}

function writeMap(writer: WireWriter, field: FieldType, value: unknown): void {
  if (typeof value !== "object" || value === null || Array.isArray(value)) throw new WrongValue("an object is wanted");
  for (const key of Object.keys(value).sort()) {
    writer.varint(field.id * 8 + 2);
    const start = writer.begin();
    writer.varint(8 + wireTypeOf(field.key!));
    writeScalar(writer, field.key!, mapKey(field, key));
    writeValueOf(writer, field, 2, (value as Fields)[key]);
    writer.end(start);
  }
}

function mapKey(field: FieldType, key: string): unknown {
  if (field.key === "string") return key;
  return field.key === "bool" ? key === "true" : /64$/.test(field.key!) ? key : Number(key);
}

function writeValueOf(writer: WireWriter, type: ValueType, id: number, value: unknown): void {
  if (type.message !== undefined) {
    writer.varint(id * 8 + 2);
    const start = writer.begin();
    writeMessage(writer, type.message, value);
    writer.end(start);
  } else if (type.enumeration) {
    writer.varint(id * 8);
    writeScalar(writer, "int32", enumNumber(type.enumeration, value));
  } else {
    writer.varint(id * 8 + wireTypeOf(type.scalar!));
    writeScalar(writer, type.scalar!, value);
  }
}

/** Numbers are taken too: an enum's open to values that this side does not know. */
function enumNumber(type: EnumType, value: unknown): number {
  const number = typeof value === "number" ? value : type.numbers.get(value as string);
  if (number === undefined) throw new WrongValue(`${JSON.stringify(value)} is no ${type.name}`);
  return number;
}

function writeStruct(writer: WireWriter, value: JsonObject): void {
  if (typeof value !== "object" || value === null || Array.isArray(value)) throw new WrongValue("an object is wanted");
  for (const key of Object.keys(value).sort()) {
    if (value[key] === undefined) continue;
    writer.varint(1 * 8 + 2);
    const entry = writer.begin();
    writer.varint(1 * 8 + 2);
    writer.text(key);
    writer.varint(2 * 8 + 2);
    const start = writer.begin();
    writeValue(writer, value[key]);
    writer.end(start);
    writer.end(entry);
  }
}

function writeList(writer: WireWriter, values: readonly JsonValue[]): void {
  if (!Array.isArray(values)) throw new WrongValue("an array is wanted");
  for (const value of values) {
    writer.varint(1 * 8 + 2);
    const start = writer.begin();
    writeValue(writer, value);
    writer.end(start);
  }
}

function writeValue(writer: WireWriter, value: JsonValue): void {
  if (value === null) {
    writer.varint(1 * 8);
    writer.varint(0);
  } else if (typeof value === "number") {
    if (!Number.isFinite(value)) throw new WrongValue(`${value} cannot be in JSON`);
    writer.varint(2 * 8 + 1);
    writer.double(value);
  } else if (typeof value === "string") {
    writer.varint(3 * 8 + 2);
    writer.text(value);
  } else if (typeof value === "boolean") {
    writer.varint(4 * 8);
    writer.varint(Number(value));
  } else if (typeof value === "object") {
    const list = Array.isArray(value);
    writer.varint((list ? 6 : 5) * 8 + 2);
    const start = writer.begin();
    if (list) writeList(writer, value);
    else writeStruct(writer, value as JsonObject);
    writer.end(start);
  } else throw new WrongValue(`${typeof value} cannot be in JSON`);
}
