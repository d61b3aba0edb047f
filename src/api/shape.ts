/**
 * The small language in which every kind and every plugin option is defined once. A shape is plain data; from it come
 * the TypeScript type ({@link Infer}), strict decoding, the editor's JSON schema and the CRD (see `src/schema`).
 *
 * Decoded values are canonical proto-JSON: lowerCamel names, durations as text (`"1.5s"`), enum values by name, 64-bit
 * integers as decimal text, bytes as base64 text, wrappers as bare values. A proto3 scalar that holds its zero value is
 * left out (as in proto3, zero and absent are one); a wrapper keeps it. So `value ?? default` is always right.
 */

declare const of: unique symbol;

interface ShapeOf<T> {
  /** Never set; it carries the type of a decoded value. */
  readonly [of]?: T;
  /** One or two sentences for the JSON schema and the CRD. */
  readonly doc?: string;
  /** Name of the proto oneof that the field belongs to: at most one member of it may be set. */
  readonly oneof?: string;
  /** Set for a field that Gloo has and that is deprecated there; the text says what to use. */
  readonly deprecated?: string;
}

/** The scalar types of proto3, and the well-known types that JSON writes as one text. */
export type ScalarType =
  | "bool"
  | "string"
  | "bytes"
  | "int32"
  | "uint32"
  | "int64"
  | "uint64"
  | "float"
  | "double"
  | "duration"
  | "timestamp";

/** A scalar. `wrapper` says that it is a `google.protobuf.*Value`: zero is a value of its own. */
export interface ScalarShape<T = unknown> extends ShapeOf<T> {
  readonly type: ScalarType;
  readonly wrapper: boolean;
  /** Inclusive bounds, for numbers only. */
  readonly minimum?: number;
  readonly maximum?: number;
}

/** An enum: names in order of their numbers, or with the numbers spelled out. Input may use either; names come out. */
export interface EnumShape<T = unknown> extends ShapeOf<T> {
  readonly type: "enum";
  readonly values: Readonly<Record<string, number>>;
  /** True keeps the zero value, as for an enum in a oneof or where absent means something else. */
  readonly wrapper: boolean;
}

export interface ListShape<T = unknown> extends ShapeOf<T> {
  readonly type: "list";
  readonly item: Shape;
}

export interface MapShape<T = unknown> extends ShapeOf<T> {
  readonly type: "map";
  readonly value: Shape;
}

/** A message. With `hole`, plugins contribute further fields to it (`src/schema` fills them in). */
export interface MessageShape<T = unknown> extends ShapeOf<T> {
  readonly type: "message";
  readonly fields: Readonly<Record<string, Shape>>;
  readonly hole?: HoleName;
}

/**
 * Any JSON (`google.protobuf.Struct`, `Value`, `Any`, or a message that is only carried along). As a member of a oneof
 * it is a mapping: no oneof of Gloo's has a `Value`.
 */
export interface FreeShape<T = unknown> extends ShapeOf<T> {
  readonly type: "free";
}

/** A message that contains itself. In a CRD it preserves unknown fields, as structural schemas know no recursion. */
export interface RecursiveShape<T = unknown> extends ShapeOf<T> {
  readonly type: "recursive";
  readonly target: () => Shape;
}

/**
 * A definition of a value.
 *
 * ```ts
 * import { duration, type Infer, list, message, oneof, string } from "./shape.ts";
 * const retry = message({ on: list(string()), ...oneof("pause", { fixed: duration(), none: message({}) }) });
 * const decoded: Infer<typeof retry> = { on: ["5xx"], fixed: "1.5s" };
 * ```
 */
export type Shape =
  | ScalarShape
  | EnumShape
  | ListShape
  | MapShape
  | MessageShape
  | FreeShape
  | RecursiveShape;

/** The messages to which plugins contribute fields. Names follow the place: `route` is Gloo's RouteOptions, and so on. */
export type HoleName =
  | "listener"
  | "httpListener"
  | "tcpListener"
  | "virtualHost"
  | "route"
  | "weightedDestination"
  | "routeConfiguration"
  | "upstream"
  | "destinationSpec"
  | "glooSettings";

/** The type of the decoded value of a shape. */
export type Infer<S> = S extends ShapeOf<infer T> ? T : never;

/** The type of a message with these fields: every field may be absent, as in proto3. */
export type InferFields<F> = { readonly [K in keyof F]?: Infer<F[K]> };

interface FieldNote {
  readonly doc?: string;
  readonly deprecated?: string;
}
interface NumberNote extends FieldNote {
  readonly minimum?: number;
  readonly maximum?: number;
}

const scalar = <T>(type: ScalarType, wrapper: boolean) => (note: NumberNote = {}): ScalarShape<T> => ({
  type,
  wrapper,
  ...note,
});

export const bool: (note?: FieldNote) => ScalarShape<boolean> = scalar("bool", false);
export const boolValue: (note?: FieldNote) => ScalarShape<boolean> = scalar("bool", true);
export const string: (note?: FieldNote) => ScalarShape<string> = scalar("string", false);
export const stringValue: (note?: FieldNote) => ScalarShape<string> = scalar("string", true);
export const bytes: (note?: FieldNote) => ScalarShape<string> = scalar("bytes", false);
export const int32: (note?: NumberNote) => ScalarShape<number> = scalar("int32", false);
export const uint32: (note?: NumberNote) => ScalarShape<number> = scalar("uint32", false);
export const uint32Value: (note?: NumberNote) => ScalarShape<number> = scalar("uint32", true);
export const int32Value: (note?: NumberNote) => ScalarShape<number> = scalar("int32", true);
export const int64: (note?: NumberNote) => ScalarShape<string> = scalar("int64", false);
export const uint64: (note?: NumberNote) => ScalarShape<string> = scalar("uint64", false);
export const uint64Value: (note?: NumberNote) => ScalarShape<string> = scalar("uint64", true);
export const float: (note?: NumberNote) => ScalarShape<number> = scalar("float", false);
export const floatValue: (note?: NumberNote) => ScalarShape<number> = scalar("float", true);
export const double: (note?: NumberNote) => ScalarShape<number> = scalar("double", false);
export const doubleValue: (note?: NumberNote) => ScalarShape<number> = scalar("double", true);
/** A `google.protobuf.Duration`, as text: `"1.5s"`. Absent and `"0s"` differ, as it is a message. */
export const duration: (note?: FieldNote) => ScalarShape<string> = scalar("duration", true);
/** A `google.protobuf.Timestamp`, RFC 3339 text. */
export const timestamp: (note?: FieldNote) => ScalarShape<string> = scalar("timestamp", true);

/** An enum whose names have the numbers 0, 1, 2, … in this order. */
export function enumeration<const N extends readonly string[]>(names: N, note: FieldNote = {}): EnumShape<N[number]> {
  return { type: "enum", values: Object.fromEntries(names.map((name, i) => [name, i])), wrapper: false, ...note };
}

/** An enum with its numbers spelled out. */
export function numberedEnumeration<const V extends Record<string, number>>(
  values: V,
  note: FieldNote = {},
): EnumShape<keyof V & string> {
  return { type: "enum", values, wrapper: false, ...note };
}

export function list<S extends Shape>(item: S, note: FieldNote = {}): ListShape<readonly Infer<S>[]> {
  return { type: "list", item, ...note };
}

export function map<S extends Shape>(value: S, note: FieldNote = {}): MapShape<Readonly<Record<string, Infer<S>>>> {
  return { type: "map", value, ...note };
}

export function message<F extends Record<string, Shape>>(
  fields: F,
  note: FieldNote & { readonly hole?: HoleName } = {},
): MessageShape<InferFields<F>> {
  return { type: "message", fields, ...note };
}

export function free(note: FieldNote = {}): FreeShape<unknown> {
  return { type: "free", ...note };
}

/** For a message that contains itself; the type has to be spelled out, as inference cannot close the circle. */
export function recursive<T>(target: () => Shape, note: FieldNote = {}): RecursiveShape<T> {
  return { type: "recursive", target, ...note };
}

/** The same shape as a member of the oneof called `name`. A scalar member keeps its zero value: being set is the value. */
export function member<S extends Shape>(name: string, shape: S): S {
  return "wrapper" in shape ? { ...shape, oneof: name, wrapper: true } : { ...shape, oneof: name };
}

/** The members of one oneof: `...oneof("action", { routeAction, redirectAction })`. */
export function oneof<F extends Record<string, Shape>>(name: string, fields: F): F {
  return Object.fromEntries(Object.entries(fields).map(([key, shape]) => [key, member(name, shape)])) as F;
}
