import { GLOO_KINDS, KINDS } from "../api/mod.ts";
import type { Kind, Shape } from "../api/mod.ts";
import { exclusive } from "./oneof_schema.ts";
import type { Registry } from "./registry.ts";
import { structuralScalar } from "./scalar_schema.ts";
import type { JsonSchema } from "./scalar_schema.ts";

/** A `CustomResourceDefinition` of apiextensions.k8s.io/v1, as plain data. */
export type CustomResourceDefinition = JsonSchema;

/** The CRDs of all kinds that have one, in the order of their names. */
export function customResourceDefinitions(registry: Registry): readonly CustomResourceDefinition[] {
  return GLOO_KINDS.filter((kind) => KINDS[kind].crd).map((kind) => definitionOf(registry, kind));
}

function definitionOf(registry: Registry, kind: Kind): CustomResourceDefinition {
  const { group, version, plural, shortNames, spec } = KINDS[kind];
  const schema = {
    type: "object",
    properties: {
      // Kubernetes fills these two and metadata in.
      apiVersion: { type: "string" },
      kind: { type: "string" },
      metadata: { type: "object" },
      // Proxies are written by machines, and their schema is the largest by far: it goes without descriptions.
      spec: structural(registry, spec, kind !== "Proxy"),
      status: { type: "object", "x-kubernetes-preserve-unknown-fields": true },
    },
  };
  return {
    apiVersion: "apiextensions.k8s.io/v1",
    kind: "CustomResourceDefinition",
    metadata: { name: `${plural}.${group}` },
    spec: {
      group,
      scope: "Namespaced",
      names: {
        kind,
        listKind: `${kind}List`,
        plural,
        // As Gloo has it: the plurals of the matchable gateways are not made from their kinds.
        singular: kind.toLowerCase().replace(/^matchable/, ""),
        ...(shortNames.length > 0 ? { shortNames } : {}),
      },
      versions: [{
        name: version,
        served: true,
        storage: true,
        schema: { openAPIV3Schema: schema },
        subresources: { status: {} },
      }],
    },
  };
}

/**
 * The structural schema of a shape: no references, types outside of oneOf and the like. What contains itself and what
 * is free keeps unknown fields.
 */
function structural(registry: Registry, shape: Shape, described: boolean): JsonSchema {
  const notes = described && shape.doc ? { description: shape.doc } : {};
  switch (shape.type) {
    case "message": {
      const fields = registry.fieldsOf(shape);
      const properties = Object.entries(fields).map(([name, field]) => [name, structural(registry, field, described)]);
      return {
        ...notes,
        type: "object",
        ...(properties.length > 0 ? { properties: Object.fromEntries(properties) } : {}),
        ...exclusive(fields),
      };
    }
    case "list":
      return { ...notes, type: "array", items: structural(registry, shape.item, described) };
    case "map":
      return { ...notes, type: "object", additionalProperties: structural(registry, shape.value, described) };
    case "recursive":
    case "free":
      return { ...notes, "x-kubernetes-preserve-unknown-fields": true };
    default:
      return { ...notes, ...structuralScalar(shape) };
  }
}
