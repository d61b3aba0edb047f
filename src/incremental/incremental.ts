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

/** So many new results or questions are no reason to look for unused ones. */
const SPARE = 1000;

/**
 * Remembers what was made of a configuration, so that the work of the next revision grows with what changed in between, as
 * in Salsa's red-green algorithm (its book, "The red-green algorithm"): a result is given again while its inputs and the
 * answers to all look-ups that it made, misses too, are the same objects. A revision that is not finished leaves
 * nothing behind.
 */
export class Incremental {
  readonly #shared: Shared = { revision: 0, moved: 0, making: [] };
  readonly #tables = new Map<string, { readonly name: string; readonly table: Table<unknown, unknown> }>();
  readonly #counted = new Map<string, { made: number; reused: number }>();
  #questions = new Questions();
  /** How many results and questions there were when unused ones were last looked for. */
  #swept = { results: 0, questions: 0 };
  /** The configuration of the last revision that was finished. */
  #last: ComparableLookup | undefined;

  /** Begins the revision of `current`. One at a time. */
  begin(current: ComparableLookup): Revision {
    const revision = ++this.#shared.revision;
    this.#shared.making.length = 0;
    const last = this.#last;
    this.#last = undefined;
    if (last) this.#shared.moved = this.#questions.mark(current.changesSince(last), revision);
    else this.#forget();
    const lookup = this.#questions.ask(current, (question) => this.#shared.making.at(-1)?.questions.add(question));
    return { lookup, table: (name, scope) => this.#table(name, scope ?? ""), finish: () => this.#finish(current) };
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
    if (!known) this.#tables.set(key, known = { name, table: new Table(this.#shared) });
    return known.table as unknown as Table<Key, Result>;
  }

  #finish(current: ComparableLookup): void {
    let added = 0;
    for (const { table } of this.#tables.values()) added += table.added;
    const results = added > SPARE + this.#swept.results / 8;
    if (results || this.#questions.size > SPARE + 2 * this.#swept.questions) this.#sweep();
    this.#last = current;
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
      if (table.size === 0) this.#drop(key);
    }
    this.#questions.retain(asked);
    this.#swept = { results: living.size, questions: this.#questions.size };
  }

  #drop(key: string): void {
    const { name, table } = this.#tables.get(key)!;
    const { made, reused } = this.#counted.get(name) ?? { made: 0, reused: 0 };
    this.#counted.set(name, { made: made + table.made, reused: reused + table.reused });
    this.#tables.delete(key);
  }

  #forget(): void {
    for (const key of [...this.#tables.keys()]) this.#drop(key);
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
