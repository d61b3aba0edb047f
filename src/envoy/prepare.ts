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
  const plan = planOf(type);
  if (plan.fromJson) return plan.fromJson(message as JsonValue);
  const given = objectOf(message);
  const prepared: { [name: string]: unknown } = {};
  let oneofs: Map<protobuf.OneOf, string> | undefined;
  for (const name of Object.keys(given)) {
    const field = plan.fields.get(name);
    if (!field) throw new TypeError(`${fullName(type)} has no field "${name}"`);
    const value = given[name];
    if (value === undefined || (value === null && !field.takesNull)) continue;
    if (field.oneof) {
      const other = (oneofs ??= new Map()).get(field.oneof);
      if (other) throw new TypeError(`${fullName(type)}: only one of "${other}" and "${name}" can be set`);
      oneofs.set(field.oneof, name);
    }
    try {
      prepared[name] = field.prepare(value);
    } catch (error) {
      throw error instanceof WrongValue ? new TypeError(`${fullName(type)}.${name}: ${error.message}`) : error;
    }
  }
  return prepared;
}

/** What preparing a message of one type takes, looked up once. */
interface Plan {
  /** Set for messages that are plain JSON here. */
  readonly fromJson?: (json: JsonValue) => Fields;
  readonly fields: ReadonlyMap<string, FieldPlan>;
}

interface FieldPlan {
  readonly oneof: protobuf.OneOf | null;
  readonly takesNull: boolean;
  readonly prepare: (value: unknown) => unknown;
}

const plans = new WeakMap<protobuf.Type, Plan>();

function planOf(type: protobuf.Type): Plan {
  let plan = plans.get(type);
  if (!plan) {
    const fields = type.fieldsArray.map((field): [string, FieldPlan] => [field.name, fieldPlan(field)]);
    plan = { fromJson: JSON_MESSAGES[type.fullName], fields: new Map(fields) };
    plans.set(type, plan);
  }
  return plan;
}

function fieldPlan(field: protobuf.Field): FieldPlan {
  // Its type is looked up where the field is first set: messages refer to hundreds that nobody uses.
  let one: ((value: unknown) => unknown) | undefined;
  const prepareOne = (value: unknown) => (one ??= valuePreparer(field.resolve()))(value);
  return {
    oneof: field.partOf,
    takesNull: field.type === VALUE,
    prepare: field instanceof protobuf.MapField
      ? (value) => prepareMap(field, objectOf(value), prepareOne)
      : field.repeated
      ? (value) => prepareList(value, prepareOne)
      : prepareOne,
  };
}

function prepareList(value: unknown, prepareOne: (value: unknown) => unknown): unknown[] {
  if (!Array.isArray(value)) throw new WrongValue("an array is wanted");
  return value.map((one) => prepareOne(one));
}

function prepareMap(field: protobuf.MapField, map: Fields, prepareOne: (value: unknown) => unknown): Fields {
  const entries = Object.keys(map).sort().map((key) => {
    if (field.keyType !== "string") checkScalar(field.keyType, field.keyType.endsWith("64") ? key : Number(key));
    return [key, prepareOne(map[key])];
  });
  return Object.fromEntries(entries);
}

function valuePreparer({ resolvedType, type }: protobuf.FieldBase): (value: unknown) => unknown {
  if (resolvedType instanceof protobuf.Type) return (value) => prepareMessage(resolvedType, value);
  return resolvedType ? (value) => enumNumber(resolvedType, value) : (value) => checkScalar(type, value);
}

function enumNumber(type: protobuf.Enum, value: unknown): unknown {
  if (typeof value === "string" && Object.hasOwn(type.values, value)) return type.values[value];
  // A number is taken too: an enum is open to values that this side does not know.
  if (Number.isInteger(value)) return checkScalar("int32", value);
  throw new WrongValue(`${JSON.stringify(value)} is no ${fullName(type)}`);
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
