import { apiVersionOf, GLOO_KINDS, KINDS } from "../api/mod.ts";
import type { Kind, Shape } from "../api/mod.ts";
import { exclusive } from "./oneof_schema.ts";
import type { Registry } from "./registry.ts";
import { editorScalar } from "./scalar_schema.ts";
import type { JsonSchema } from "./scalar_schema.ts";
import { choicesOf, isFreeMapping, protoNamePattern } from "./shapes.ts";
import type { Fields, MessageShape } from "./shapes.ts";

const DRAFT = "http://json-schema.org/draft-07/schema#";

/** Which document a schema is for: a Kubernetes manifest of one kind, Gloo's bare message, or a manifest of any kind. */
export type JsonSchemaFor = { readonly manifest: Kind } | { readonly bare: Kind } | "manifests";

/**
 * The JSON schema (draft-07, which yaml-language-server reads) for a sort of document. Unknown fields are faults; the
 * proto names of fields are let through. "manifests" lets kinds of others pass.
 */
export function jsonSchema(registry: Registry, what: JsonSchemaFor): JsonSchema {
  const builder = new Builder(registry);
  const body = what === "manifests"
    ? anyManifest(builder)
    : "bare" in what
    ? bare(builder, what.bare)
    : manifest(builder, what.manifest);
  return { $schema: DRAFT, ...body, definitions: builder.definitions() };
}

function manifest(builder: Builder, kind: Kind): JsonSchema {
  return {
    type: "object",
    required: ["apiVersion", "kind", "metadata"],
    properties: {
      apiVersion: { const: apiVersionOf(kind) },
      kind: { const: kind },
      metadata: METADATA,
      spec: builder.schemaOf(KINDS[kind].spec, kind),
      status: { type: "object" },
    },
    additionalProperties: false,
  };
}

function bare(builder: Builder, kind: Kind): JsonSchema {
  const { properties, ...rest } = builder.message(KINDS[kind].spec as MessageShape, kind) as { properties: JsonSchema };
  const beside = { metadata: METADATA, status: { type: "object" }, namespacedStatuses: { type: "object" } };
  return { ...rest, required: ["metadata"], properties: { ...beside, ...properties } };
}

function anyManifest(builder: Builder): JsonSchema {
  const rules = GLOO_KINDS.map((kind) => ({
    if: {
      required: ["apiVersion", "kind"],
      properties: { apiVersion: { const: apiVersionOf(kind) }, kind: { const: kind } },
    },
    then: manifest(builder, kind),
  }));
  return { type: "object", required: ["apiVersion", "kind"], allOf: rules };
}

const NAME = "^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$";
const TEXTS: JsonSchema = { type: "object", additionalProperties: { type: "string" } };

/** Kubernetes adds fields of its own here, so others are let through. */
const METADATA: JsonSchema = {
  type: "object",
  required: ["name"],
  properties: {
    name: { type: "string", maxLength: 253, pattern: NAME },
    namespace: { type: "string", maxLength: 63 },
    labels: TEXTS,
    annotations: TEXTS,
  },
};

/** Makes schemas of shapes. A message that occurs at several places becomes a definition, named after the first place. */
class Builder {
  readonly #names = new Map<Fields, string>();
  readonly #definitions = new Map<string, JsonSchema>();

  constructor(readonly registry: Registry) {}

  definitions(): JsonSchema {
    return Object.fromEntries(this.#definitions);
  }

  schemaOf(shape: Shape, path: string): JsonSchema {
    const notes = {
      ...(shape.doc ? { description: shape.doc } : {}),
      ...(shape.deprecated ? { deprecated: true, deprecationMessage: shape.deprecated } : {}),
    };
    return { ...notes, ...this.#value(shape, path) };
  }

  #value(shape: Shape, path: string): JsonSchema {
    switch (shape.type) {
      case "message":
        return { $ref: `#/definitions/${this.#define(shape, path)}` };
      case "list":
        return { type: "array", items: this.schemaOf(shape.item, path) };
      case "map":
        return { type: "object", additionalProperties: this.schemaOf(shape.value, path) };
      case "recursive":
        return this.schemaOf(shape.target(), path);
      case "free":
        return isFreeMapping(shape) ? { type: "object" } : {};
      default:
        return editorScalar(shape);
    }
  }

  /** Copies of a message (as a member of a oneof, with another doc) share their fields, and so their definition. */
  #define(shape: MessageShape, path: string): string {
    const fields = this.registry.fieldsOf(shape);
    const known = this.#names.get(fields);
    if (known) return known;
    this.#names.set(fields, path);
    this.#definitions.set(path, {});
    this.#definitions.set(path, this.message(shape, path));
    return path;
  }

  message(shape: MessageShape, path: string): JsonSchema {
    const fields = this.registry.fieldsOf(shape);
    const properties = Object.entries(fields).map(([name, field]) => [name, this.schemaOf(field, `${path}.${name}`)]);
    const protoNames = Object.keys(fields).map(protoNamePattern).filter((name) => name !== undefined);
    return {
      type: "object",
      properties: Object.fromEntries(properties),
      ...(protoNames.length > 0 ? { patternProperties: { [`^(${protoNames.join("|")})$`]: {} } } : {}),
      additionalProperties: false,
      ...exclusive(choicesOf(fields)),
    };
  }
}
