/**
 * What protos/ and the npm package say of Envoy's messages is checked against descriptors that came another way: those
 * of the Python package xds-protos, which `deno task tools` fetches.
 */
import { deepEqual, equal } from "node:assert/strict";
import descriptor from "./gen/descriptor.json" with { type: "json" };
import { type FieldType, messageType, serviceMethods, type ValueType } from "./message_type.ts";

type Texts = { readonly [name: string]: string };

interface Oracle {
  readonly messages: { readonly [name: string]: Texts };
  readonly enums: { readonly [name: string]: { readonly [name: string]: number } };
  readonly services: { readonly [name: string]: Texts };
}

interface Node {
  readonly nested?: { readonly [name: string]: Node };
  readonly fields?: unknown;
  readonly values?: { readonly [name: string]: number };
  readonly methods?: unknown;
}

const oracleFile = new URL("../../.tools/xds-protos-1.85.0/descriptors.json", import.meta.url);

Deno.test("every generated message, enum and service is what the current Envoy API says", () => {
  deepEqual(differences(readOracle()), []);
});

Deno.test("a wrong field number is seen", () => {
  const oracle = readOracle();
  const name = "envoy.config.cluster.v3.Cluster";
  const messages = { ...oracle.messages, [name]: { ...oracle.messages[name], name: "string = 99" } };
  const found = differences({ ...oracle, messages });
  equal(found.includes(`${name}.name: ours "string = 1", theirs "string = 99"`), true, found.join("\n"));
});

/** Each field, enum value and method that we have and of which the oracle says something else. */
function differences(oracle: Oracle): string[] {
  const found: string[] = [];
  const compare = (name: string, ours: Texts, theirs: { readonly [name: string]: string | number } | undefined) => {
    for (const [part, text] of Object.entries(ours)) {
      const other = String(theirs?.[part] ?? "(absent)");
      if (text !== other) found.push(`${name}.${part}: ours "${text}", theirs "${other}"`);
    }
  };
  for (const [name, node] of nodes(descriptor as Node, "")) {
    if (node.fields) compare(name, fieldTexts(name), oracle.messages[name]);
    if (node.values) compare(name, enumTexts(node.values), oracle.enums[name]);
    if (node.methods) compare(name, methodTexts(name), oracle.services[name]);
  }
  return found;
}

function* nodes(node: Node, name: string): Generator<[string, Node]> {
  yield [name, node];
  for (const [part, inner] of Object.entries(node.nested ?? {})) yield* nodes(inner, name ? `${name}.${part}` : part);
}

function fieldTexts(name: string): Texts {
  return Object.fromEntries([...messageType(name).byName].map(([field, type]) => [field, fieldText(type)]));
}

function fieldText(field: FieldType): string {
  if (field.shape === "map") return `map<${field.key}, ${valueText(field)}> = ${field.id}`;
  const repeated = field.shape === "repeated" ? "repeated " : "";
  const optional = field.presence && field.message === undefined ? "optional " : "";
  const oneof = field.oneof === undefined ? "" : ` in ${field.oneof}`;
  return `${repeated}${optional}${valueText(field)} = ${field.id}${oneof}`;
}

function valueText(type: ValueType): string {
  return type.message ?? type.enumeration?.name ?? type.scalar!;
}

function methodTexts(service: string): Texts {
  return Object.fromEntries(
    serviceMethods(service).map((method) => [method.name, `${method.request} -> ${method.response}`]),
  );
}

function enumTexts(values: { readonly [name: string]: number }): Texts {
  return Object.fromEntries(Object.entries(values).map(([name, value]) => [name, String(value)]));
}

function readOracle(): Oracle {
  try {
    return JSON.parse(Deno.readTextFileSync(oracleFile));
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
    throw new Error('the descriptors to check against are not there: run "deno task tools" first', { cause: error });
  }
}
