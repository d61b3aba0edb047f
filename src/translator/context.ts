import type { HoleName, Lookup, Spec } from "../api/mod.ts";
import type { AnyPlugin } from "../plugins/mod.ts";

/** What every part of translation works with. */
export interface TranslationContext {
  readonly lookup: Lookup;
  readonly settings: Spec<"Settings">;
  readonly plugins: readonly AnyPlugin[];
}

/** The fields of an options object that a plugin owns. */
export function ownOptions(plugin: AnyPlugin, hole: HoleName, options: object | undefined): Record<string, unknown> {
  const shapes = plugin.options[hole] as Record<string, unknown> | undefined;
  if (!shapes || !options) return {};
  return Object.fromEntries(Object.entries(options).filter(([field]) => field in shapes));
}
