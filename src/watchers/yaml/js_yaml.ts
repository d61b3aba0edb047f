/**
 * The only module that knows the YAML library. npm `js-yaml` stands in for `jsr:@std/yaml`, which was ported from it;
 * to swap them, {@link constructYaml} becomes a call of its `parse` with a schema of the same tags, and positions
 * ({@link positionsOf}) need a library that tells where its nodes stand.
 *
 * Scalars are read as Gloo reads them (YAML 1.1 by go-yaml 2, then as JSON): `<<` merges, `0777` is octal, `1_000` is a
 * number, dates and sexagesimal numbers are text. Different on purpose: `yes`, `no`, `on`, `off`, `y` and `n` stay text
 * (the decoder takes them where a boolean is meant, so that they remain usable as names), integers that a double cannot
 * hold stay decimal text, and `.inf` and `.nan` are the texts that proto JSON has for them.
 */
import {
  boolCoreTag,
  constructFromEvents,
  defineScalarTag,
  dump,
  type Event,
  EVENT_ID,
  FAILSAFE_SCHEMA,
  getScalarValue,
  mergeTag,
  NOT_RESOLVED,
  nullYaml11Tag,
  parseEvents,
  YAMLException,
} from "js-yaml";
import { readPlainYaml } from "./plain_yaml.ts";
import { safeReason } from "./reasons.ts";

/** Where and why a text is not YAML. */
export interface YamlFault {
  /** In UTF-16 units from the start of the text. */
  readonly offset: number;
  /** The kind of fault; nothing of the text is in it, which may be a secret. */
  readonly message: string;
}

/** A node with the offset at which it starts; an alias is the node that it stands for. */
export type PositionedNode =
  | { readonly type: "scalar"; readonly offset: number; readonly text: string }
  | { readonly type: "sequence"; readonly offset: number; readonly items: PositionedNode[] }
  | {
    readonly type: "mapping";
    readonly offset: number;
    readonly entries: { readonly key: PositionedNode; value: PositionedNode }[];
  };

const DIGITS = [..."0123456789"];
const INTEGER = /^([-+]?)(0b[01]+|0o?[0-7]+|0x[0-9a-fA-F]+|0|[1-9][0-9]*)$/;
const FLOAT = /^[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?$/;
const SPECIAL: Readonly<Record<string, string>> = { inf: "Infinity", nan: "NaN" };

function readInteger(source: string): number | string | typeof NOT_RESOLVED {
  const [, sign, digits] = INTEGER.exec(source.replaceAll("_", "")) ?? [];
  if (digits === undefined) return NOT_RESOLVED;
  const exact = BigInt(/^0[0-7]+$/.test(digits) ? `0o${digits.slice(1)}` : digits) * (sign === "-" ? -1n : 1n);
  const value = Number(exact);
  return Number.isSafeInteger(value) ? value : exact.toString();
}

function readFloat(source: string): number | string | typeof NOT_RESOLVED {
  const special = /^([-+]?)\.(inf|Inf|INF|nan|NaN|NAN)$/.exec(source);
  if (special) return (special[1] === "-" ? "-" : "") + SPECIAL[special[2]!.toLowerCase()];
  const plain = source.replaceAll("_", "");
  if (!FLOAT.test(plain)) return NOT_RESOLVED;
  if (/^[-+]?[0-9]+$/.test(plain) && !Number.isSafeInteger(Number(plain))) return BigInt(plain).toString();
  const value = Number(plain);
  return Number.isFinite(value) ? value : NOT_RESOLVED;
}

const integerTag = defineScalarTag("tag:yaml.org,2002:int", {
  implicit: true,
  implicitFirstChars: ["-", "+", ...DIGITS],
  resolve: readInteger,
  identify: () => false,
});

const floatTag = defineScalarTag("tag:yaml.org,2002:float", {
  implicit: true,
  implicitFirstChars: ["-", "+", ".", ...DIGITS],
  resolve: readFloat,
  identify: () => false,
});

const CONSTANTS: ReadonlyMap<string, null | boolean> = new Map([
  ...["~", "null", "Null", "NULL"].map((text): [string, null] => [text, null]),
  ...["true", "True", "TRUE"].map((text): [string, boolean] => [text, true]),
  ...["false", "False", "FALSE"].map((text): [string, boolean] => [text, false]),
]);

/** A plain scalar as {@link SCHEMA} reads it. */
function readPlainScalar(text: string): unknown {
  if (/^[-+.0-9]/.test(text)) {
    const integer = readInteger(text);
    const number = integer === NOT_RESOLVED ? readFloat(text) : integer;
    return number === NOT_RESOLVED ? text : number;
  }
  const constant = CONSTANTS.get(text);
  return constant === undefined ? text : constant;
}

const SCHEMA = FAILSAFE_SCHEMA.withTags(nullYaml11Tag, boolCoreTag, integerTag, floatTag, mergeTag);

/** What a text holds, with its number of aliases; or what is wrong with it. */
export type Constructed = { readonly value: unknown; readonly aliases: number } | { readonly fault: YamlFault };

/** The value of a text that holds one document. */
export function constructYaml(text: string): Constructed {
  const value = readPlainYaml(text, readPlainScalar);
  return value === undefined ? constructAnyYaml(text) : { value, aliases: 0 };
}

/** {@link constructYaml} by the library alone. */
export function constructAnyYaml(text: string): Constructed {
  try {
    const events = parseEvents(text, {});
    const [value = null] = constructFromEvents(events, { source: text, schema: SCHEMA });
    return { value, aliases: events.reduce((sum, event) => event.type === EVENT_ID.ALIAS ? sum + 1 : sum, 0) };
  } catch (error) {
    if (!(error instanceof YAMLException)) throw error;
    return { fault: { offset: error.mark?.position ?? 0, message: safeReason(error.reason) } };
  }
}

/** A value as YAML that every reader of YAML 1.1 or 1.2 reads alike. `undefined` members are left out; nothing is shared. */
export function dumpYaml(value: unknown): string {
  return dump(value, { noRefs: true, skipInvalid: true, lineWidth: 120 });
}

/** The nodes of a text that holds one document; undefined where it is empty or not YAML. */
export function positionsOf(text: string): PositionedNode | undefined {
  try {
    return readNodes(text, parseEvents(text, {}));
  } catch (error) {
    if (!(error instanceof YAMLException)) throw error;
    return undefined;
  }
}

function readNodes(text: string, events: readonly Event[]): PositionedNode | undefined {
  const anchors = new Map<string, PositionedNode>();
  let next = 0;
  const read = (): PositionedNode | undefined => {
    const event = events[next++];
    if (!event || event.type === EVENT_ID.POP) return undefined;
    if (event.type === EVENT_ID.DOCUMENT) return read();
    if (event.type === EVENT_ID.ALIAS) {
      const target = anchors.get(text.slice(event.anchorStart, event.anchorEnd));
      return target && { ...target, offset: event.anchorStart - 1 };
    }
    const node = emptyNode(text, event);
    if (event.anchorStart >= 0) anchors.set(text.slice(event.anchorStart, event.anchorEnd), node);
    if (node.type === "sequence") {
      for (let item = read(); item; item = read()) node.items.push(item);
    } else if (node.type === "mapping") {
      for (let key = read(); key; key = read()) {
        const value = read();
        if (value) node.entries.push({ key, value });
      }
    }
    return node;
  };
  return read();
}

type NodeEvent = Exclude<Event, { type: typeof EVENT_ID.POP | typeof EVENT_ID.DOCUMENT | typeof EVENT_ID.ALIAS }>;

function emptyNode(text: string, event: NodeEvent): PositionedNode {
  switch (event.type) {
    case EVENT_ID.SCALAR:
      return { type: "scalar", offset: startOf(text, event.valueStart), text: getScalarValue(text, event) };
    case EVENT_ID.SEQUENCE:
      return { type: "sequence", offset: event.start, items: [] };
    case EVENT_ID.MAPPING:
      return { type: "mapping", offset: event.start, entries: [] };
  }
}

/** The library counts a quoted scalar from behind its quote. */
const startOf = (text: string, valueStart: number): number =>
  text[valueStart - 1] === "'" || text[valueStart - 1] === '"' ? valueStart - 1 : valueStart;
