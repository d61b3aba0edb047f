/** The few names of which random configurations are made: few, so that everything meets everything. */
import type { Random } from "./random.ts";

/** Where Gateways are read and Proxies are made. */
export const WRITE_NAMESPACE = "gloo-system";
export const NAMESPACES = [WRITE_NAMESPACE, "team"] as const;
export const NAMES = ["a", "b", "c"] as const;
export const DOMAINS = ["a.com", "b.com", "c.com", "d.com", "*.b.com", "*"] as const;
export const PREFIXES = ["/", "/", "/a", "/a/b", "/a/b/c"] as const;

/** A reference, now and then without a namespace, to what can never be there, or without a name. */
export function randomRef(random: Random, names: readonly string[] = NAMES): object {
  const name = random.weighed([[40, () => random.pick(names)], [1, () => "nowhere"], [1, () => ""]]);
  return { name, ...random.maybe(2, () => ({ namespace: random.pick(NAMESPACES) })) };
}

/** The Secrets of this name mostly hold headers, the others certificates. */
export const HEADER_SECRET = "c";

export const headerSecretRef = (random: Random): object => randomRef(random, [random.mostly([HEADER_SECRET], "a")]);
export const tlsSecretRef = (random: Random): object => randomRef(random, [random.mostly(["a", "b"], HEADER_SECRET)]);

export function randomLabels(random: Random): Record<string, string> {
  return {
    ...random.maybe(2, () => ({ app: random.pick(["x", "y"]) })),
    ...random.maybe(2, () => ({ tier: random.pick(["1", "2"]) })),
  };
}

/** A label expression; once in a while one that is malformed. */
export function randomExpression(random: Random): object {
  return random.weighed<object>([
    [3, () => ({ key: "app", operator: "Exists" })],
    [3, () => ({ key: "app", operator: random.pick(["In", "NotIn"]), values: ["x"] })],
    [3, () => ({ key: "tier", operator: random.pick(["GreaterThan", "LessThan"]), values: ["1"] })],
    [2, () => ({ key: "tier", operator: random.pick(["Equals", "NotEquals"]), values: ["2"] })],
    [1, () => ({ key: "tier", operator: "DoesNotExist" })],
    [1, () => ({ key: "app", operator: "In" })],
  ]);
}

/** Namespaces to look in: those of the holder or all, these, or `*`. */
export function randomNamespaces(random: Random, field: string): object {
  return random.maybe(2, () => ({ [field]: random.pick([["team"], ["gloo-system"], ["gloo-system", "team"], ["*"]]) }));
}

/** A selector by labels, by expressions, by both (which some refuse) or by neither. */
export function randomSelector(random: Random): object {
  return {
    ...randomNamespaces(random, "namespaces"),
    ...random.weighed<object>([
      [4, () => ({ labels: randomLabels(random) })],
      [3, () => ({ expressions: [randomExpression(random)] })],
      [1, () => ({ labels: { app: "x" }, expressions: [randomExpression(random)] })],
      [1, () => ({})],
    ]),
  };
}
