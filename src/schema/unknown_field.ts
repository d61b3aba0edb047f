import type { Shape } from "../api/mod.ts";
import type { Cursor } from "./cursor.ts";
import type { Registry } from "./registry.ts";
import { camelCase } from "./shapes.ts";
import type { MessageShape } from "./shapes.ts";
import { nearest } from "./suggest.ts";

/** How many messages down a field is looked for. */
const REACH = 2;

/** What to say of a field that the innermost message around the cursor does not have. */
export function unknownField(key: string, at: Cursor, registry: Registry): string {
  const [here, ...around] = at.enclosing();
  const unknown = `unknown field ${at.shown(key)}`;
  if (!here) return unknown;
  const name = camelCase(key);
  const below = findBelow(here.shape, name, registry);
  if (below) return `${unknown}; ${name} belongs under ${below}`;
  const near = nearest(name, Object.keys(registry.fieldsOf(here.shape)));
  if (near) return `${unknown}, did you mean ${near}?`;
  for (const { shape, path } of around) {
    if (Object.hasOwn(registry.fieldsOf(shape), name)) return `${unknown}; ${name} belongs ${under(path)}`;
    const beside = findBelow(shape, name, registry);
    if (beside) return `${unknown}; ${name} belongs ${under(path === "" ? beside : `${path}.${beside}`)}`;
  }
  return unknown;
}

const under = (path: string): string => path === "" ? "at the top" : `under ${path}`;

/** The path from a message to the nearest message below it that has the field; nearer ones and earlier ones first. */
function findBelow(shape: MessageShape, name: string, registry: Registry): string | undefined {
  let level: { readonly shape: MessageShape; readonly path: string }[] = [{ shape, path: "" }];
  for (let depth = 0; depth < REACH; depth++) {
    const next: typeof level = [];
    for (const { shape, path } of level) {
      for (const [field, inner] of Object.entries(registry.fieldsOf(shape))) {
        const below = messageIn(inner);
        if (below) next.push({ shape: below.shape, path: `${path}${path === "" ? "" : "."}${field}${below.suffix}` });
      }
    }
    // Most fields that are misplaced are options.
    next.sort((a, b) => Number(isOptions(b)) - Number(isOptions(a)));
    const found = next.find(({ shape }) => Object.hasOwn(registry.fieldsOf(shape), name));
    if (found) return found.path;
    level = next;
  }
  return undefined;
}

const isOptions = ({ path }: { readonly path: string }): boolean => path.endsWith("options");

function messageIn(shape: Shape): { readonly shape: MessageShape; readonly suffix: string } | undefined {
  if (shape.type === "message") return { shape, suffix: "" };
  return shape.type === "list" && shape.item.type === "message" ? { shape: shape.item, suffix: "[]" } : undefined;
}
