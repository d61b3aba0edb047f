import type { Shape } from "../api/mod.ts";

/** The member of {@link Shape} with this `type`. */
type Of<T extends Shape["type"]> = Extract<Shape, { readonly type: T }>;
export type MessageShape = Of<"message">;
export type EnumShape = Of<"enum">;
export type ScalarShape = Exclude<Shape, Of<"message" | "enum" | "list" | "map" | "free" | "recursive">>;
export type ScalarType = ScalarShape["type"];

/** Fields of a message by their lowerCamel names. */
export type Fields = Readonly<Record<string, Shape>>;

/**
 * A regex for the name that .proto files give `virtualHost`: `virtual_host`. The JSON name does not tell whether an
 * underscore stood before a digit (`accept_http_10`, `use_http2`), so either is taken. Undefined where the two are one.
 */
export function protoNamePattern(name: string): string | undefined {
  const pattern = name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`).replace(/\d/g, "_?$&");
  return pattern === name ? undefined : pattern;
}

/** `virtual_host` as JSON writes it: `virtualHost`. */
export function camelCase(name: string): string {
  return name.replace(/_+([A-Za-z0-9])/g, (_, letter) => letter.toUpperCase());
}

/** Whether free JSON has to be a mapping; see {@link Shape}. */
export function isFreeMapping(shape: Shape): boolean {
  return shape.type === "free" && shape.oneof !== undefined;
}

/** The names of the members of each oneof. */
export function oneofsOf(fields: Fields): Map<string, string[]> {
  const oneofs = new Map<string, string[]>();
  for (const [name, { oneof }] of Object.entries(fields)) {
    if (oneof !== undefined) oneofs.set(oneof, [...(oneofs.get(oneof) ?? []), name]);
  }
  return oneofs;
}

/** The oneofs that have several members. */
export function choicesOf(fields: Fields): string[][] {
  return [...oneofsOf(fields).values()].filter((members) => members.length > 1);
}
