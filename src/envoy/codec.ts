import protobuf from "protobufjs";
import protojson from "protobufjs/ext/protojson";
import type { JsonValue } from "./gen/messages.ts";
import { type Message, type MessageName, typeUrlOf } from "./names.ts";
import { plain } from "./plain.ts";
import { prepare } from "./prepare.ts";
import { typeOf } from "./reflection.ts";

/**
 * Encodes a plain object, in which enums are names. The same content gives the same bytes: fields in the order of their
 * numbers, map entries in one order. Throws a TypeError that names the field for an unknown property, an unknown enum
 * name, a value of another type or out of range, or two fields of one oneof; an Error for messages nested more than 100
 * deep, which Envoy does not read either.
 */
export function encode<N extends MessageName>(name: N, message: Message<N>): Uint8Array<ArrayBuffer> {
  const type = typeOf(name);
  return written(type, prepare(type, message));
}

/**
 * Decodes bytes into a plain object that holds what the bytes set (defaults are not filled in); enums are names, 64-bit
 * integers numbers where exact and else text. Unknown fields are passed over. Throws where the bytes are no message.
 */
export function decode<N extends MessageName>(name: N, bytes: Uint8Array): Message<N> {
  const type = typeOf(name);
  return plain(type, type.decode(bytes)) as Message<N>;
}

/**
 * The ProtoJSON of an encoded message. An Any is written out with its "@type" where the type is known; else its "value"
 * is the bytes in base64.
 */
export function toJson<N extends MessageName>(name: N, bytes: Uint8Array): JsonValue {
  const type = typeOf(name);
  return protojson.toJson(type, type.decode(bytes));
}

/**
 * Encodes ProtoJSON (field names in lower camel case or as in the .proto file; durations as "1.5s"), as Envoy's own YAML
 * has it. Throws a TypeError that names the message or the field for what is no such message.
 */
export function fromJson<N extends MessageName>(name: N, json: unknown): Uint8Array<ArrayBuffer> {
  const type = typeOf(name);
  try {
    return written(type, protojson.fromJson(type, sorted(json)));
  } catch (error) {
    throw new TypeError((error as Error).message.replace(/^\./, ""), { cause: error });
  }
}

/** A message packed as google.protobuf.Any. */
export function any<N extends MessageName>(name: N, message: Message<N>): { typeUrl: string; value: Uint8Array } {
  return { typeUrl: typeUrlOf(name), value: encode(name, message) };
}

/** A wrapper message such as google.protobuf.UInt32Value; undefined stays undefined, which sets nothing. */
export function wrap<T>(value: T): T extends undefined ? undefined : { value: T } {
  return (value === undefined ? undefined : { value }) as T extends undefined ? undefined : { value: T };
}

/** Encoded bytes: whole, or in chunks that follow one another, so that a large one need not be copied to be put in a frame. */
export type Chunks = Uint8Array | readonly Uint8Array[];

/** Wire type of messages, strings and bytes. */
const LENGTH_DELIMITED = 2;

/**
 * The bytes of a repeated message field from its encoded elements: each with its tag and length, joined; after `before`, if
 * that is given. Fields of a message may come in any order, so bytes of other fields may be put before or after. Copies each
 * element once.
 */
export function joinFields(
  fieldNumber: number,
  parts: readonly Chunks[],
  before?: Uint8Array,
): Uint8Array<ArrayBuffer> {
  const tag = fieldNumber * 8 + LENGTH_DELIMITED;
  let size = before?.length ?? 0;
  for (const part of parts) size += sizeOfVarint(tag) + sizeOfVarint(lengthOf(part)) + lengthOf(part);
  const bytes = new Uint8Array(size);
  let at = 0;
  const add = (chunk: Uint8Array): void => {
    bytes.set(chunk, at);
    at += chunk.length;
  };
  if (before !== undefined) add(before);
  for (const part of parts) {
    at = writeVarint(bytes, writeVarint(bytes, at, tag), lengthOf(part));
    if (part instanceof Uint8Array) add(part);
    else part.forEach(add);
  }
  return bytes;
}

/** The chunks of a field that holds these bytes: its tag and length, and what is given. */
export function fieldChunks(fieldNumber: number, value: Chunks): Uint8Array[] {
  const [tag, length] = [fieldNumber * 8 + LENGTH_DELIMITED, lengthOf(value)];
  const head = new Uint8Array(sizeOfVarint(tag) + sizeOfVarint(length));
  writeVarint(head, writeVarint(head, 0, tag), length);
  return value instanceof Uint8Array ? [head, value] : [head, ...value];
}

function lengthOf(part: Chunks): number {
  return part instanceof Uint8Array ? part.length : part.reduce((sum, { length }) => sum + length, 0);
}

function sizeOfVarint(value: number): number {
  let size = 1;
  for (let rest = value; rest >= 0x80; rest = Math.floor(rest / 0x80)) size++;
  return size;
}

/** Gives where the next byte goes. */
function writeVarint(bytes: Uint8Array, at: number, value: number): number {
  let rest = value;
  for (; rest >= 0x80; rest = Math.floor(rest / 0x80)) bytes[at++] = rest % 0x80 + 0x80;
  bytes[at++] = rest;
  return at;
}

/** A writer to use again. One that is in use, broke off or grew large is not here. */
let spare: protobuf.Writer | undefined;
const LARGE = 64 * 1024;

/** The encoder's bytes. A writer for each message would be more garbage than all the messages. */
function written(type: protobuf.Type, fields: protobuf.Message | { readonly [name: string]: unknown }) {
  const writer = spare ?? protobuf.Writer.create();
  spare = undefined;
  const bytes = bytesOf(type.encode(fields, writer));
  if (bytes.length < LARGE) spare = writer.reset();
  return bytes;
}

/** What was written, in memory of its own: protobufjs would give a Buffer in memory that others share. */
function bytesOf(writer: protobuf.Writer): Uint8Array<ArrayBuffer> {
  return new Uint8Array(writer.finish(true));
}

/** JSON with the keys of its objects in order, so that maps become the same bytes whatever their order was. */
function sorted(json: unknown): unknown {
  if (typeof json !== "object" || json === null) return json;
  if (Array.isArray(json)) return json.map(sorted);
  const set = Object.entries(json).filter(([, value]) => value !== undefined);
  return Object.fromEntries(set.sort(([a], [b]) => (a < b ? -1 : 1)).map(([key, value]) => [key, sorted(value)]));
}
