import { GLOO_KINDS, KINDS } from "../api/mod.ts";
import type { Kind } from "../api/mod.ts";
import { CRD_NOTES } from "./crd_notes.ts";
import { crdSchema } from "./crd_schema.ts";
import type { Registry } from "./registry.ts";
import type { JsonSchema } from "./scalar_schema.ts";

/** A `CustomResourceDefinition` of apiextensions.k8s.io/v1, as plain data. */
export type CustomResourceDefinition = JsonSchema;

/** The CRDs of all kinds that have one, in the order of their kinds. Why they are as they are: docs/design/crds.md. */
export function customResourceDefinitions(registry: Registry): readonly CustomResourceDefinition[] {
  return GLOO_KINDS.filter((kind) => KINDS[kind].crd).map((kind) => definitionOf(registry, kind));
}

function definitionOf(registry: Registry, kind: Kind): CustomResourceDefinition {
  const { group, version, plural, shortNames } = KINDS[kind];
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
        // As in Gloo since 1.18: `kubectl get gloo-gateway`.
        categories: ["gloo-gateway"],
      },
      versions: [{
        name: version,
        served: true,
        storage: true,
        schema: { openAPIV3Schema: crdSchema(registry, kind) },
        subresources: { status: {} },
        additionalPrinterColumns: [...(CRD_NOTES[kind]?.columns ?? []), ...COMMON_COLUMNS],
      }],
    },
  };
}

/**
 * A status stands under the namespace of who wrote it, which is not known here, so the path has a `*`; of several the
 * API server shows one. As text, for a state may be a name or, from Gloo, a number.
 */
const COMMON_COLUMNS = [
  {
    name: "State",
    type: "string",
    jsonPath: ".status.statuses.*.state",
    description: "Accepted, Warning, Rejected or Pending; as Gloo writes it 1, 3, 2 or 0.",
  },
  {
    name: "Reason",
    type: "string",
    jsonPath: ".status.statuses.*.reason",
    description: "What is wrong, and what would be right.",
    // Long, so with `-o wide` only.
    priority: 1,
  },
  { name: "Age", type: "date", jsonPath: ".metadata.creationTimestamp" },
];
