import { decodeMessage } from "./decode.ts";
import { encodeMessage } from "./encode.ts";
import { messageFromJson } from "./from_json.ts";
import type { JsonValue } from "./gen/messages.ts";
import { type Message, type MessageName, typeUrlOf } from "./names.ts";
import { messageToJson } from "./to_json.ts";
import { WireWriter } from "./wire_writer.ts";

/**
 * Encodes a plain object, in which enums are names. The same content gives the same bytes: fields in the order of their
 * numbers, map entries in the order of their keys. Where a message belongs, a Uint8Array is taken as that message,
 * encoded already. Throws a TypeError that names the field for an unknown property, an unknown enum name, a value of
 * another type or out of range, or two fields of one oneof.
 */
export function encode<N extends MessageName>(name: N, message: Message<N>): Uint8Array<ArrayBuffer> {
  return encodeMessage(name, message);
}

/**
 * Decodes bytes into a plain object that holds what the bytes set (defaults are not filled in); enums are names, 64-bit
 * integers numbers where exact and else text. Unknown fields are passed over. Throws where the bytes are no message.
 */
export function decode<N extends MessageName>(name: N, bytes: Uint8Array): Message<N> {
  return decodeMessage(name, bytes) as Message<N>;
}

/**
 * The ProtoJSON of an encoded message. An Any is written out with its "@type" where the type is known; else its "value"
 * is the bytes in base64.
 */
export function toJson<N extends MessageName>(name: N, bytes: Uint8Array): JsonValue {
  return messageToJson(name, decodeMessage(name, bytes));
}

/**
 * Encodes ProtoJSON (field names in lower camel case or as in the .proto file; durations as "1.5s"), as Envoy's own YAML
 * has it. Throws a TypeError that names the path for what is no such message.
 */
export function fromJson<N extends MessageName>(name: N, json: unknown): Uint8Array<ArrayBuffer> {
  return encodeMessage(name, messageFromJson(name, json));
}

/** A message packed as google.protobuf.Any. */
export function any<N extends MessageName>(name: N, message: Message<N>): { typeUrl: string; value: Uint8Array } {
  return { typeUrl: typeUrlOf(name), value: encodeMessage(name, message) };
}

/** A wrapper message such as google.protobuf.UInt32Value; undefined stays undefined, which sets nothing. */
export function wrap<T>(value: T): T extends undefined ? undefined : { value: T } {
  return (value === undefined ? undefined : { value }) as T extends undefined ? undefined : { value: T };
}

/**
 * The bytes of a repeated message field from its encoded elements: each with its tag and length, joined. Fields of a
 * message may come in any order, so bytes of other fields may be put before or after.
 */
export function joinFields(fieldNumber: number, parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const writer = new WireWriter();
  for (const part of parts) {
    writer.varint(fieldNumber * 8 + 2);
    writer.varint(part.length);
    writer.raw(part);
  }
  return writer.finish();
}
