import type { Shape } from "../../api/mod.ts";
import type { Registry } from "../registry.ts";
import { isFreeMapping, oneofsOf } from "../shapes.ts";
import type { EnumShape, MessageShape, ScalarShape } from "../shapes.ts";

/** A number from 0 to 1 (exclusive) that the seed alone decides (mulberry32). */
export function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}

/** Makes values that decode to themselves: canonical, and without what counts as absent. */
export class RandomValues {
  constructor(readonly registry: Registry, readonly random: () => number) {}

  /** `depth` is how many more messages may be nested. */
  of(shape: Shape, depth: number): unknown {
    switch (shape.type) {
      case "message":
        return this.#message(shape, depth);
      case "list":
        return [this.of(shape.item, depth), this.of(shape.item, depth)];
      case "map":
        return { first: this.of(shape.value, depth), "a/second.one": this.of(shape.value, depth) };
      case "recursive":
        return this.of(shape.target(), depth);
      case "free":
        return isFreeMapping(shape) ? { a: [1, "b", null] } : this.#pick([{ a: [1, "b", null] }, "text", 1.5, [true]]);
      default:
        return this.#scalar(shape);
    }
  }

  #message(shape: MessageShape, depth: number): Record<string, unknown> {
    const fields = this.registry.fieldsOf(shape);
    const left = new Set(depth > 0 ? Object.keys(fields).filter(() => this.random() < 0.5) : []);
    for (const members of oneofsOf(fields).values()) {
      const kept = this.#pick(members);
      for (const member of members) if (member !== kept) left.delete(member);
    }
    return Object.fromEntries([...left].map((name) => [name, this.of(fields[name]!, depth - 1)]));
  }

  #scalar(shape: ScalarShape | EnumShape): unknown {
    if (shape.type === "enum") {
      const names = Object.keys(shape.values).filter((name) => shape.values[name] !== 0 || shape.wrapper);
      return this.#pick(names);
    }
    const { minimum = 1, maximum = 100 } = shape;
    const number = Math.max(1, Math.ceil(minimum + this.random() * (maximum - minimum)));
    switch (shape.type) {
      case "bool":
        return true;
      case "string":
        return this.#pick(["text", "yes", "8080", "ünï", "/a b"]);
      case "bytes":
        return this.#pick(["aGk=", "+/8="]);
      case "duration":
        return this.#pick(["0s", "1.5s", "-3s", "315576000000s", "0.000000001s"]);
      case "timestamp":
        return "2024-02-29T23:59:59Z";
      case "int64":
      case "uint64":
        return minimum > 1 || maximum < 100 ? `${number}` : this.#pick([`${number}`, "9007199254740993"]);
      case "float":
      case "double":
        return Math.max(minimum, number - 0.25);
      default:
        return number;
    }
  }

  #pick<T>(choices: readonly T[]): T {
    return choices[Math.floor(this.random() * choices.length)]!;
  }
}
