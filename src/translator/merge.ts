import { sameValue } from "../api/mod.ts";

/** A fragment of a message and the plugin it comes from. */
export interface PluginFragment<F> {
  readonly plugin: string;
  readonly fragment: F;
}

/** Two plugins that set one field to different values. */
export interface Conflict {
  /** Path of the field in the message, `route.prefixRewrite`. */
  readonly path: string;
  /** The plugin whose value is kept, and the one whose value is not. */
  readonly plugins: readonly [string, string];
}

export interface Merged<F> {
  readonly value: Partial<F>;
  readonly conflicts: readonly Conflict[];
}

/**
 * Merges fragments in their order: messages field by field, maps by key, lists one after the other. Of two different
 * values for one field the first is kept, and the conflict told.
 */
export function mergeFragments<F extends object>(parts: readonly PluginFragment<F>[]): Merged<F> {
  const conflicts: Conflict[] = [];
  const setBy = new Map<string, string>();
  let value: Record<string, unknown> = {};
  for (const { plugin, fragment } of parts) {
    value = mergeInto(value, fragment as Record<string, unknown>, "", { plugin, setBy, conflicts });
  }
  return { value: value as Partial<F>, conflicts };
}

interface Merging {
  readonly plugin: string;
  readonly setBy: Map<string, string>;
  readonly conflicts: Conflict[];
}

function mergeInto(
  into: Record<string, unknown>,
  from: Record<string, unknown>,
  prefix: string,
  merging: Merging,
): Record<string, unknown> {
  const result = { ...into };
  for (const [field, next] of Object.entries(from)) {
    if (next === undefined) continue;
    const path = prefix === "" ? field : `${prefix}.${field}`;
    const before = result[field];
    if (before === undefined) {
      result[field] = next;
      merging.setBy.set(path, merging.plugin);
    } else if (Array.isArray(before) && Array.isArray(next)) {
      result[field] = [...before, ...next];
    } else if (isBranch(before) && isBranch(next)) {
      result[field] = mergeInto(before, next, path, merging);
    } else if (!sameValue(before, next)) {
      merging.conflicts.push({ path, plugins: [setterOf(merging.setBy, path), merging.plugin] });
    }
  }
  return result;
}

/** Who set the field, or the message that it is in. */
function setterOf(setBy: Map<string, string>, path: string): string {
  for (let at = path; at !== ""; at = at.slice(0, Math.max(at.lastIndexOf("."), 0))) {
    const plugin = setBy.get(at);
    if (plugin !== undefined) return plugin;
  }
  return "";
}

/** Messages whose fields only mean something together: Any, Duration and the wrappers. */
const WHOLE = [["typeUrl", "value"], ["seconds", "nanos"], ["value"]];

/** An object to be merged field by field. An empty one is, too: merging it into anything changes nothing. */
function isBranch(value: unknown): value is Record<string, unknown> {
  if (typeof value !== "object" || value === null || Array.isArray(value) || value instanceof Uint8Array) return false;
  const fields = Object.keys(value);
  return fields.length === 0 || !WHOLE.some((whole) => fields.every((field) => whole.includes(field)));
}
