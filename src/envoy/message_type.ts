import descriptor from "./gen/descriptor.json" with { type: "json" };

/** Scalar types of the protobuf language. */
export type ScalarType =
  | "double"
  | "float"
  | "int32"
  | "uint32"
  | "sint32"
  | "fixed32"
  | "sfixed32"
  | "int64"
  | "uint64"
  | "sint64"
  | "fixed64"
  | "sfixed64"
  | "bool"
  | "string"
  | "bytes";

/** An enum's names and numbers, each way. */
export interface EnumType {
  readonly name: string;
  readonly numbers: ReadonlyMap<string, number>;
  readonly names: ReadonlyMap<number, string>;
}

/** What one value of a field is: exactly one of the three is set. */
export interface ValueType {
  readonly scalar?: ScalarType;
  /** Full name of the message. */
  readonly message?: string;
  readonly enumeration?: EnumType;
}

/** A field of a message. */
export interface FieldType extends ValueType {
  /** ProtoJSON name: lower camel case. */
  readonly name: string;
  readonly id: number;
  readonly shape: "single" | "repeated" | "map";
  /** Set for shape "map" alone. */
  readonly key?: ScalarType;
  /** The oneof that it belongs to. */
  readonly oneof?: string;
  /** Whether the default value is sent when it is set: messages, and scalars that are optional or in a oneof. */
  readonly presence: boolean;
}

/** A message's fields, by name and by number. */
export interface MessageType {
  readonly name: string;
  readonly byName: ReadonlyMap<string, FieldType>;
  readonly byId: ReadonlyMap<number, FieldType>;
}

/** A method of a gRPC service; request and response are full message names. */
export interface MethodType {
  readonly name: string;
  readonly request: string;
  readonly response: string;
  readonly requestStream: boolean;
  readonly responseStream: boolean;
}

interface FieldJson {
  readonly rule?: string;
  readonly keyType?: string;
  readonly type: string;
  readonly id: number;
  readonly options?: { readonly proto3_optional?: boolean };
}

interface MethodJson {
  readonly requestType: string;
  readonly responseType: string;
  readonly requestStream?: boolean;
  readonly responseStream?: boolean;
}

interface DescriptorJson {
  readonly nested?: { readonly [name: string]: DescriptorJson };
  readonly fields?: { readonly [name: string]: FieldJson };
  readonly oneofs?: { readonly [name: string]: { readonly oneof: readonly string[] } };
  readonly values?: { readonly [name: string]: number };
  readonly methods?: { readonly [name: string]: MethodJson };
}

const messageTypes = new Map<string, MessageType>();
const enumTypes = new Map<string, EnumType>();

/** The message of this full name, made at its first use. Throws where the generated descriptor has none. */
export function messageType(name: string): MessageType {
  return findMessageType(name) ?? fail(`unknown message ${name}; add it to protos/messages.txt`);
}

/** The message of this full name, or undefined. */
export function findMessageType(name: string): MessageType | undefined {
  const known = messageTypes.get(name);
  if (known) return known;
  const json = find(name);
  if (!json?.fields) return undefined;
  const oneofs = new Map(
    Object.entries(json.oneofs ?? {}).flatMap(([oneof, { oneof: fields }]) => fields.map((field) => [field, oneof])),
  );
  const fields = Object.entries(json.fields).map(([field, about]) => fieldType(field, about, oneofs.get(field)));
  const type = {
    name,
    byName: new Map(fields.map((field) => [field.name, field])),
    byId: new Map(fields.map((field) => [field.id, field])),
  };
  messageTypes.set(name, type);
  return type;
}

/** The methods of the service of this full name. Throws where the generated descriptor has none. */
export function serviceMethods(service: string): readonly MethodType[] {
  const methods = find(service)?.methods ?? fail(`unknown service ${service}; add it to protos/messages.txt`);
  return Object.entries(methods).map(([name, method]) => ({
    name,
    request: method.requestType.slice(1),
    response: method.responseType.slice(1),
    requestStream: method.requestStream ?? false,
    responseStream: method.responseStream ?? false,
  }));
}

function fieldType(name: string, json: FieldJson, oneof: string | undefined): FieldType {
  const value = valueType(json.type);
  const shape = json.keyType ? "map" : json.rule === "repeated" ? "repeated" : "single";
  const presence = value.message !== undefined || oneof !== undefined || json.options?.proto3_optional === true;
  return { name, id: json.id, shape, key: json.keyType as ScalarType | undefined, oneof, presence, ...value };
}

function valueType(type: string): ValueType {
  if (!type.startsWith(".")) return { scalar: type as ScalarType };
  const name = type.slice(1);
  const values = find(name)?.values;
  return values ? { enumeration: enumType(name, values) } : { message: name };
}

function enumType(name: string, values: { readonly [name: string]: number }): EnumType {
  const known = enumTypes.get(name);
  if (known) return known;
  const entries = Object.entries(values);
  // Of aliases the first is the name.
  const names = new Map(entries.toReversed().map(([value, number]) => [number, value]));
  const type = { name, numbers: new Map(entries), names };
  enumTypes.set(name, type);
  return type;
}

function find(name: string): DescriptorJson | undefined {
  let at: DescriptorJson | undefined = descriptor as DescriptorJson;
  for (const part of name.split(".")) {
    at = at.nested && Object.hasOwn(at.nested, part) ? at.nested[part] : undefined;
    if (!at) return undefined;
  }
  return at;
}

function fail(message: string): never {
  throw new TypeError(message);
}
