import type { Revision } from "../incremental/mod.ts";

/**
 * The value that the last revision had under this key, where the new one is as good; else the new one. What is made of
 * it can then be used again too.
 */
export function keep<T>(
  revision: Revision,
  name: string,
  key: string,
  value: T,
  same: (before: T, now: T) => boolean,
): T {
  return revision.table<string, T>("kept", name).keep(key, value, same);
}

/** True where two objects have the same fields with the same objects or primitives in them. */
export function sameFields(before: object, now: object): boolean {
  const fields = Object.keys(now) as (keyof typeof now)[];
  return fields.length === Object.keys(before).length &&
    fields.every((field) => field in before && Object.is(before[field], now[field]));
}
