import type { Shape } from "../api/mod.ts";
import type { Cursor } from "./cursor.ts";
import type { Registry } from "./registry.ts";
import { enumReader, nameType, scalarReader, zeroOf } from "./scalar.ts";
import { camelCase, isFreeMapping } from "./shapes.ts";
import type { EnumShape, MessageShape, ScalarShape } from "./shapes.ts";
import { unknownField } from "./unknown_field.ts";

/**
 * Decodes a value that is there (not null). Gives the frozen, canonical value, or undefined where it counts as absent
 * (a zero that proto3 does not tell from absence, an empty list) or where a fault was put down.
 */
export type Decoder = (value: unknown, at: Cursor) => unknown;

/** Only messages that contain themselves and free JSON can be so deep. */
const MAX_DEPTH = 100;

/** Shapes made into closures, once each; messages look their fields up at first use, so that recursion ends. */
export interface Compiler {
  compile(shape: Shape): Decoder;
}

/** `lenient` passes over the fields that a message does not have. */
export function createCompiler(registry: Registry, { lenient = false } = {}): Compiler {
  const made = new Map<Shape, Decoder>();

  function compile(shape: Shape): Decoder {
    let decoder = made.get(shape);
    if (!decoder) made.set(shape, decoder = make(shape));
    return decoder;
  }

  function make(shape: Shape): Decoder {
    switch (shape.type) {
      case "message":
        return messageDecoder(shape, registry, compile, lenient);
      case "list":
        return listDecoder(itemDecoder(shape.item));
      case "map":
        return mapDecoder(itemDecoder(shape.value));
      case "free":
        return isFreeMapping(shape) ? decodeFreeMapping : decodeFree;
      case "recursive": {
        const { target } = shape;
        return (value, at) => atMost(at) ? compile(target())(value, at) : undefined;
      }
      default:
        return scalarDecoder(shape, zeroOf(shape));
    }
  }

  /** An item of a list or map is there even when it is zero. */
  function itemDecoder(shape: Shape): Decoder {
    return isScalar(shape) ? scalarDecoder(shape, undefined) : compile(shape);
  }

  return { compile };
}

const isScalar = (shape: Shape): shape is ScalarShape | EnumShape =>
  !["message", "list", "map", "free", "recursive"].includes(shape.type);

function scalarDecoder(shape: ScalarShape | EnumShape, zero: unknown): Decoder {
  const read = shape.type === "enum" ? enumReader(shape) : scalarReader(shape);
  return (value, at) => {
    const result = read(value);
    if ("value" in result) return result.value === zero ? undefined : result.value;
    at.error(result.code, at.hidden ? hiddenMessage(shape) : result.message);
    return undefined;
  };
}

const hiddenMessage = (shape: ScalarShape | EnumShape): string =>
  shape.type === "string" ? "expected text: a number or a word such as true wants quotes" : `expected ${shape.type}`;

interface Field {
  readonly name: string;
  readonly oneof: string | undefined;
  readonly decode: Decoder;
}

function messageDecoder(
  shape: MessageShape,
  registry: Registry,
  compile: (shape: Shape) => Decoder,
  lenient: boolean,
): Decoder {
  let table: Map<string, Field> | undefined;
  return (value, at) => {
    if (!isMapping(value)) {
      at.error("SLUICE-1003", `expected a mapping, got ${nameType(value)}`);
      return undefined;
    }
    table ??= fieldTable(shape, registry, compile);
    const out: Record<string, unknown> = {};
    let members: Field[] | undefined;
    at.enter(shape);
    for (const key of Object.keys(value)) {
      const given = value[key];
      at.push(key);
      const field = table.get(key) ?? table.get(camelCase(key));
      if (!field) {
        if (!lenient) at.error("SLUICE-1002", unknownField(key, at, registry));
      } else if (given !== null && given !== undefined) {
        if (key !== field.name && isSet(value[field.name])) {
          at.error("SLUICE-1007", `${key} and ${field.name} are one field, given twice`);
        }
        if (field.oneof !== undefined) (members ??= []).push(field);
        const decoded = field.decode(given, at);
        if (decoded !== undefined) out[field.name] = decoded;
      }
      at.pop();
    }
    if (members && members.length > 1) checkOneofs(members, at);
    at.leave();
    return Object.freeze(out);
  };
}

const isSet = (value: unknown): boolean => value !== null && value !== undefined;

function fieldTable(
  shape: MessageShape,
  registry: Registry,
  compile: (shape: Shape) => Decoder,
): Map<string, Field> {
  const table = new Map<string, Field>();
  for (const [name, inner] of Object.entries(registry.fieldsOf(shape))) {
    table.set(name, { name, oneof: inner.oneof, decode: compile(inner) });
  }
  return table;
}

function checkOneofs(members: readonly Field[], at: Cursor): void {
  const groups = Map.groupBy(new Set(members), ({ oneof }) => oneof);
  for (const group of groups.values()) {
    if (group.length < 2) continue;
    at.error("SLUICE-1005", `only one of ${group.map(({ name }) => name).join(", ")} may be set`);
  }
}

function listDecoder(decodeItem: Decoder): Decoder {
  return (value, at) => {
    if (!Array.isArray(value)) {
      at.error("SLUICE-1003", `expected a list, got ${nameType(value)}`);
      return undefined;
    }
    if (value.length === 0) return undefined;
    const out: unknown[] = [];
    for (let i = 0; i < value.length; i++) {
      at.push(i);
      if (!isSet(value[i])) at.error("SLUICE-1003", "an item of a list cannot be empty");
      else out.push(decodeItem(value[i], at));
      at.pop();
    }
    // A list that grew has room for 17; its copy has no more than it needs.
    return Object.freeze(out.slice());
  };
}

function mapDecoder(decodeValue: Decoder): Decoder {
  return (value, at) => {
    if (!isMapping(value)) {
      at.error("SLUICE-1003", `expected a mapping, got ${nameType(value)}`);
      return undefined;
    }
    const keys = Object.keys(value);
    if (keys.length === 0) return undefined;
    const out: Record<string, unknown> = {};
    for (const key of keys) {
      at.push(key);
      if (key === "__proto__") at.error("SLUICE-1003", "__proto__ cannot be a key");
      else if (!isSet(value[key])) at.error("SLUICE-1003", "a value of a mapping cannot be empty");
      else out[key] = decodeValue(value[key], at);
      at.pop();
    }
    return Object.freeze(out);
  };
}

/** A frozen copy of any JSON; an integer too large for a number becomes text, as proto-JSON has it. */
function decodeFree(value: unknown, at: Cursor): unknown {
  if (typeof value === "bigint") return value.toString();
  if (typeof value !== "object" || value === null) return value;
  if (!atMost(at)) return undefined;
  if (Array.isArray(value)) {
    return Object.freeze(value.map((item, i) => {
      at.push(i);
      const copy = decodeFree(item, at);
      at.pop();
      return copy;
    }));
  }
  const out: Record<string, unknown> = {};
  for (const [key, item] of Object.entries(value)) {
    at.push(key);
    if (key === "__proto__") at.error("SLUICE-1003", "__proto__ cannot be a key");
    else out[key] = decodeFree(item, at);
    at.pop();
  }
  return Object.freeze(out);
}

function decodeFreeMapping(value: unknown, at: Cursor): unknown {
  if (isMapping(value)) return decodeFree(value, at);
  at.error("SLUICE-1003", `expected a mapping, got ${nameType(value)}`);
  return undefined;
}

function atMost(at: Cursor): boolean {
  if (at.depth <= MAX_DEPTH) return true;
  at.error("SLUICE-1003", `this is nested more than ${MAX_DEPTH} levels deep`);
  return false;
}

/** A YAML mapping, JSON object. */
export function isMapping(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
