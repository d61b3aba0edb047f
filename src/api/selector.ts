import { enumeration, list, message, string } from "./shape.ts";
import type { Infer } from "./shape.ts";

/** Gloo's label expressions (VirtualServiceSelectorExpressions, RouteTableSelector.expressions). */
export const labelExpression = message({
  key: string(),
  operator: enumeration([
    "Equals",
    "DoubleEquals",
    "NotEquals",
    "In",
    "NotIn",
    "Exists",
    "DoesNotExist",
    "GreaterThan",
    "LessThan",
  ]),
  values: list(string()),
});
export type LabelExpression = Infer<typeof labelExpression>;

/**
 * True when every label is there with its value and every expression holds (Kubernetes' meaning of each operator).
 *
 * ```ts
 * import assert from "node:assert/strict";
 * const labels = { app: "shop", tier: "2" };
 * assert.ok(matchesLabels(labels, { app: "shop" }, [{ key: "tier", operator: "GreaterThan", values: ["1"] }]));
 * assert.ok(!matchesLabels(labels, {}, [{ key: "app", operator: "NotIn", values: ["shop"] }]));
 * ```
 */
export function matchesLabels(
  labels: Readonly<Record<string, string>>,
  wanted: Readonly<Record<string, string>> = {},
  expressions: readonly LabelExpression[] = [],
): boolean {
  return Object.entries(wanted).every(([key, value]) => labels[key] === value) &&
    expressions.every((expression) => matchesExpression(labels, expression));
}

function matchesExpression(labels: Readonly<Record<string, string>>, expression: LabelExpression): boolean {
  const { key = "", operator = "Equals", values = [] } = expression;
  const value = labels[key];
  switch (operator) {
    case "Equals":
    case "DoubleEquals":
      return value !== undefined && value === (values[0] ?? "");
    case "NotEquals":
      return value !== (values[0] ?? "");
    case "In":
      return value !== undefined && values.includes(value);
    case "NotIn":
      return value === undefined || !values.includes(value);
    case "Exists":
      return value !== undefined;
    case "DoesNotExist":
      return value === undefined;
    case "GreaterThan":
      return value !== undefined && isInteger(value) && isInteger(values[0]) && BigInt(value) > BigInt(values[0]!);
    case "LessThan":
      return value !== undefined && isInteger(value) && isInteger(values[0]) && BigInt(value) < BigInt(values[0]!);
  }
}

const isInteger = (text: string | undefined): boolean => text !== undefined && /^-?\d+$/.test(text);
