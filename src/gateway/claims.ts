import { sameItems } from "../api/mod.ts";
import type { Run } from "./parts.ts";

/**
 * Who holds what cannot be shared: from its name to the holder, `idKey` of its resource, for a TCP host with `#` and
 * its name.
 */
export type Holders = ReadonlyMap<string, string>;

/**
 * The holders by scope: addresses of a proxy, domains or SNI domains of a listener. Plain data. Those of a scope are
 * the same map for as long as they are the same.
 */
export type Claims = ReadonlyMap<string, Holders>;

const NOBODY: Holders = new Map();

/** Somebody who wants what cannot be shared. */
export interface Claimant {
  /** As it stands in {@link Holders}. */
  readonly holder: string;
  /** `metadata.creationTimestamp`; sources without it (files) leave it out. */
  readonly created?: string;
}

/**
 * The one of `rivals` (one at least) that gets what all of them want: the incumbent, if it is among them; else the one
 * created first; else the first by name. Gloo refuses all of them, and with them the whole gateway.
 */
export function winnerAmong<Rival extends { readonly claimant: Claimant }>(
  rivals: readonly Rival[],
  incumbent: string | undefined,
): Rival {
  let winner = rivals[0]!;
  if (rivals.length === 1) return winner;
  for (const rival of rivals) {
    if (rival.claimant.holder === incumbent) return rival;
    if (bySeniority(rival.claimant, winner.claimant) < 0) winner = rival;
  }
  return winner;
}

/** Who holds what in a scope before it is settled (again). */
export class Incumbents {
  /** Of the last translation. */
  readonly #last: Holders;
  /** By this one, which has settled the scope for others already. */
  readonly #settled: Holders;
  /** What settling under these gave, once that is known. */
  outcome?: Holders;

  constructor(last: Holders, settled: Holders) {
    this.#last = last;
    this.#settled = settled;
  }

  of(name: string): string | undefined {
    return this.#settled.get(name) ?? this.#last.get(name);
  }

  /** True where `now` gives the same: who settles again under the outcome gets that outcome, as its holders stay. */
  isAsGoodAs(now: Incumbents): boolean {
    if (this.#settled !== now.#settled) return false;
    return this.#last === now.#last || (this.#settled === NOBODY && this.outcome === now.#last);
  }
}

/** Settles claims of one translation by those of the last one, and keeps the outcome for the next. */
export class ClaimBook {
  readonly #last: Claims;
  readonly #settled = new Map<string, Holders>();

  constructor(last: Claims) {
    this.#last = last;
  }

  incumbents(scope: string): Incumbents {
    return new Incumbents(this.#last.get(scope) ?? NOBODY, this.#settled.get(scope) ?? NOBODY);
  }

  /** Where a scope is settled twice (two parts of a gateway with one matcher), the later holders win. */
  add(scope: string, holders: Holders): void {
    const earlier = this.#settled.get(scope);
    const all = earlier ? new Map([...earlier, ...holders]) : holders;
    const last = this.#last.get(scope) ?? NOBODY;
    if (all.size > 0) this.#settled.set(scope, sameHolders(last, all) ? last : all);
  }

  get claims(): Claims {
    return this.#settled;
  }
}

/** What settling a scope gives. */
export interface Outcome {
  readonly holders: Holders;
}

/** A scope to be settled among those who want something there. */
export interface Contest<Rival> {
  /** Unique in the proxy. */
  readonly key: string;
  /** The scope in {@link Claims}. */
  readonly scope: string;
  readonly rivals: readonly Rival[];
  /** Whether two rivals want the same, so that one in the place of the other changes nothing. */
  readonly same: (before: Rival, now: Rival) => boolean;
}

/**
 * What `settle` gives for a contest, written down in the book; the outcome of the last revision for as long as the
 * same rivals want the same under the same incumbents.
 */
export function* settleOnce<Rival, Result extends Outcome>(
  { revision, proxy, book }: Pick<Run, "revision" | "proxy" | "book">,
  { key, scope, rivals, same }: Contest<Rival>,
  settle: (incumbents: Incumbents) => Generator<void, Result>,
): Generator<void, Result> {
  type Input = readonly Rival[] | Incumbents | string;
  const incumbents = book.incumbents(scope);
  const sameInput = (before: Input, now: Input): boolean => {
    // Reports name the listener, and with it its scope.
    if (typeof before === "string" || typeof now === "string") return before === now;
    return before instanceof Incumbents
      ? now instanceof Incumbents && before.isAsGoodAs(now)
      : !(now instanceof Incumbents) && sameItems(before, now, same);
  };
  const outcome = yield* revision.table<string, Result>("settlement", proxy)
    .recallInSlices(key, [rivals, incumbents, scope], () => settle(incumbents), sameInput);
  incumbents.outcome = outcome.holders;
  book.add(scope, outcome.holders);
  return outcome;
}

function sameHolders(a: Holders, b: Holders): boolean {
  if (a === b) return true;
  if (a.size !== b.size) return false;
  for (const [name, holder] of a) if (b.get(name) !== holder) return false;
  return true;
}

function bySeniority(a: Claimant, b: Claimant): number {
  return compareText(creation(a), creation(b)) || compareText(a.holder, b.holder);
}

/** RFC 3339 in UTC without its `Z`, so that fractions of a second sort after the whole; the unknown sorts last. */
function creation({ created }: Claimant): string {
  return created ? created.replace(/Z$/, "") : "~";
}

/** Order of code units, which is the same everywhere. */
export function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
