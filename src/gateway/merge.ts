import type { Options } from "./options.ts";

/** Fields of which a message can hold only one; they are inherited as one field. */
const ONEOFS: readonly (readonly string[])[] = [
  ["secretRef", "sslFiles", "sds"],
  ["properCaseHeaderKeyFormat", "preserveCaseHeaderKeyFormat"],
];

/** Messages that are inherited whole, as their fields only make sense together. */
const WHOLE = new Set(["secretRef", "sslFiles", "sds", "tracing"]);

/**
 * `nearer` with what only `farther` says, down into nested messages; lists are taken whole. This is how Gloo lays a
 * hybrid gateway's TLS and connection manager settings over those of the gateways that it delegates to.
 */
export function fillGaps<T extends Options>(nearer: T, farther: Options): T {
  const filled: Record<string, unknown> = { ...nearer };
  for (const [field, value] of Object.entries(farther)) {
    const own = nearer[field];
    if (isAbsent(nearer, field)) filled[field] = value;
    else if (isMessage(own) && isMessage(value) && !WHOLE.has(field)) filled[field] = fillGaps(own, value);
  }
  return filled as T;
}

/** True where `message` has neither the field nor another of its oneof. */
export function isAbsent(message: Options, field: string): boolean {
  const group = ONEOFS.find((fields) => fields.includes(field)) ?? [field];
  return group.every((member) => message[member] === undefined);
}

function isMessage(value: unknown): value is Options {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** A value as text, the same for equal values in whatever order their fields stand. */
export function stableText(value: unknown): string {
  return JSON.stringify(
    value,
    (_, item) =>
      isMessage(item) ? Object.fromEntries(Object.entries(item).sort(([a], [b]) => a < b ? -1 : a > b ? 1 : 0)) : item,
  );
}
