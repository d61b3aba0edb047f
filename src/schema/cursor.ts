import type { Code, Severity } from "../report/mod.ts";
import type { MessageShape } from "./shapes.ts";

/** Something wrong in a value, before it is known which resource the value belongs to. */
export interface Fault {
  readonly severity: Severity;
  readonly code: Code;
  /** `virtualHost.routes[2].options.timeout`; a map key that is no plain word stands as `labels["a/b"]`. */
  readonly path: string;
  readonly message: string;
}

/** Where decoding stands, and what was found so far. One per document; a path becomes text only when there is a fault. */
export class Cursor {
  readonly faults: Fault[] = [];
  readonly #segments: (string | number)[] = [];
  readonly #messages: MessageShape[] = [];
  readonly #depths: number[] = [];

  /** With `hidden`, messages show no values: they may be secrets, and reports end in statuses and logs. */
  constructor(readonly hidden: boolean = false) {}

  /** Goes down into a field, a map key or a list item. */
  push(segment: string | number): void {
    this.#segments.push(segment);
  }

  pop(): void {
    this.#segments.pop();
  }

  /** Says that the value here is a message of this shape, so that faults below it know what is around them. */
  enter(shape: MessageShape): void {
    this.#messages.push(shape);
    this.#depths.push(this.#segments.length);
  }

  leave(): void {
    this.#messages.pop();
    this.#depths.pop();
  }

  /** How many steps down from the top. */
  get depth(): number {
    return this.#segments.length;
  }

  /** The messages around this place, innermost first, each with its path. */
  enclosing(): { readonly shape: MessageShape; readonly path: string }[] {
    return this.#messages.map((shape, i) => ({ shape, path: formatPath(this.#segments.slice(0, this.#depths[i])) }))
      .reverse();
  }

  path(): string {
    return formatPath(this.#segments.map((segment) => typeof segment === "string" ? this.shown(segment) : segment));
  }

  /** A key as messages show it: `{ password:abc }`, where a blank is missing, is one key, so what follows is hidden. */
  shown(key: string): string {
    return this.hidden ? key.replace(/:.*/s, ":…") : key;
  }

  error(code: Code, message: string): void {
    this.faults.push({ severity: "error", code, path: this.path(), message });
  }

  warning(code: Code, message: string): void {
    this.faults.push({ severity: "warning", code, path: this.path(), message });
  }
}

/** Path text as reports show it. */
export function formatPath(segments: readonly (string | number)[]): string {
  let text = "";
  for (const segment of segments) {
    if (typeof segment === "number") text += `[${segment}]`;
    else if (!/^[A-Za-z_][\w-]*$/.test(segment)) text += `[${JSON.stringify(segment)}]`;
    else text += text === "" ? segment : `.${segment}`;
  }
  return text;
}
