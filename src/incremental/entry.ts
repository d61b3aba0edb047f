import type { Question } from "./questions.ts";

/** One remembered result. */
export interface Entry {
  inputs: readonly unknown[];
  readonly result: unknown;
  /** Every look-up that the result rests on, but those of `parts`. */
  readonly questions: readonly Question[];
  /** The results that this one was made from. */
  readonly parts: readonly Entry[];
  /** The sorts of all look-ups that the result rests on, a bit each; see {@link Question}. */
  readonly sorts: number;
  /** The revision in which it was last made or found to hold. */
  revision: number;
  /** The revision in which it was last asked for by itself, not as a part of another. */
  asked: number;
}

/** What a result rests on, while it is being made. */
export interface Making {
  readonly questions: Set<Question>;
  readonly parts: Set<Entry>;
}

/** What the tables of one store share. */
export interface Shared {
  revision: number;
  /** The sorts of look-ups of which one gives another answer than in the revision before. */
  moved: number;
  /** Results that are being made, the innermost last. */
  readonly making: Making[];
  /** While a state is tried, and while what was tried is kept: how to undo each change of the store, in their order. */
  undo: (() => void)[] | undefined;
}

const NO_QUESTIONS: readonly Question[] = [];
const NO_PARTS: readonly Entry[] = [];

/** Begins to take down what a result rests on. */
export function beginMaking(shared: Shared): Making {
  const making: Making = { questions: new Set(), parts: new Set() };
  shared.making.push(making);
  return making;
}

export function madeEntry(
  shared: Shared,
  inputs: readonly unknown[],
  result: unknown,
  { questions, parts }: Making,
): Entry {
  let sorts = 0;
  for (const { sort } of questions) sorts |= sort;
  for (const part of parts) sorts |= part.sorts;
  return {
    inputs,
    result,
    questions: questions.size === 0 ? NO_QUESTIONS : [...questions],
    parts: parts.size === 0 ? NO_PARTS : [...parts],
    sorts,
    revision: shared.revision,
    asked: 0,
  };
}

/** The result was asked for: by itself, or for the one that is being made. */
export function noteAsked(shared: Shared, entry: Entry): void {
  const whole = shared.making.at(-1);
  if (whole) {
    whole.parts.add(entry);
    return;
  }
  const { asked } = entry;
  if (asked === shared.revision) return;
  shared.undo?.push(() => entry.asked = asked);
  entry.asked = shared.revision;
}

/** The entry holds for this revision. */
export function noteHolds(entry: Entry, shared: Shared): void {
  const { revision } = entry;
  if (revision === shared.revision) return;
  shared.undo?.push(() => entry.revision = revision);
  entry.revision = shared.revision;
}

/** These inputs are as good as those that the entry was made from. */
export function setInputs(entry: Entry, inputs: readonly unknown[], shared: Shared): void {
  const before = entry.inputs;
  shared.undo?.push(() => entry.inputs = before);
  entry.inputs = inputs;
}

/** True where nothing that the result rests on has changed since it last held; it then holds for this revision. */
export function holds(entry: Entry, shared: Shared): boolean {
  if (entry.revision === shared.revision) return true;
  if (!isUntouched(entry, shared)) {
    for (const { changedIn } of entry.questions) if (changedIn > entry.revision) return false;
    for (const part of entry.parts) if (!holds(part, shared)) return false;
  }
  noteHolds(entry, shared);
  return true;
}

/** True where no look-up of any sort that the result rests on gives another answer: there is nothing to look through. */
export function isUntouched({ revision, sorts }: Entry, shared: Shared): boolean {
  return revision === shared.revision || revision === shared.revision - 1 && (sorts & shared.moved) === 0;
}

/** Whether two inputs are as good as one; by default only if they are one object or equal primitives. */
export type Same = (before: never, now: never) => boolean;

export function sameInputs(before: readonly unknown[], now: readonly unknown[], same?: Same): boolean {
  if (before === now) return true;
  if (before.length !== now.length) return false;
  for (let i = 0; i < now.length; i++) {
    if (Object.is(before[i], now[i])) continue;
    if (!same || !same(before[i] as never, now[i] as never)) return false;
  }
  return true;
}
