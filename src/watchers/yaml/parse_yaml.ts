import { constructYaml } from "./js_yaml.ts";
import { placeOf } from "./place.ts";
import type { Place } from "./place.ts";

/** A JSON-like value (objects, arrays, text, numbers, booleans, null), or why there is none and where. */
export type YamlResult =
  | { readonly value: unknown }
  | { readonly fault: Place & { readonly message: string } };

/** How many nodes, and how many levels, a document may have once its aliases are written out. */
const MAX_EXPANDED = { nodes: 100_000, depth: 200 };

/**
 * Reads one document as Gloo would (see js_yaml.ts). Nothing but blanks and comments is null. Duplicate keys, unknown
 * tags, more than 100 levels, aliases that blow up ("billion laughs") and halves of characters are faults. Never throws.
 */
export function parseYaml(text: string): YamlResult {
  const read = constructYaml(text);
  if ("fault" in read) return fault(text, read.fault.offset, read.fault.message + hintFor(text));
  if (read.aliases > 0 && !isExpandable(read.value)) {
    return fault(
      text,
      0,
      `the aliases of this document stand for more than ${MAX_EXPANDED.nodes} values, or for themselves`,
    );
  }
  const half = HALF_ESCAPED.exec(text);
  if (half && !isWellFormed(read.value)) return fault(text, half.index, "half a character is escaped here");
  return { value: read.value };
}

/** An escape of half a surrogate pair, which may stand beside its other half. */
const HALF_ESCAPED = /\\(?:u|U0000)[dD][89a-fA-F]/;

/** Whether all texts are such as UTF-8 can hold: Envoy takes no message with one that is not. */
function isWellFormed(value: unknown): boolean {
  if (typeof value === "string") return value.isWellFormed();
  if (typeof value !== "object" || value === null) return true;
  return Object.entries(value).every(([key, part]) => key.isWellFormed() && isWellFormed(part));
}

/** Helm's and Jinja's marks read as YAML give faults that say nothing of the cause. */
const hintFor = (text: string): string =>
  /\{\{.*\}\}/.test(text) ? "; this looks like a template, which has to be filled in first" : "";

const fault = (text: string, offset: number, message: string): YamlResult => ({
  fault: { ...placeOf(text, offset), message },
});

interface Extent {
  readonly nodes: number;
  readonly depth: number;
}

/** Aliases are shared objects here, so each is measured once; a decoder would walk it once for every use. */
function isExpandable(value: unknown): boolean {
  const known = new Map<object, Extent>();
  const measure = (node: unknown): Extent => {
    if (typeof node !== "object" || node === null) return { nodes: 1, depth: 1 };
    const before = known.get(node);
    if (before) return before;
    known.set(node, { nodes: Infinity, depth: Infinity });
    let nodes = 1;
    let depth = 0;
    for (const child of Object.values(node)) {
      const extent = measure(child);
      nodes += extent.nodes;
      depth = Math.max(depth, extent.depth);
    }
    const extent = { nodes, depth: depth + 1 };
    known.set(node, extent);
    return extent;
  };
  const { nodes, depth } = measure(value);
  return nodes <= MAX_EXPANDED.nodes && depth <= MAX_EXPANDED.depth;
}
