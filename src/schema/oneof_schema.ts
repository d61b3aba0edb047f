import type { JsonSchema } from "./scalar_schema.ts";

/**
 * "At most one of these is set", for each of these oneofs. Only `required` is used inside, as structural schemas of
 * Kubernetes allow no types there. A field that is another member's condition twice over cannot occur.
 */
export function exclusive(oneofs: readonly (readonly string[])[]): JsonSchema {
  const rules = oneofs.map((members) => {
    const required = members.map((member) => ({ required: [member] }));
    return { oneOf: [...required, { not: { anyOf: required } }] };
  });
  if (rules.length === 0) return {};
  return rules.length === 1 ? rules[0]! : { allOf: rules };
}
