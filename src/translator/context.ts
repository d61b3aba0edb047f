import type { HoleName, Lookup, Spec } from "../api/mod.ts";
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

/** The fields of an options object that a plugin owns. */
export function ownOptions(plugin: AnyPlugin, hole: HoleName, options: object | undefined): Record<string, unknown> {
  const own: Record<string, unknown> = {};
  if (!options) return own;
  for (const field of Object.keys(plugin.options[hole] ?? {})) {
    const value = (options as Record<string, unknown>)[field];
    if (value !== undefined) own[field] = value;
  }
  return own;
}
