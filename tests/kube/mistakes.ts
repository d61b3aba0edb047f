/** Documents with one mistake each, made of valid ones. */
import type { Shape } from "../../src/api/mod.ts";
import type { Registry } from "../../src/schema/mod.ts";

/** A sort of mistake that decoding refuses, and the CRD too. */
export type Mistake = "unknown field" | "enum" | "range" | "oneof" | "type";

export interface Spoilt {
  readonly mistake: Mistake;
  readonly value: unknown;
}

/** Makes values with one mistake; fields that are `carried` are passed by, as the CRD does not look below them. */
export class Spoiler {
  constructor(
    readonly registry: Registry,
    readonly valueOf: (shape: Shape) => unknown,
    readonly carried: readonly string[],
  ) {}

  /** Every value that comes of one mistake in a valid value of a shape. */
  *spoil(shape: Shape, value: unknown): Generator<Spoilt> {
    switch (shape.type) {
      case "message":
        return yield* this.#message(shape, value as Record<string, unknown>);
      case "list":
        for (const [i, item] of (value as unknown[]).entries()) {
          for (const { mistake, value: spoilt } of this.spoil(shape.item, item)) {
            yield { mistake, value: (value as unknown[]).with(i, spoilt) };
          }
        }
        return;
      case "map":
        for (const [key, item] of Object.entries(value as object)) {
          for (const { mistake, value: spoilt } of this.spoil(shape.value, item)) {
            yield { mistake, value: { ...value as object, [key]: spoilt } };
          }
        }
        return;
      case "enum":
        yield { mistake: "enum", value: "NO_SUCH_NAME" };
        return yield { mistake: "enum", value: 4711 };
      case "int32":
        yield { mistake: "range", value: shape.maximum === undefined ? 2 ** 31 : shape.maximum + 1 };
        return yield { mistake: "type", value: "text" };
      case "uint32":
        yield { mistake: "range", value: shape.minimum === undefined ? -1 : shape.minimum - 1 };
        return yield { mistake: "type", value: [1] };
      case "int64":
      case "uint64":
        return yield { mistake: "type", value: "12x" };
      case "duration":
        yield { mistake: "type", value: "5" };
        return yield { mistake: "type", value: 5 };
      case "string":
      case "bytes":
        return yield { mistake: "type", value: 5 };
      case "bool":
        return yield { mistake: "type", value: "text" };
    }
  }

  *#message(shape: Extract<Shape, { type: "message" }>, value: Record<string, unknown>): Generator<Spoilt> {
    const fields = this.registry.fieldsOf(shape);
    yield { mistake: "unknown field", value: { ...value, noSuchField: 1 } };
    yield { mistake: "type", value: [value] };
    for (const [name, field] of Object.entries(fields)) {
      const member = Object.keys(value).find((other) => other !== name && fields[other]!.oneof === field.oneof);
      if (field.oneof !== undefined && member !== undefined && !Object.hasOwn(value, name)) {
        yield { mistake: "oneof", value: { ...value, [name]: this.valueOf(field) } };
      }
      if (!Object.hasOwn(value, name) || this.carried.includes(name)) continue;
      for (const { mistake, value: spoilt } of this.spoil(field, value[name])) {
        yield { mistake, value: { ...value, [name]: spoilt } };
      }
    }
  }
}
