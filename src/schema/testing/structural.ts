import type { JsonSchema } from "../scalar_schema.ts";

/**
 * Where a schema breaks Kubernetes' rules of structural schemas, for tests
 * (https://kubernetes.io/docs/tasks/extend-kubernetes/custom-resources/custom-resource-definitions/#specifying-a-structural-schema):
 *
 * 1. every field, item and value outside of allOf, anyOf, oneOf and not has a type, or is an int-or-string or keeps
 *    unknown fields; the root is an object;
 * 2. what stands within those is also stated outside of them;
 * 3. description, type, default, additionalProperties and nullable stand only outside of them;
 * 4. of metadata only name and generateName may be restricted;
 * 5. some keywords are forbidden altogether.
 */
export function breaches(root: JsonSchema): string[] {
  const found = outside(root, "root");
  if (root.type !== undefined && root.type !== "object") found.push("root: not an object");
  const metadata = fieldsOf(root).metadata;
  for (const name of Object.keys(metadata ? fieldsOf(metadata) : {})) {
    if (name !== "name" && name !== "generateName") found.push(`metadata: restricts ${name}`);
  }
  return found;
}

const FORBIDDEN = [
  "definitions",
  "dependencies",
  "deprecated",
  "discriminator",
  "id",
  "patternProperties",
  "readOnly",
  "writeOnly",
  "xml",
  "$ref",
  "const",
  "if",
  "then",
  "else",
];
const TYPES = ["object", "array", "string", "integer", "number", "boolean"];
const ONLY_OUTSIDE = ["description", "type", "default", "additionalProperties", "nullable"];
const LOGIC = ["allOf", "anyOf", "oneOf", "not"];

function fieldsOf(schema: JsonSchema): Readonly<Record<string, JsonSchema>> {
  return (schema.properties ?? {}) as Readonly<Record<string, JsonSchema>>;
}

const below = (path: string, name: string): string => path === "root" ? name : `${path}.${name}`;

function outside(schema: JsonSchema, path: string): string[] {
  const found = [...keywords(schema, path), ...types(schema, path)];
  for (const [name, field] of Object.entries(fieldsOf(schema))) found.push(...outside(field, below(path, name)));
  const { items, additionalProperties } = schema as {
    readonly items?: JsonSchema;
    readonly additionalProperties?: unknown;
  };
  if (items) found.push(...outside(items, below(path, "items")));
  if (typeof additionalProperties === "object") {
    found.push(...outside(additionalProperties as JsonSchema, below(path, "*")));
  }
  for (const logic of LOGIC) {
    for (const inner of [schema[logic] ?? []].flat() as JsonSchema[]) found.push(...inside(inner, schema, path, logic));
  }
  return found;
}

function types(schema: JsonSchema, path: string): string[] {
  const { type } = schema;
  const free = schema["x-kubernetes-preserve-unknown-fields"] === true;
  if (schema["x-kubernetes-int-or-string"] === true) {
    return type === undefined ? [] : [`${path}: int-or-string with a type`];
  }
  if (type === undefined) return free ? [] : [`${path}: no type`];
  if (!TYPES.includes(type as string)) return [`${path}: type ${type}`];
  return type === "array" && !schema.items ? [`${path}: an array without items`] : [];
}

function keywords(schema: JsonSchema, path: string): string[] {
  const found = FORBIDDEN.filter((keyword) => keyword in schema).map((keyword) => `${path}: ${keyword}`);
  if (schema.additionalProperties === false) found.push(`${path}: additionalProperties false`);
  else if (schema.additionalProperties && schema.properties) found.push(`${path}: properties and additionalProperties`);
  if (schema.uniqueItems === true) found.push(`${path}: uniqueItems`);
  const preserve = "x-kubernetes-preserve-unknown-fields";
  if (preserve in schema && schema[preserve] !== true) found.push(`${path}: ${preserve} ${schema[preserve]}`);
  return found;
}

/** A part within allOf, anyOf, oneOf or not, against what is stated outside of it. */
function inside(schema: JsonSchema, stated: JsonSchema, path: string, logic: string): string[] {
  const found = ONLY_OUTSIDE.filter((keyword) => keyword in schema).map((keyword) => `${path}: ${keyword} in ${logic}`);
  for (const [name, field] of Object.entries(fieldsOf(schema))) {
    const same = fieldsOf(stated)[name];
    if (same) found.push(...inside(field, same, below(path, name), logic));
    else found.push(`${path}: ${logic} speaks of ${name}, which is not outside`);
  }
  for (const deeper of LOGIC) {
    for (const inner of [schema[deeper] ?? []].flat() as JsonSchema[]) {
      found.push(...inside(inner, stated, path, deeper));
    }
  }
  return found;
}
