import { decodeMessage } from "./decode.ts";
import { durationText } from "./duration.ts";
import type { JsonObject, JsonValue } from "./gen/messages.ts";
import { findMessageType, messageType, type ValueType } from "./message_type.ts";

/** The ProtoJSON of a plain object of the message of this full name. */
export function messageToJson(name: string, message: unknown): JsonValue {
  const special = SPECIAL[name];
  if (special) return special(message);
  const json: JsonObject = {};
  for (const [key, value] of Object.entries(message as { [name: string]: unknown })) {
    const field = messageType(name).byName.get(key)!;
    if (field.shape === "map") {
      json[key] = Object.fromEntries(
        Object.entries(value as object).map(([entry, one]) => [entry, valueToJson(field, one)]),
      );
    } else if (field.shape === "repeated") json[key] = (value as unknown[]).map((one) => valueToJson(field, one));
    else json[key] = valueToJson(field, value);
  }
  return json;
}

/** Whether ProtoJSON has a form of its own for the message: inside an Any it stands in "value". */
export function hasJsonForm(name: string): boolean {
  return Object.hasOwn(SPECIAL, name);
}

function valueToJson(type: ValueType, value: unknown): JsonValue {
  if (type.message !== undefined) return messageToJson(type.message, value);
  if (value instanceof Uint8Array) return value.toBase64();
  if (value === "NULL_VALUE" && type.enumeration?.name === "google.protobuf.NullValue") return null;
  if (type.scalar && type.scalar.endsWith("64")) return String(value);
  if (typeof value === "number" && !Number.isFinite(value)) return String(value);
  return value as JsonValue;
}

function wrapperToJson(scalar: ValueType["scalar"], unset: JsonValue): (message: unknown) => JsonValue {
  return (message) => {
    const { value } = message as { value?: unknown };
    return value === undefined ? unset : valueToJson({ scalar }, value);
  };
}

function timestampText({ seconds = 0, nanos = 0 }: { seconds?: number | string; nanos?: number }): string {
  const whole = new Date(Number(seconds) * 1000).toISOString().replace(/\.\d+Z$/, "");
  // A Duration of the nanoseconds alone has the fraction in the form wanted: "0.500s".
  return `${whole}${durationText({ nanos }).slice(1, -1)}Z`;
}

function anyToJson({ typeUrl = "", value = new Uint8Array() }: { typeUrl?: string; value?: Uint8Array }): JsonValue {
  if (typeUrl === "") return {};
  const name = typeUrl.slice(typeUrl.lastIndexOf("/") + 1);
  if (!findMessageType(name)) return { "@type": typeUrl, value: value.toBase64() };
  const json = messageToJson(name, decodeMessage(name, value));
  return hasJsonForm(name) ? { "@type": typeUrl, value: json } : { "@type": typeUrl, ...(json as JsonObject) };
}

const asIs = (message: unknown) => message as JsonValue;

const SPECIAL: Readonly<Record<string, (message: unknown) => JsonValue>> = {
  "google.protobuf.Any": (message) => anyToJson(message as { typeUrl?: string; value?: Uint8Array }),
  "google.protobuf.Duration": (message) => durationText(message as { seconds?: number; nanos?: number }),
  "google.protobuf.Timestamp": (message) => timestampText(message as { seconds?: number; nanos?: number }),
  "google.protobuf.Struct": asIs,
  "google.protobuf.Value": asIs,
  "google.protobuf.ListValue": asIs,
  "google.protobuf.DoubleValue": wrapperToJson("double", 0),
  "google.protobuf.FloatValue": wrapperToJson("float", 0),
  "google.protobuf.Int64Value": wrapperToJson("int64", "0"),
  "google.protobuf.UInt64Value": wrapperToJson("uint64", "0"),
  "google.protobuf.Int32Value": wrapperToJson("int32", 0),
  "google.protobuf.UInt32Value": wrapperToJson("uint32", 0),
  "google.protobuf.BoolValue": wrapperToJson("bool", false),
  "google.protobuf.StringValue": wrapperToJson("string", ""),
  "google.protobuf.BytesValue": wrapperToJson("bytes", ""),
};
