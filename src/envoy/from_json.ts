import { parseDuration } from "./duration.ts";
import { encodeMessage } from "./encode.ts";
import { findMessageType, messageType, type ScalarType, type ValueType } from "./message_type.ts";
import { hasJsonForm } from "./to_json.ts";

type Json = { readonly [name: string]: unknown };

/**
 * The plain object that `encodeMessage` takes, from ProtoJSON. `path` is where the JSON stands, for the TypeError that is
 * thrown for what is no such message.
 */
export function messageFromJson(name: string, json: unknown, path = ""): unknown {
  const special = SPECIAL[name];
  if (special) return special(json, path);
  if (name.endsWith("Value") && hasJsonForm(name)) {
    const field = messageType(name).byName.get("value")!;
    return { value: valueFromJson(field, json, path) };
  }
  const fields = messageType(name).byName;
  const message: { [name: string]: unknown } = {};
  for (const [key, value] of Object.entries(objectOf(json, path))) {
    const at = path === "" ? key : `${path}.${key}`;
    const field = fields.get(key) ?? fields.get(camelCase(key)) ?? fail(at, `${name} has no such field`);
    if (Object.hasOwn(message, field.name)) fail(at, "set twice");
    if (value === undefined || (value === null && !isNullable(field))) continue;
    if (field.shape === "map") {
      message[field.name] = Object.fromEntries(
        Object.entries(objectOf(value, at)).map(([entry, one]) => [entry, valueFromJson(field, one, `${at}.${entry}`)]),
      );
    } else if (field.shape === "repeated") {
      if (!Array.isArray(value)) fail(at, "a list is wanted");
      message[field.name] = value.map((one, index) => valueFromJson(field, one, `${at}[${index}]`));
    } else message[field.name] = valueFromJson(field, value, at);
  }
  return message;
}

/** Whether null is a value of the field: elsewhere it is the same as leaving the field out. */
function isNullable(type: ValueType): boolean {
  return type.message === "google.protobuf.Value" || type.enumeration?.name === "google.protobuf.NullValue";
}

/** The ProtoJSON name of a field from its name in the .proto file. */
function camelCase(name: string): string {
  return name.replace(/_+(.)?/g, (_, next: string | undefined) => next?.toUpperCase() ?? "");
}

function valueFromJson(type: ValueType, json: unknown, path: string): unknown {
  if (type.message !== undefined) return messageFromJson(type.message, json, path);
  if (type.enumeration) {
    if (json === null && isNullable(type)) return "NULL_VALUE";
    if (Number.isInteger(json) || type.enumeration.numbers.has(json as string)) return json;
    return fail(path, `${JSON.stringify(json)} is none of ${[...type.enumeration.numbers.keys()].join(", ")}`);
  }
  return scalarFromJson(type.scalar!, json, path);
}

function scalarFromJson(type: ScalarType, json: unknown, path: string): unknown {
  const good = (wanted: boolean) => (wanted ? json : fail(path, `${JSON.stringify(json)} is no ${type}`));
  if (type === "string") return good(typeof json === "string");
  if (type === "bool") return good(typeof json === "boolean");
  if (type === "bytes") {
    good(typeof json === "string" && /^[\w+/-]*={0,2}$/.test(json));
    return Uint8Array.fromBase64((json as string).replace(/-/g, "+").replace(/_/g, "/"));
  }
  if (type.endsWith("64")) {
    return good(Number.isSafeInteger(json) || (typeof json === "string" && /^-?\d+$/.test(json)));
  }
  if (typeof json === "string" && /^(NaN|-?Infinity|-?\d+(\.\d+)?([eE][+-]?\d+)?)$/.test(json)) return Number(json);
  return good(typeof json === "number");
}

function anyFromJson(json: unknown, path: string): unknown {
  const { "@type": typeUrl, ...rest } = objectOf(json, path);
  if (typeUrl === undefined && Object.keys(rest).length === 0) return {};
  if (typeof typeUrl !== "string") return fail(path, `"@type" is wanted`);
  const name = typeUrl.slice(typeUrl.lastIndexOf("/") + 1);
  if (!findMessageType(name)) {
    if (Object.keys(rest).join() !== "value") fail(path, `the type ${name} is not known here`);
    return { typeUrl, value: scalarFromJson("bytes", rest.value, `${path}.value`) };
  }
  const body = hasJsonForm(name)
    ? messageFromJson(name, rest.value, `${path}.value`)
    : messageFromJson(name, rest, path);
  return { typeUrl, value: encodeMessage(name, body) };
}

function timestampFromJson(json: unknown, path: string): unknown {
  const parts = typeof json === "string"
    ? /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(\.\d{1,9})?(Z|[+-]\d\d:\d\d)$/.exec(json)
    : null;
  const milliseconds = parts ? Date.parse(`${parts[1]}${parts[3]}`) : NaN;
  if (Number.isNaN(milliseconds)) return fail(path, `${JSON.stringify(json)} is no timestamp`);
  return { seconds: milliseconds / 1000, nanos: Number((parts?.[2] ?? ".0").slice(1).padEnd(9, "0")) };
}

function objectOf(json: unknown, path: string): Json {
  const good = typeof json === "object" && json !== null && !Array.isArray(json);
  return good ? json as Json : fail(path, "an object is wanted");
}

function fail(path: string, problem: string): never {
  throw new TypeError(`${path || "(root)"}: ${problem}`);
}

const SPECIAL: Readonly<Record<string, (json: unknown, path: string) => unknown>> = {
  "google.protobuf.Any": anyFromJson,
  "google.protobuf.Duration": (json, path) =>
    (typeof json === "string" ? parseDuration(json) : undefined) ??
      fail(path, `${JSON.stringify(json)} is no duration`),
  "google.protobuf.Timestamp": timestampFromJson,
  "google.protobuf.Struct": objectOf,
  "google.protobuf.Value": (json) => json,
  "google.protobuf.ListValue": (json, path) => (Array.isArray(json) ? json : fail(path, "a list is wanted")),
};
