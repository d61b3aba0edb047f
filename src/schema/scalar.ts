import type { Code } from "../report/mod.ts";
import { parseDuration } from "./duration.ts";
import type { EnumShape, ScalarShape, ScalarType } from "./shapes.ts";
import { nearest } from "./suggest.ts";

/** A scalar's canonical value, or what is wrong with it. */
export type ScalarResult = { readonly value: string | number | boolean } | {
  readonly code: Code;
  readonly message: string;
};
export type ScalarReader = (value: unknown) => ScalarResult;

const wrongType = (message: string): ScalarResult => ({ code: "SLUICE-1003", message });
const outOfRange = (message: string): ScalarResult => ({ code: "SLUICE-1004", message });

/** The reader of a scalar shape. */
export function scalarReader(shape: ScalarShape): ScalarReader {
  const { minimum, maximum } = shape;
  const read = READERS[shape.type];
  if (minimum === undefined && maximum === undefined) return read;
  return (value) => {
    const result = read(value);
    if (!("value" in result)) return result;
    const number = Number(result.value);
    if (minimum !== undefined && number < minimum) return outOfRange(`${number} is below the least value, ${minimum}`);
    if (maximum !== undefined && number > maximum) {
      return outOfRange(`${number} is above the greatest value, ${maximum}`);
    }
    return result;
  };
}

/** The reader of an enum: a name or its number in, the name out. */
export function enumReader(shape: EnumShape): ScalarReader {
  const names = Object.keys(shape.values);
  const byName = new Set(names);
  const byNumber = new Map<number, string>();
  for (const name of names) if (!byNumber.has(shape.values[name]!)) byNumber.set(shape.values[name]!, name);
  return (value) => {
    if (typeof value === "string" && byName.has(value)) return { value };
    if (typeof value === "number" && byNumber.has(value)) return { value: byNumber.get(value)! };
    if (typeof value !== "string" && typeof value !== "number") {
      return wrongType(`expected one of ${names.join(", ")}, got ${describe(value)}`);
    }
    const near = typeof value === "string" ? nearest(value, names) : undefined;
    const shown = typeof value === "string" && !/^\w+$/.test(value) ? JSON.stringify(value) : value;
    return outOfRange(
      near ? `${shown} is not known, did you mean ${near}?` : `${shown} is none of ${names.join(", ")}`,
    );
  };
}

/** The zero that proto3 does not tell from absence. */
export function zeroOf(shape: ScalarShape | EnumShape): string | number | boolean | undefined {
  if (shape.wrapper) return undefined;
  switch (shape.type) {
    case "enum":
      return Object.keys(shape.values).find((name) => shape.values[name] === 0);
    case "bool":
      return false;
    case "string":
    case "bytes":
      return "";
    case "int64":
    case "uint64":
      return "0";
    case "duration":
    case "timestamp":
      return undefined;
    default:
      return 0;
  }
}

/** A value in a few words, for messages where nothing secret is meant to stand. */
function describe(value: unknown): string {
  switch (typeof value) {
    case "string":
      return `the text ${JSON.stringify(value.length > 40 ? `${value.slice(0, 40)}…` : value)}`;
    case "number":
    case "bigint":
      return `the number ${value}`;
    default:
      return nameType(value);
  }
}

/** The type of a value, for messages where the value may be a secret: the text of a header, a mapping written as text. */
export function nameType(value: unknown): string {
  if (value === null) return "null";
  if (Array.isArray(value)) return "a list";
  switch (typeof value) {
    case "object":
      return "a mapping";
    case "string":
      return "a text";
    case "number":
    case "bigint":
      return "a number";
    default:
      return `${value}`;
  }
}

// YAML 1.1's words: the parser leaves them as text, because most of them are meant as text.
const WORDS: ReadonlyMap<string, boolean> = new Map(
  Object.entries({ true: true, yes: true, on: true, y: true, false: false, no: false, off: false, n: false })
    .flatMap(([word, value]) => {
      const capital = word[0]!.toUpperCase() + word.slice(1);
      return [word, capital, word.toUpperCase()].map((form): [string, boolean] => [form, value]);
    }),
);

function readBool(value: unknown): ScalarResult {
  if (typeof value === "boolean") return { value };
  const word = typeof value === "string" ? WORDS.get(value) : undefined;
  return word === undefined ? wrongType(`expected true or false, got ${describe(value)}`) : { value: word };
}

function readString(value: unknown): ScalarResult {
  if (typeof value === "string") return { value };
  return wrongType(`expected text, got ${nameType(value)}${typeof value === "object" ? "" : ": quote it"}`);
}

function readBytes(value: unknown): ScalarResult {
  if (typeof value !== "string") return wrongType(`expected base64 text, got ${nameType(value)}`);
  const plain = value.replace(/[\r\n]/g, "").replace(/-/g, "+").replace(/_/g, "/");
  const body = plain.replace(/={1,2}$/, "");
  const padded = plain.length !== body.length;
  if (!/^[A-Za-z0-9+/]*$/.test(body) || body.length % 4 === 1 || (padded && plain.length % 4 !== 0)) {
    return wrongType("expected base64 text, got another text");
  }
  return { value: body + "=".repeat((4 - body.length % 4) % 4) };
}

/** An integer that kept its digits, or undefined. */
function integerOf(value: unknown): bigint | undefined {
  if (typeof value === "bigint") return value;
  if (typeof value === "number") return Number.isInteger(value) ? BigInt(value) : undefined;
  return typeof value === "string" && /^-?\d{1,20}$/.test(value) ? BigInt(value) : undefined;
}

const readInteger = (least: bigint, greatest: bigint, asText: boolean): ScalarReader => (value) => {
  if (
    typeof value === "number" && !asText && Number.isInteger(value) && value >= Number(least) &&
    value <= Number(greatest)
  ) {
    return { value: value === 0 ? 0 : value };
  }
  const integer = integerOf(value);
  if (integer === undefined) return wrongType(`expected a whole number, got ${describe(value)}`);
  if (typeof value === "number" && !Number.isSafeInteger(value) && asText) {
    return wrongType(`${value} has lost digits on its way here: quote it`);
  }
  if (integer < least || integer > greatest) return outOfRange(`${integer} is not between ${least} and ${greatest}`);
  return { value: asText ? integer.toString() : Number(integer) };
};

const readFloating = (greatest: number): ScalarReader => (value) => {
  let number: number | undefined;
  if (typeof value === "number") number = value;
  else if (typeof value === "bigint") number = Number(value);
  else if (typeof value === "string" && /^(NaN|-?Infinity|[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?)$/.test(value)) {
    number = Number(value);
  }
  if (number === undefined) return wrongType(`expected a number, got ${describe(value)}`);
  if (Number.isFinite(number) && Math.abs(number) > greatest) return outOfRange(`${number} is too large for a float`);
  return { value: number };
};

function readDuration(value: unknown): ScalarResult {
  if (typeof value !== "string") {
    const advice = typeof value === "number" ? `: did you mean "${value}s"?` : ', such as "5s"';
    return wrongType(`expected a duration, got ${describe(value)}${advice}`);
  }
  const result = parseDuration(value);
  if ("value" in result) return result;
  switch (result.fault) {
    case "form": {
      const unit = /^\d+(\.\d+)?$/.test(value) ? `did you mean "${value}s"?` : 'write it as "5s" or "0.25s"';
      return wrongType(`${describe(value)} is not a duration: ${unit}`);
    }
    case "precision":
      return outOfRange(`${value} is finer than a nanosecond`);
    case "range":
      return outOfRange(`${value} is beyond 315576000000s`);
  }
}

const TIMESTAMP = /^(\d{4})-(\d\d)-(\d\d)[Tt](\d\d):(\d\d):(\d\d)(\.\d{1,9})?([Zz]|[+-]\d\d:\d\d)$/;

function readTimestamp(value: unknown): ScalarResult {
  const parts = typeof value === "string" ? TIMESTAMP.exec(value)?.slice(1, 7).map(Number) : undefined;
  if (!parts) return wrongType(`expected a time such as "2024-01-31T12:00:00Z", got ${describe(value)}`);
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = parts;
  const leap = (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0;
  const days = [31, leap ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31][month - 1] ?? 0;
  if (year < 1 || day < 1 || day > days || hour > 23 || minute > 59 || second > 59) {
    return outOfRange(`${value} is no time that there is`);
  }
  return { value: value as string };
}

const READERS: Readonly<Record<ScalarType, ScalarReader>> = {
  bool: readBool,
  string: readString,
  bytes: readBytes,
  int32: readInteger(-(2n ** 31n), 2n ** 31n - 1n, false),
  uint32: readInteger(0n, 2n ** 32n - 1n, false),
  int64: readInteger(-(2n ** 63n), 2n ** 63n - 1n, true),
  uint64: readInteger(0n, 2n ** 64n - 1n, true),
  float: readFloating(3.4028234663852886e38),
  double: readFloating(Number.MAX_VALUE),
  duration: readDuration,
  timestamp: readTimestamp,
};
