import { ALL_KINDS, type Changes, type Kind, type Lookup, refKey, type Selection } from "../api/mod.ts";
import { Choices } from "./choices.ts";

/** One look-up, the same object for all results that made it. */
export interface Question {
  /** A bit that it shares with all look-ups of its kind. */
  readonly sort: number;
  /** The revision in which its answer was last another one than in the revision before. */
  changedIn: number;
}

interface Choice extends Question {
  readonly selection: Selection;
}

/** All questions that remembered results have asked, so that each is looked at once a revision and not once a result. */
export class Questions {
  /** By kind, then by `namespace/name`. */
  readonly #gets = new Map<Kind, Map<string, Question>>();
  /** By kind, then by the text of the selection. */
  readonly #selects = new Map<Kind, Map<string, Choice>>();
  /** By kind, the same ones by what is in them. */
  readonly #choices = new Map<Kind, Choices<Choice>>();
  #size = 0;

  get size(): number {
    return this.#size;
  }

  /** A lookup that answers from `inner` and tells every question, whether it finds something or not. */
  ask(inner: Lookup, tell: (question: Question) => void): Lookup {
    return {
      get: (kind, ref) => {
        tell(this.#intern(this.#gets, kind, refKey(ref), () => ({ sort: sortOf(kind), changedIn: 0 })));
        return inner.get(kind, ref);
      },
      select: (kind, selection) => {
        const make = () => this.#choice(kind, selection);
        tell(this.#intern(this.#selects, kind, JSON.stringify(selection), make));
        return inner.select(kind, selection);
      },
    };
  }

  /**
   * Marks the questions that these changes give another answer, in the revision of this number. Gives their sorts.
   * `undo` takes what takes a mark back.
   */
  mark(changes: Changes, revision: number, undo?: (() => void)[]): number {
    let sorts = 0;
    const markOne = (question: Question) => {
      const { changedIn } = question;
      undo?.push(() => question.changedIn = changedIn);
      question.changedIn = revision;
      sorts |= question.sort;
    };
    for (const [kind, resources] of changes) {
      const gets = this.#gets.get(kind);
      for (const key of resources.keys()) {
        const question = gets?.get(key);
        if (question) markOne(question);
      }
      const choices = this.#choices.get(kind);
      if (!choices) continue;
      for (const change of resources.values()) {
        for (const choice of choices.concernedBy(change)) markOne(choice);
      }
    }
    return sorts;
  }

  /** Forgets the questions that nobody asks any more. */
  retain(asked: ReadonlySet<Question>): void {
    for (const questions of [this.#gets, this.#selects] as const) {
      for (const [kind, known] of questions) {
        for (const [key, question] of known) {
          if (asked.has(question)) continue;
          known.delete(key);
          if ("selection" in question) this.#choices.get(kind)!.delete(question);
          this.#size--;
        }
      }
    }
  }

  #choice(kind: Kind, selection: Selection): Choice {
    const choice: Choice = { sort: sortOf(kind), changedIn: 0, selection };
    let ofKind = this.#choices.get(kind);
    if (!ofKind) this.#choices.set(kind, ofKind = new Choices());
    ofKind.add(choice);
    return choice;
  }

  #intern<Q extends Question>(questions: Map<Kind, Map<string, Q>>, kind: Kind, key: string, make: () => Q): Q {
    let known = questions.get(kind);
    if (!known) questions.set(kind, known = new Map());
    let question = known.get(key);
    if (!question) {
      known.set(key, question = make());
      this.#size++;
    }
    return question;
  }
}

/** A number has 32 bits; should there be more kinds, the last ones share one, which costs a closer look and no more. */
function sortOf(kind: Kind): number {
  return 1 << Math.min(ALL_KINDS.indexOf(kind), 31);
}
