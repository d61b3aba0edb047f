/**
 * What protos/ and the npm package say of Envoy's messages is checked against descriptors that came another way: those
 * of the Python package xds-protos, which `deno task tools` fetches.
 */
import assert from "node:assert/strict";
import protobuf from "protobufjs";
import descriptor from "./gen/descriptor.json" with { type: "json" };
import { fullName, serviceMethods, typeOf } from "./reflection.ts";

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

/** Fields that xds-protos does not have yet, as the descriptors inside Envoy 1.40's executable have them. */
const NEWER: Texts = { "envoy.config.core.v3.HealthCheck.name": "string = 27" };

const oracleFile = new URL("../../.tools/xds-protos-1.85.0/descriptors.json", import.meta.url);

Deno.test("every generated message, enum and service is what the current Envoy API says", () => {
  assert.deepEqual(differences(readOracle()), []);
});

Deno.test("a wrong field number is seen", () => {
  const oracle = readOracle();
  const name = "envoy.config.cluster.v3.Cluster";
  const messages = { ...oracle.messages, [name]: { ...oracle.messages[name], name: "string = 99" } };
  const found = differences({ ...oracle, messages });
  assert.equal(found.includes(`${name}.name: ours "string = 1", theirs "string = 99"`), true, found.join("\n"));
});

/** Each field, enum value and method that we have and of which the oracle says something else. */
function differences(oracle: Oracle): string[] {
  const found: string[] = [];
  const compare = (name: string, ours: Texts, theirs: { readonly [name: string]: string | number } | undefined) => {
    for (const [part, text] of Object.entries(ours)) {
      const other = String(theirs?.[part] ?? NEWER[`${name}.${part}`] ?? "(absent)");
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

/** Fields know their types and whether they have presence once all is resolved. */
typeOf("google.protobuf.Any").root.resolveAll();

function fieldTexts(name: string): Texts {
  return Object.fromEntries(typeOf(name).fieldsArray.map((field) => [field.name, fieldText(field)]));
}

function fieldText(field: protobuf.Field): string {
  if (field instanceof protobuf.MapField) return `map<${field.keyType}, ${valueText(field)}> = ${field.id}`;
  const repeated = field.repeated ? "repeated " : "";
  const optional = field.hasPresence && !(field.resolvedType instanceof protobuf.Type) ? "optional " : "";
  const oneof = field.partOf ? ` in ${field.partOf.name}` : "";
  return `${repeated}${optional}${valueText(field)} = ${field.id}${oneof}`;
}

function valueText({ resolvedType, type }: protobuf.Field): string {
  return resolvedType ? fullName(resolvedType) : type;
}

function methodTexts(service: string): Texts {
  return Object.fromEntries(
    serviceMethods(service).map(({ name, resolvedRequestType, resolvedResponseType }) => [
      name,
      `${fullName(resolvedRequestType!)} -> ${fullName(resolvedResponseType!)}`,
    ]),
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
