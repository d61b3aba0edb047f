import { RULES } from "../oneof_rules.ts";
import type { JsonSchema } from "../scalar_schema.ts";

/** What the API server takes, of one rule and of all rules of a CRD. */
export const RULE_LIMIT = 10_000_000;
export const CRD_LIMIT = 100_000_000;

/** The body of a request, in bytes. */
const REQUEST = 3 * 1024 * 1024;

/**
 * What the API server reckons each rule of a CRD to cost, by its path, for tests: the cost of one use, times the number
 * of objects that the schema allows there. A list or map without a greatest size allows as many objects as fit into a
 * request, each with its comma. The rules are those of oneofs; a use of one costs one more than it has members.
 */
export function ruleCosts(schema: JsonSchema): Map<string, number> {
  const costs = new Map<string, number>();
  walk(schema, "", 1, costs);
  return costs;
}

interface Parts {
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly items?: JsonSchema;
  readonly maxItems?: number;
  readonly additionalProperties?: JsonSchema;
}

function walk(schema: JsonSchema, path: string, times: number, costs: Map<string, number>): void {
  const smallest = "{},".length;
  const uses = times === Infinity ? REQUEST / smallest : times;
  for (const [i, { rule }] of ((schema[RULES] ?? []) as readonly { readonly rule: string }[]).entries()) {
    const members = new Set([...rule.matchAll(/self\.(\w+)/g)].map(([, name]) => name));
    costs.set(`${path}#${i}`, (members.size + 1) * uses);
  }
  const { properties = {}, items, maxItems = Infinity, additionalProperties } = schema as Parts;
  for (const [name, field] of Object.entries(properties)) walk(field, `${path}.${name}`, times, costs);
  if (items) walk(items, `${path}[]`, times * maxItems, costs);
  if (additionalProperties) walk(additionalProperties, `${path}.*`, Infinity, costs);
}
