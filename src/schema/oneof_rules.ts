import type { JsonSchema } from "./scalar_schema.ts";

/** The keyword of CEL rules in a CRD. */
export const RULES = "x-kubernetes-validations";

/**
 * "At most one of these is set" as CEL rules of a CRD, for each of these oneofs: the API server then refuses with our
 * words. To a `oneOf` it says "must validate one and only one schema".
 */
export function oneofRules(oneofs: readonly (readonly string[])[]): JsonSchema {
  const rules = oneofs.map((members) => ({
    rule: atMostOne(members),
    message: `only one of ${members.join(", ")} may be set`,
  }));
  return rules.length > 0 ? { [RULES]: rules } : {};
}

/**
 * What the API server reckons the rule to cost each time, at most. The rule has the form that it has for that: as a sum
 * or a filter over the members it would cost twice or ten times as much.
 */
export function costOfRule(members: readonly string[]): number {
  return members.length + 1;
}

/** `has(self.a) ? !(has(self.b) || has(self.c)) : !(has(self.b) && has(self.c))`, and so on. */
function atMostOne([first, ...others]: readonly string[]): string {
  if (others.length === 1) return `!(${has(first!)} && ${has(others[0]!)})`;
  return `(${has(first!)} ? !(${others.map(has).join(" || ")}) : ${atMostOne(others)})`;
}

const has = (member: string): string => `has(self.${member})`;
