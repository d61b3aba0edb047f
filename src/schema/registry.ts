import { borrowedHttpConnectionManagerSettings, KINDS } from "../api/mod.ts";
import type { HoleName, Shape } from "../api/mod.ts";
import type { OptionShapes } from "../plugins/mod.ts";
import type { Fields, MessageShape } from "./shapes.ts";

/** The part of a plugin that the schema is made from. */
export interface OptionOwner {
  readonly name: string;
  readonly options: OptionShapes;
}

/** The messages of all kinds with what plugins contribute to them. */
export interface Registry {
  /** A message's own fields, then those of plugins in the order of the plugins. The same object each time. */
  fieldsOf(shape: MessageShape): Fields;
  /** Which plugin owns a field of a hole. */
  ownerOf(hole: HoleName, field: string): string | undefined;
}

/**
 * Collects what plugins contribute. Throws where two plugins own one field, or one owns a field that the kind itself has:
 * that is a bug, found by any test.
 */
export function createRegistry(plugins: readonly OptionOwner[]): Registry {
  const contributed = new Map<HoleName, Map<string, { readonly owner: string; readonly shape: Shape }>>();
  for (const { name: owner, options } of plugins) {
    for (const [hole, fields] of Object.entries(options) as [HoleName, Fields][]) {
      const known = contributed.get(hole) ?? new Map();
      contributed.set(hole, known);
      for (const [field, shape] of Object.entries(fields)) {
        const other = known.get(field);
        if (other) throw new Error(`plugins ${other.owner} and ${owner} both own ${hole}.${field}`);
        known.set(field, { owner, shape });
      }
    }
  }
  const filled = new Map<MessageShape, Fields>();

  function fill(shape: MessageShape): Fields {
    if (shape === borrowedHttpConnectionManagerSettings) {
      const lent = contributed.get("httpListener")?.get("httpConnectionManagerSettings")?.shape;
      return lent?.type === "message" ? fieldsOf(lent) : shape.fields;
    }
    const extra = shape.hole && contributed.get(shape.hole);
    if (!extra) return shape.fields;
    for (const [field, { owner }] of extra) {
      if (Object.hasOwn(shape.fields, field)) {
        throw new Error(`plugin ${owner} owns ${shape.hole}.${field}, which the kind itself has`);
      }
    }
    return { ...shape.fields, ...Object.fromEntries([...extra].map(([field, { shape }]) => [field, shape])) };
  }

  function fieldsOf(shape: MessageShape): Fields {
    let fields = filled.get(shape);
    if (!fields) filled.set(shape, fields = fill(shape));
    return fields;
  }

  for (const { spec } of Object.values(KINDS)) visitMessages(spec, fieldsOf);
  return { fieldsOf, ownerOf: (hole, field) => contributed.get(hole)?.get(field)?.owner };
}

/** Fills each message below a shape once. */
function visitMessages(
  shape: Shape,
  fieldsOf: (shape: MessageShape) => Fields,
  seen: Set<Shape> = new Set(),
): void {
  if (seen.has(shape)) return;
  seen.add(shape);
  switch (shape.type) {
    case "message":
      return Object.values(fieldsOf(shape)).forEach((field) => visitMessages(field, fieldsOf, seen));
    case "list":
      return visitMessages(shape.item, fieldsOf, seen);
    case "map":
      return visitMessages(shape.value, fieldsOf, seen);
    case "recursive":
      return visitMessages(shape.target(), fieldsOf, seen);
  }
}
