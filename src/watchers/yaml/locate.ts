import { positionsOf } from "./js_yaml.ts";
import type { PositionedNode } from "./js_yaml.ts";
import { placeOf } from "./place.ts";
import type { Place } from "./place.ts";

/** A place, and whether the document has the whole path or only the part that leads there. */
export interface PathPlace extends Place {
  readonly whole: boolean;
}

/**
 * Tells where paths stand in a document: `spec.virtualHost.routes[2].options`, `metadata.labels["a.b"]`; "" is the
 * document's first value. Names match in lowerCamel and snake_case. A path that leads further than the document gives
 * the deepest place on the way, so a missing field is shown at its parent. Parses the text anew: for messages only.
 * Undefined where the text is not YAML or empty.
 */
export function locator(text: string): (path: string) => PathPlace | undefined {
  const root = positionsOf(text);
  return (path) => {
    if (!root) return undefined;
    const { offset, whole } = walk(root, root.offset, path);
    return { ...placeOf(text, offset), whole };
  };
}

interface Member {
  readonly node: PositionedNode;
  readonly offset: number;
}

/** The deepest node on the path. */
function walk(node: PositionedNode, offset: number, path: string): { offset: number; whole: boolean } {
  const rest = path.replace(/^\./, "");
  if (rest === "") return { offset, whole: true };
  const index = /^\[(\d+)\]/.exec(rest);
  const item = index && node.type === "sequence" ? node.items[Number(index[1])] : undefined;
  if (index && item) return walk(item, item.offset, rest.slice(index[0].length));
  const step = memberOn(node, rest);
  return step ? walk(step.found.node, step.found.offset, rest.slice(step.length)) : { offset, whole: false };
}

/** The member that the path names first: the longest name that fits, as a key of a map may hold dots. */
function memberOn(node: PositionedNode, path: string): { found: Member; length: number } | undefined {
  const quoted = /^\["((?:[^"\\]|\\.)*)"\]/.exec(path);
  if (quoted) {
    const found = member(node, JSON.parse(`"${quoted[1]}"`) as string, true);
    return found && { found, length: quoted[0].length };
  }
  for (let end = path.length; end > 0; end--) {
    if (end < path.length && path[end] !== "." && path[end] !== "[") continue;
    const found = member(node, path.slice(0, end), false);
    if (found) return { found, length: end };
  }
  return undefined;
}

function member(node: PositionedNode, name: string, exact: boolean): Member | undefined {
  if (node.type !== "mapping") return undefined;
  const wanted = exact ? name : plainName(name);
  for (const { key, value } of node.entries) {
    if (key.type !== "scalar") continue;
    if ((exact ? key.text : plainName(key.text)) === wanted) return { node: value, offset: key.offset };
  }
  return mergedMember(node, name, exact);
}

/** `<<: *base` and `<<: [*a, *b]`. */
function mergedMember(node: PositionedNode, name: string, exact: boolean): Member | undefined {
  if (node.type !== "mapping") return undefined;
  for (const { key, value } of node.entries) {
    if (key.type !== "scalar" || key.text !== "<<") continue;
    for (const source of value.type === "sequence" ? value.items : [value]) {
      const found = member(source, name, exact);
      if (found) return found;
    }
  }
  return undefined;
}

/** One spelling for `maxRetries` and `max_retries`. */
const plainName = (name: string): string => name.replace(/_([a-z0-9])/g, (_, letter: string) => letter.toUpperCase());
