import protobuf from "protobufjs";

type Fields = { readonly [name: string]: unknown };

/**
 * The plain object of a message that protobufjs decoded: enums as names (a number where it has none), 64-bit integers as
 * numbers where exact and else as text, google.protobuf.Struct, Value and ListValue as JSON, bytes as copies. What was
 * not in the bytes is not in the object.
 */
export function plain(type: protobuf.Type, message: object): unknown {
  const toJson = JSON_MESSAGES[type.fullName];
  if (toJson) return toJson(message as Fields);
  const set = Object.entries(message).filter(([name, value]) => !isEmpty(type.fields[name]!, value));
  return Object.fromEntries(set.map(([name, value]) => [name, plainField(type.fields[name]!, value)]));
}

/** A new message of protobufjs has an empty list in each of its repeated fields, an empty object in each of its maps. */
function isEmpty(field: protobuf.Field, value: unknown): boolean {
  return Array.isArray(value) ? value.length === 0 : field.map && Object.keys(value as object).length === 0;
}

function plainField(field: protobuf.Field, value: unknown): unknown {
  if (field instanceof protobuf.MapField) {
    const entries = Object.entries(value as object);
    return Object.fromEntries(entries.map(([key, one]) => [plainKey(field, key), plainValue(field, one)]));
  }
  return field.repeated ? (value as unknown[]).map((one) => plainValue(field, one)) : plainValue(field, value);
}

/** protobufjs gives a 64-bit key as a text of its 8 bytes. */
function plainKey({ keyType }: protobuf.MapField, key: string): string {
  return keyType.endsWith("64") ? String(protobuf.util.longFromKey(key, keyType === "uint64")) : key;
}

function plainValue({ resolvedType }: protobuf.FieldBase, value: unknown): unknown {
  if (resolvedType instanceof protobuf.Type) return plain(resolvedType, value as object);
  if (resolvedType) return resolvedType.valuesById[value as number] ?? value;
  if (value instanceof Uint8Array) return new Uint8Array(value);
  return value instanceof protobuf.util.Long ? exact(String(value)) : value;
}

function exact(integer: string): number | string {
  return Number.isSafeInteger(Number(integer)) ? Number(integer) : integer;
}

function struct({ fields = {} }: Fields): unknown {
  return Object.fromEntries(Object.entries(fields as object).map(([key, value]) => [key, jsonValue(value)]));
}

function listValue({ values = [] }: Fields): unknown {
  return (values as Fields[]).map(jsonValue);
}

function jsonValue(message: Fields): unknown {
  const [kind] = Object.keys(message);
  if (kind === "structValue") return struct(message.structValue as Fields);
  if (kind === "listValue") return listValue(message.listValue as Fields);
  return kind === undefined || kind === "nullValue" ? null : message[kind];
}

/** Messages that are plain JSON here. */
const JSON_MESSAGES: Readonly<Record<string, (message: Fields) => unknown>> = {
  ".google.protobuf.Struct": struct,
  ".google.protobuf.ListValue": listValue,
  ".google.protobuf.Value": jsonValue,
};
