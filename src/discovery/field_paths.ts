/** Paths of fields in an object, and who owns them: the vocabulary of Kubernetes' server-side apply. */
import { isMapping, type Mapping } from "./upstream_config.ts";

/** Names of fields, from the top down. */
export type FieldPath = readonly string[];

/** A field that holds no further fields: a scalar, a list (which server-side apply takes whole) or an empty message. */
export interface Leaf {
  readonly path: FieldPath;
  readonly value: unknown;
}

/** An entry of `metadata.managedFields`. */
export interface ManagedFields {
  readonly manager?: string;
  readonly operation?: string;
  readonly subresource?: string;
  readonly fieldsV1?: Mapping;
}

export const pathKey = (path: FieldPath): string => JSON.stringify(path);

/** The leaves of a value, in its order. */
export function leavesOf(value: unknown, path: FieldPath = []): Leaf[] {
  if (!isMapping(value) || Object.keys(value).length === 0) return [{ path, value }];
  return Object.entries(value).flatMap(([key, below]) => leavesOf(below, [...path, key]));
}

/** The object that has these leaves and no others. */
export function fromLeaves(leaves: readonly Leaf[]): unknown {
  const object: Record<string, unknown> = {};
  for (const { path, value } of leaves) {
    let at = object;
    for (const name of path.slice(0, -1)) at = (at[name] ??= {}) as Record<string, unknown>;
    at[path.at(-1)!] = value;
  }
  return object;
}

/** What stands at a path; undefined where the object has no such field. */
export function valueAt(value: unknown, path: FieldPath): unknown {
  let at = value;
  for (const name of path) {
    if (!isMapping(at) || !Object.hasOwn(at, name)) return undefined;
    at = at[name];
  }
  return at;
}

/** The leaves that a manager owns. */
export function ownedLeaves({ fieldsV1 = {} }: ManagedFields): FieldPath[] {
  const paths: FieldPath[] = [];
  const visit = (fields: Mapping, path: FieldPath): void => {
    // Keys are `f:<name>`; others are `.` for the message itself, and items of lists, which belong to the list.
    const below = Object.entries(fields).filter(([key]) => key.startsWith("f:"));
    if (below.length === 0) paths.push(path);
    for (const [key, inner] of below) visit(isMapping(inner) ? inner : {}, [...path, key.slice(2)]);
  };
  visit(fieldsV1, []);
  return paths;
}
