import type { LabelExpression } from "../api/mod.ts";

/**
 * What is wrong with a label expression by Kubernetes' rules, which Gloo applies; undefined where it is good. A malformed
 * one selects nothing for sure, so it is told rather than evaluated.
 */
export function expressionFault({ key, operator = "Equals", values = [] }: LabelExpression): string | undefined {
  if (!key) return "a label expression needs a key";
  switch (operator) {
    case "In":
    case "NotIn":
      return values.length > 0 ? undefined : `operator ${operator} needs at least one value`;
    case "Exists":
    case "DoesNotExist":
      return values.length === 0 ? undefined : `operator ${operator} takes no values`;
    case "GreaterThan":
    case "LessThan":
      return values.length === 1 && /^-?\d+$/.test(values[0]!)
        ? undefined
        : `operator ${operator} needs exactly one value, an integer`;
    case "Equals":
    case "DoubleEquals":
    case "NotEquals":
      return values.length === 1 ? undefined : `operator ${operator} needs exactly one value`;
  }
}

/** The first fault of a list, with its place: `[2]: operator In needs …`. */
export function expressionsFault(
  expressions: readonly LabelExpression[] | undefined,
): { readonly index: number; readonly fault: string } | undefined {
  for (const [index, expression] of (expressions ?? []).entries()) {
    const fault = expressionFault(expression);
    if (fault) return { index, fault };
  }
  return undefined;
}
