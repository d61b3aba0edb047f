const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

/** How long things last, in milliseconds. */
export interface Lifetimes {
  /** Of the authority. A new one is made after two thirds of it. Default: 365 days. */
  readonly authorityMs: number;
  /** Of the certificates that it signs. They are replaced after two thirds of it. Default: 30 days. */
  readonly leafMs: number;
  /**
   * From when a new authority is told of until it signs: by then every replica and every Envoy is to trust it. The kubelet
   * takes a minute or two to bring a Secret to pods. Default: 24 hours.
   */
  readonly overlapMs: number;
}

export const DEFAULT_LIFETIMES: Lifetimes = { authorityMs: 365 * DAY_MS, leafMs: 30 * DAY_MS, overlapMs: 24 * HOUR_MS };

/** Certificates begin so much before they are made, in milliseconds, for machines whose clock is behind. */
export const BACKDATE_MS = 5 * 60_000;

/** Throws where a new authority could not take over, with all that the former one signed, before the former one ends. */
export function checkLifetimes({ authorityMs, leafMs, overlapMs }: Lifetimes): void {
  if (leafMs > 0 && overlapMs >= 0 && leafMs + overlapMs <= authorityMs / 3) return;
  throw new Error(
    `lifetimes of certificates: a leaf (${leafMs} ms) and the overlap of two authorities (${overlapMs} ms) should together ` +
      `be at most a third of the life of an authority (${authorityMs} ms)`,
  );
}
