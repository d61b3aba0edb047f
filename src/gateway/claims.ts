/**
 * Who holds what cannot be shared: an address of a proxy, a domain or an SNI domain of a listener. From a claim's name to
 * the holder: `idKey` of its resource, for a TCP host with `#` and its name.
 */
export type Claims = ReadonlyMap<string, string>;

/** Somebody who wants what cannot be shared. */
export interface Claimant {
  /** As it stands in {@link Claims}. */
  readonly holder: string;
  /** `metadata.creationTimestamp`; sources without it (files) leave it out. */
  readonly created?: string;
}

/** Settles claims of one translation by those of the last one, and keeps the outcome for the next. */
export class ClaimBook {
  readonly #last: Claims;
  readonly #settled = new Map<string, string>();

  constructor(last: Claims) {
    this.#last = last;
  }

  /**
   * The claimant that gets `claim`: the one that had it; else the one created first; else the first by name. Gloo refuses
   * all of them, and with them the whole gateway. A claim is settled once: later calls with it see its holder as set.
   */
  settle(claim: string, claimants: readonly Claimant[]): string | undefined {
    const incumbent = this.#settled.get(claim) ?? this.#last.get(claim);
    const holder = claimants.length === 1
      ? claimants[0]!.holder
      : claimants.find((claimant) => claimant.holder === incumbent)?.holder ??
        [...claimants].sort(bySeniority)[0]?.holder;
    if (holder !== undefined) this.#settled.set(claim, holder);
    return holder;
  }

  get claims(): Claims {
    return this.#settled;
  }
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
