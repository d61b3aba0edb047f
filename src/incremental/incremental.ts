import type { ComparableLookup, Lookup } from "../api/mod.ts";
import type { Entry, Shared } from "./entry.ts";
import { type Question, Questions } from "./questions.ts";
import { Table } from "./table.ts";

/** How often results of a table were made, and how often the last one was given again. */
export interface Counts {
  readonly made: number;
  readonly reused: number;
}

/** One state of the configuration, and all that is made of it. */
export interface Revision {
  /** Answers from this state. What is asked while a result is made is remembered with that result. */
  readonly lookup: Lookup;
  /** The table of this name; `scope` tells tables apart that hold results of one function for other surroundings. */
  table<Key, Result>(name: string, scope?: string): Table<Key, Result>;
  /** To be called when everything was asked for: what was not may be forgotten. */
  finish(): void;
}

/** A state of the configuration that is tried, without consequences for what is remembered. */
export interface Trial extends Revision {
  /** What was made stays for the next trial, which begins from this state, until a revision begins. */
  finish(): void;
  /** Undoes all that the store learned since this trial began, in later trials too. */
  drop(): void;
  /** False once it was dropped, or a revision began and undid it: what it gives then is worth nothing. */
  readonly isLive: boolean;
}

interface Tried {
  /** How many changes of the store had been noted before it. */
  readonly start: number;
  finished: boolean;
}

/** So many new results or questions are no reason to look for unused ones. */
const SPARE = 1000;

/**
 * Remembers what was made of a configuration, so that the work of the next revision grows with what changed in between, as
 * in Salsa's red-green algorithm (its book, "The red-green algorithm"): a result is given again while its inputs and the
 * answers to all look-ups that it made, misses too, are the same objects. A revision that is not finished leaves
 * nothing behind.
 */
export class Incremental {
  readonly #shared: Shared = { revision: 0, moved: 0, making: [], undo: undefined };
  readonly #tables = new Map<string, { readonly name: string; readonly table: Table<unknown, unknown> }>();
  readonly #counted = new Map<string, { made: number; reused: number }>();
  #questions = new Questions();
  /** How many results and questions there were when unused ones were last looked for. */
  #swept = { results: 0, questions: 0 };
  /** The configuration of the last revision or trial that was finished. */
  #last: ComparableLookup | undefined;
  /** Trials that are neither dropped nor undone, the first first. */
  readonly #trials: Tried[] = [];
  /** Resolved when a revision is finished. */
  #finished = Promise.withResolvers<void>();

  /** Begins the revision of `current`. One at a time; what was tried is undone. */
  begin(current: ComparableLookup): Revision {
    this.#undo(0);
    this.#trials.length = 0;
    this.#shared.undo = undefined;
    const revision = ++this.#shared.revision;
    this.#shared.making.length = 0;
    const last = this.#last;
    this.#last = undefined;
    if (last) this.#shared.moved = this.#questions.mark(current.changesSince(last), revision);
    else this.#forget();
    return { ...this.#surface(current), finish: () => this.#finish(current) };
  }

  /**
   * Begins to try `current` from the last state that was finished, as if it were the next revision: to the same cost, and
   * with the results that are there. All that this changes in the store is undone when the trial is dropped, or when a
   * revision begins, which never waits for a trial. Undefined while a revision is under way, and before the first.
   */
  try(current: ComparableLookup): Trial | undefined {
    const last = this.#last;
    if (!last) return undefined;
    const open = this.#trials.at(-1);
    if (open && !open.finished) this.#drop(open);
    const trial: Tried = { start: this.#noteState(last), finished: false };
    const depth = this.#trials.push(trial) - 1;
    const shared = this.#shared;
    shared.making.length = 0;
    shared.moved = this.#questions.mark(current.changesSince(last), ++shared.revision, shared.undo);
    const isLive = (): boolean => this.#trials[depth] === trial;
    return {
      ...this.#surface(current),
      finish: () => {
        if (!isLive()) return;
        trial.finished = true;
        this.#last = current;
      },
      drop: () => this.#drop(trial),
      get isLive() {
        return isLive();
      },
    };
  }

  /** Resolves when a revision was finished and none is under way. */
  async settled(): Promise<void> {
    while (!this.#last) await this.#finished.promise;
  }

  #surface(current: ComparableLookup): Pick<Revision, "lookup" | "table"> {
    const lookup = this.#questions.ask(current, (question) => this.#shared.making.at(-1)?.questions.add(question));
    return { lookup, table: (name, scope) => this.#table(name, scope ?? "") };
  }

  /** Notes how to come back to what is remembered now. Gives how many changes were noted before. */
  #noteState(last: ComparableLookup): number {
    const shared = this.#shared;
    const { revision, moved } = shared;
    const counts = [...this.#tables.values()].map(({ table }) => table.countsBack());
    const undo = shared.undo ??= [];
    return undo.push(() => {
      Object.assign(shared, { revision, moved });
      shared.making.length = 0;
      this.#last = last;
      for (const back of counts) back();
    }) - 1;
  }

  #drop(trial: Tried): void {
    const at = this.#trials.indexOf(trial);
    if (at < 0) return;
    this.#undo(trial.start);
    this.#trials.length = at;
  }

  /** Undoes the changes that were noted from this one on. */
  #undo(start: number): void {
    const { undo } = this.#shared;
    while (undo && undo.length > start) undo.pop()!();
  }

  /** How many different look-ups are remembered. */
  get questions(): number {
    return this.#questions.size;
  }

  /** By name of table, since the store was made. */
  counts(): ReadonlyMap<string, Counts> {
    const counts = new Map<string, { made: number; reused: number }>();
    for (const [name, { made, reused }] of this.#counted) counts.set(name, { made, reused });
    for (const { name, table } of this.#tables.values()) {
      const { made, reused } = counts.get(name) ?? { made: 0, reused: 0 };
      counts.set(name, { made: made + table.made, reused: reused + table.reused });
    }
    return counts;
  }

  #table<Key, Result>(name: string, scope: string): Table<Key, Result> {
    const key = `${name}\0${scope}`;
    let known = this.#tables.get(key);
    if (!known) {
      this.#tables.set(key, known = { name, table: new Table(this.#shared) });
      this.#shared.undo?.push(() => this.#tables.delete(key));
    }
    return known.table as unknown as Table<Key, Result>;
  }

  #finish(current: ComparableLookup): void {
    let added = 0;
    for (const { table } of this.#tables.values()) added += table.added;
    const results = added > SPARE + this.#swept.results / 8;
    if (results || this.#questions.size > SPARE + 2 * this.#swept.questions) this.#sweep();
    this.#last = current;
    this.#finished.resolve();
    this.#finished = Promise.withResolvers();
  }

  /** Forgets the results that this revision does not rest on, and the questions that none of the others asks. */
  #sweep(): void {
    const living = new Set<Entry>();
    const asked = new Set<Question>();
    const visit = (entry: Entry) => {
      if (living.has(entry)) return;
      living.add(entry);
      for (const question of entry.questions) asked.add(question);
      for (const part of entry.parts) visit(part);
    };
    for (const { table } of this.#tables.values()) {
      for (const entry of table.entries()) if (entry.asked === this.#shared.revision) visit(entry);
    }
    for (const [key, { table }] of this.#tables) {
      table.retain(living);
      if (table.size === 0) this.#dropTable(key);
    }
    this.#questions.retain(asked);
    this.#swept = { results: living.size, questions: this.#questions.size };
  }

  #dropTable(key: string): void {
    const { name, table } = this.#tables.get(key)!;
    const { made, reused } = this.#counted.get(name) ?? { made: 0, reused: 0 };
    this.#counted.set(name, { made: made + table.made, reused: reused + table.reused });
    this.#tables.delete(key);
  }

  #forget(): void {
    for (const key of [...this.#tables.keys()]) this.#dropTable(key);
    this.#questions = new Questions();
    this.#swept = { results: 0, questions: 0 };
  }
}

/** A revision that remembers nothing from before and is compared with none after. */
export function fromNothing(lookup: Lookup): Revision {
  const nothing = new Map();
  return new Incremental().begin({
    get: (kind, ref) => lookup.get(kind, ref),
    select: (kind, selection) => lookup.select(kind, selection),
    changesSince: () => nothing,
  });
}
