import type { Question } from "./questions.ts";

/** Whether two inputs are as good as one; by default only if they are one object or equal primitives. */
export type Same = (before: never, now: never) => boolean;

/** One remembered result. */
export interface Entry {
  inputs: readonly unknown[];
  result: unknown;
  /** Every look-up that the result rests on, but those of `parts`. */
  questions: readonly Question[];
  /** The results that this one was made from. */
  parts: readonly Entry[];
  /** The revision in which it was last made or found unchanged. */
  revision: number;
}

/** What a result rests on, while it is being made. */
export interface Making {
  readonly questions: Set<Question>;
  readonly parts: Set<Entry>;
}

/** What the tables of one store share. */
export interface Shared {
  readonly revision: number;
  /** Results that are being made, the innermost last. */
  readonly making: Making[];
}

const NO_QUESTIONS: readonly Question[] = [];
const NO_PARTS: readonly Entry[] = [];

/**
 * The results of one function, by key. A result lives as long as each revision asks for it: what one does not ask for,
 * by itself or as a part of another result, is forgotten when it is finished.
 */
export class Table<Key, Result> {
  readonly #shared: Shared;
  readonly #entries = new Map<Key, Entry>();
  made = 0;
  reused = 0;

  constructor(shared: Shared) {
    this.#shared = shared;
  }

  /**
   * The result of `make` for this key: the one of the last revision while `inputs` are the same, one by one, and all look-ups
   * that were made for it give the same resources. `make` must depend on nothing else, and its result is never changed.
   */
  recall(key: Key, inputs: readonly unknown[], make: () => Result, same?: Same): Result {
    const known = this.#known(key, inputs, same);
    if (known) return known.result as Result;
    const making = this.#begin();
    try {
      return this.#keep(key, inputs, make(), making);
    } finally {
      this.#shared.making.pop();
    }
  }

  /**
   * What {@link recall} would give without making it: the result of the last revision, if it still holds. `inputs` may be
   * one list for many calls: it is not kept.
   */
  find(key: Key, inputs: readonly unknown[], same?: Same): Result | undefined {
    return this.#known(key, inputs, same)?.result as Result | undefined;
  }

  /** The value that the last revision had under this key, where the new one is as good; else the new one. */
  keep(key: Key, value: Result, same: (before: Result, now: Result) => boolean): Result {
    return this.recall(key, [value], () => value, same);
  }

  /** As {@link recall}, for a function that yields between units of work. */
  *recallInSlices(
    key: Key,
    inputs: readonly unknown[],
    make: () => Generator<void, Result>,
    same?: Same,
  ): Generator<void, Result> {
    const known = this.#known(key, inputs, same);
    if (known) return known.result as Result;
    const making = this.#begin();
    try {
      return this.#keep(key, inputs, yield* make(), making);
    } finally {
      this.#shared.making.pop();
    }
  }

  /** Forgets what this revision did not ask for. */
  sweep(revision: number): void {
    // Not for-of: it makes a pair for each entry.
    this.#entries.forEach((entry, key) => entry.revision !== revision && this.#entries.delete(key));
  }

  entries(): Iterable<Entry> {
    return this.#entries.values();
  }

  get size(): number {
    return this.#entries.size;
  }

  #known(key: Key, inputs: readonly unknown[], same: Same | undefined): Entry | undefined {
    const entry = this.#entries.get(key);
    if (!entry) return undefined;
    const identical = sameInputs(entry.inputs, inputs);
    if (!identical && !(same && sameInputs(entry.inputs, inputs, same))) return undefined;
    if (!vouch(entry, this.#shared.revision)) return undefined;
    if (!identical) entry.inputs = [...inputs];
    this.reused++;
    this.#shared.making.at(-1)?.parts.add(entry);
    return entry;
  }

  #begin(): Making {
    const making: Making = { questions: new Set(), parts: new Set() };
    this.#shared.making.push(making);
    return making;
  }

  #keep(key: Key, inputs: readonly unknown[], result: Result, { questions, parts }: Making): Result {
    const { revision, making } = this.#shared;
    const entry: Entry = {
      inputs,
      result,
      questions: questions.size === 0 ? NO_QUESTIONS : [...questions],
      parts: parts.size === 0 ? NO_PARTS : [...parts],
      revision,
    };
    this.#entries.set(key, entry);
    this.made++;
    // The innermost is this very result, and still on the stack.
    making.at(-2)?.parts.add(entry);
    return result;
  }
}

/** True where nothing that the result rests on has changed since the last revision; it then holds for this one. */
function vouch(entry: Entry, revision: number): boolean {
  if (entry.revision === revision) return true;
  for (const question of entry.questions) if (question.changedIn === revision) return false;
  for (const part of entry.parts) if (!vouch(part, revision)) return false;
  entry.revision = revision;
  return true;
}

function sameInputs(before: readonly unknown[], now: readonly unknown[], same?: Same): boolean {
  if (before === now) return true;
  if (before.length !== now.length) return false;
  for (let i = 0; i < now.length; i++) {
    if (Object.is(before[i], now[i])) continue;
    if (!same || !same(before[i] as never, now[i] as never)) return false;
  }
  return true;
}
