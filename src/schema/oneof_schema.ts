import type { JsonSchema } from "./scalar_schema.ts";
import { oneofsOf } from "./shapes.ts";
import type { Fields } from "./shapes.ts";

/**
 * "At most one of these is set", for each oneof with several members. Only `required` is used inside, as structural
 * schemas of Kubernetes allow no types there. A field that is another member's condition twice over cannot occur.
 */
export function exclusive(fields: Fields): JsonSchema {
  const rules = [...oneofsOf(fields).values()].filter((members) => members.length > 1).map((members) => {
    const required = members.map((member) => ({ required: [member] }));
    return { oneOf: [...required, { not: { anyOf: required } }] };
  });
  if (rules.length === 0) return {};
  return rules.length === 1 ? rules[0]! : { allOf: rules };
}
