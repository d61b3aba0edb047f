import protobuf from "protobufjs";
import type { JsonObject, JsonValue } from "./gen/messages.ts";
import { fullName } from "./reflection.ts";
import { checkScalar, WrongValue } from "./scalar.ts";

type Fields = { readonly [name: string]: unknown };

/**
 * Checks a plain object and makes of it what protobufjs' encoder takes, which itself checks nothing: enum names become
 * numbers, JSON becomes google.protobuf.Struct, map entries go in one order. What is undefined or null is left out.
 * Throws a TypeError that names the field for: an unknown property, an unknown enum name, a value of another type or out
 * of range, two fields of one oneof.
 */
export function prepare(type: protobuf.Type, message: unknown): Fields {
  try {
    return prepareMessage(type, message);
  } catch (error) {
    throw error instanceof WrongValue ? new TypeError(`${fullName(type)}: ${error.message}`) : error;
  }
}

function prepareMessage(type: protobuf.Type, message: unknown): Fields {
  const fromJson = jsonReaderOf(type);
  if (fromJson) return fromJson(message as JsonValue);
  const given = objectOf(message);
  const prepared: { [name: string]: unknown } = {};
  const oneofs = new Map<protobuf.OneOf, string>();
  for (const name of Object.keys(given)) {
    const field = Object.hasOwn(type.fields, name) ? type.fields[name]! : undefined;
    if (!field) throw new TypeError(`${fullName(type)} has no field "${name}"`);
    const value = given[name];
    if (value === undefined || (value === null && field.type !== VALUE)) continue;
    if (field.partOf) {
      const other = oneofs.get(field.partOf);
      if (other) throw new TypeError(`${fullName(type)}: only one of "${other}" and "${name}" can be set`);
      oneofs.set(field.partOf, name);
    }
    try {
      prepared[name] = prepareField(field, value);
    } catch (error) {
      throw error instanceof WrongValue ? new TypeError(`${fullName(type)}.${name}: ${error.message}`) : error;
    }
  }
  return prepared;
}

function prepareField(field: protobuf.Field, value: unknown): unknown {
  if (field instanceof protobuf.MapField) return prepareMap(field, objectOf(value));
  if (!field.repeated) return prepareValue(field, value);
  if (!Array.isArray(value)) throw new WrongValue("an array is wanted");
  return value.map((one) => prepareValue(field, one));
}

function prepareMap(field: protobuf.MapField, map: Fields): Fields {
  const entries = Object.keys(map).sort().map((key) => {
    if (field.keyType !== "string") checkScalar(field.keyType, field.keyType.endsWith("64") ? key : Number(key));
    return [key, prepareValue(field, map[key])];
  });
  return Object.fromEntries(entries);
}

function prepareValue({ resolvedType, type }: protobuf.FieldBase, value: unknown): unknown {
  if (resolvedType instanceof protobuf.Type) return prepareMessage(resolvedType, value);
  if (!resolvedType) return checkScalar(type, value);
  if (typeof value === "string" && Object.hasOwn(resolvedType.values, value)) return resolvedType.values[value];
  // A number is taken too: an enum is open to values that this side does not know.
  if (Number.isInteger(value)) return checkScalar("int32", value);
  throw new WrongValue(`${JSON.stringify(value)} is no ${fullName(resolvedType)}`);
}

function objectOf(value: unknown): Fields {
  const good = typeof value === "object" && value !== null && !Array.isArray(value) && !(value instanceof Uint8Array);
  if (!good) throw new WrongValue("an object is wanted");
  return value as Fields;
}

function struct(json: JsonValue): Fields {
  const given = objectOf(json) as JsonObject;
  const keys = Object.keys(given).filter((key) => given[key] !== undefined).sort();
  return { fields: Object.fromEntries(keys.map((key) => [key, jsonValue(given[key]!)])) };
}

function listValue(json: JsonValue): Fields {
  if (!Array.isArray(json)) throw new WrongValue("an array is wanted");
  return { values: json.map(jsonValue) };
}

function jsonValue(json: JsonValue): Fields {
  if (json === null) return { nullValue: 0 };
  if (typeof json === "string") return { stringValue: json };
  if (typeof json === "boolean") return { boolValue: json };
  if (typeof json === "number" && Number.isFinite(json)) return { numberValue: json };
  if (typeof json !== "object") throw new WrongValue(`${String(json)} cannot be in JSON`);
  return Array.isArray(json) ? { listValue: listValue(json) } : { structValue: struct(json) };
}

const VALUE = ".google.protobuf.Value";

/** Messages that are plain JSON here. */
const JSON_MESSAGES: Readonly<Record<string, (json: JsonValue) => Fields>> = {
  ".google.protobuf.Struct": struct,
  ".google.protobuf.ListValue": listValue,
  [VALUE]: jsonValue,
};

/** By type, as protobufjs makes up a full name anew each time that it is asked for. */
const jsonReaders = new WeakMap<protobuf.Type, ((json: JsonValue) => Fields) | null>();

function jsonReaderOf(type: protobuf.Type): ((json: JsonValue) => Fields) | null {
  let reader = jsonReaders.get(type);
  if (reader === undefined) {
    reader = JSON_MESSAGES[type.fullName] ?? null;
    jsonReaders.set(type, reader);
  }
  return reader;
}
