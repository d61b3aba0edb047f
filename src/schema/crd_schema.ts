import { KINDS } from "../api/mod.ts";
import type { Kind, Shape } from "../api/mod.ts";
import { CRD_NOTES } from "./crd_notes.ts";
import { costOfRule, oneofRules, RULES } from "./oneof_rules.ts";
import { exclusive } from "./oneof_schema.ts";
import type { Registry } from "./registry.ts";
import { structuralScalar } from "./scalar_schema.ts";
import type { JsonSchema } from "./scalar_schema.ts";
import { choicesOf, isFreeMapping } from "./shapes.ts";
import type { MessageShape } from "./shapes.ts";

const UNKNOWN: JsonSchema = { "x-kubernetes-preserve-unknown-fields": true };
const ANY_OBJECT: JsonSchema = { type: "object", ...UNKNOWN };

/**
 * How many items an outermost list may have whose items have rules. No list gets so long: items that say something,
 * 20,000 of them, are more than etcd takes for one object (1.5 MiB).
 */
const MOST_ITEMS = 20_000;
/** How often a message may occur where a list or map around it has no such number: as `{},` fits into a request. */
const ANY_NUMBER = 1_048_576;
/** What a rule may cost, each time that its message may occur taken together, for the API server to take the CRD. */
const RULE_BUDGET = 10_000_000;

/**
 * The structural schema of a kind: no references, no types inside of oneOf and the like. What is unknown it keeps where
 * Gloo's CRD does, and nowhere else.
 */
export function crdSchema(registry: Registry, kind: Kind): JsonSchema {
  const { doc, carried = [], kept = [] } = CRD_NOTES[kind] ?? {};
  const writer = new SchemaWriter(registry, carried);
  const { properties, ...spec } = writer.message(KINDS[kind].spec as MessageShape, 1);
  return {
    type: "object",
    description: doc,
    properties: {
      // Kubernetes fills these two and metadata in.
      apiVersion: { type: "string" },
      kind: { type: "string" },
      metadata: { type: "object" },
      spec: {
        ...spec,
        properties: {
          ...properties as JsonSchema,
          ...Object.fromEntries(kept.map((name) => [name, { type: "array", items: ANY_OBJECT }])),
          // Statuses in the spec: Gloo's CRDs have the field, and decoding passes over it.
          namespacedStatuses: ANY_OBJECT,
        },
      },
      // With a default, as in Gloo's: a JSON patch that replaces /status finds one to replace.
      status: { ...ANY_OBJECT, default: {} },
    },
  };
}

class SchemaWriter {
  constructor(readonly registry: Registry, readonly carried: readonly string[]) {}

  /** `times` is how often the message may occur in an object. */
  message(shape: MessageShape, times: number): JsonSchema {
    const fields = this.registry.fieldsOf(shape);
    const properties = Object.entries(fields).map(([name, field]) => [name, this.#field(name, field, times)]);
    const choices = Map.groupBy(choicesOf(fields), (members) => costOfRule(members) * times <= RULE_BUDGET);
    return {
      type: "object",
      ...(properties.length > 0 ? { properties: Object.fromEntries(properties) } : {}),
      ...oneofRules(choices.get(true) ?? []),
      ...exclusive(choices.get(false) ?? []),
    };
  }

  #field(name: string, shape: Shape, times: number): JsonSchema {
    const deprecation = shape.deprecated ? `Deprecated: ${shape.deprecated}.` : undefined;
    const description = [shape.doc, deprecation].filter((text) => text !== undefined).join(" ");
    return {
      ...(description ? { description } : {}),
      ...(this.carried.includes(name) ? ANY_OBJECT : this.#value(shape, times)),
    };
  }

  #value(shape: Shape, times: number): JsonSchema {
    switch (shape.type) {
      case "message":
        return this.message(shape, times);
      case "list": {
        const items = this.#field("", shape.item, times === 1 ? MOST_ITEMS : ANY_NUMBER);
        return { type: "array", items, ...(times === 1 && hasRules(items) ? { maxItems: MOST_ITEMS } : {}) };
      }
      case "map":
        return { type: "object", additionalProperties: this.#field("", shape.value, ANY_NUMBER) };
      case "recursive":
        return UNKNOWN;
      case "free":
        return isFreeMapping(shape) ? ANY_OBJECT : UNKNOWN;
      default:
        return structuralScalar(shape);
    }
  }
}

function hasRules(schema: unknown): boolean {
  return typeof schema === "object" && schema !== null &&
    (Object.hasOwn(schema, RULES) || Object.values(schema).some(hasRules));
}
