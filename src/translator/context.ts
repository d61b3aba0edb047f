import { type HoleName, type Lookup, sameValue, type Spec } from "../api/mod.ts";
import type { Revision } from "../incremental/mod.ts";
import type { AnyPlugin } from "../plugins/mod.ts";

/** What every part of translation works with. */
export interface TranslationContext {
  /** Remembers results from one ApiSnapshot to the next. */
  readonly revision: Revision;
  /** That of the revision. */
  readonly lookup: Lookup;
  readonly settings: Spec<"Settings">;
  readonly plugins: readonly AnyPlugin[];
}

/**
 * `value`, or the object that stood for this key in the last revision where that is equal: what hangs on its identity is
 * not made anew then. `scope` is what tells keys of different owners apart.
 */
export function keepEqual<T>({ revision }: TranslationContext, name: string, scope: string, key: string, value: T): T {
  return revision.table<string, T>(name, scope).keep(key, value, sameValue);
}

const NO_OPTIONS: Record<string, unknown> = Object.freeze({});

/** The fields of an options object that a plugin owns. */
export function ownOptions(plugin: AnyPlugin, hole: HoleName, options: object | undefined): Record<string, unknown> {
  const shapes = plugin.options[hole];
  if (!options || !shapes) return NO_OPTIONS;
  const own: Record<string, unknown> = {};
  for (const field of Object.keys(shapes)) {
    const value = (options as Record<string, unknown>)[field];
    if (value !== undefined) own[field] = value;
  }
  return own;
}
