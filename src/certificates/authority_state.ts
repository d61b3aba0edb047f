import { createAuthority, type KeyPair } from "./issue.ts";
import { BACKDATE_MS, type Lifetimes } from "./lifetimes.ts";
import { type CertificateFacts, readCertificate, renewalTime } from "./read_certificate.ts";

/** The organization in the subject of our authorities: by it we know what is ours. */
export const ORGANIZATION = "Sluice";

/** Characters of a common name, at most (RFC 5280, appendix A.1). */
const MOST_COMMON_NAME = 64;

/** An authority with its key, and since when it is what it is. */
export interface Authority extends KeyPair {
  /** Milliseconds since the epoch. */
  readonly since: number;
}

/** The authorities of a moment. All of them are trusted; one signs. */
export interface AuthorityState {
  /** `since`: when it began to sign. */
  readonly signing: Authority;
  /** The one that will sign next; `since`: when it was told of. */
  readonly next?: Authority;
  /** Certificates of those that signed before and may have leaves that are still good; PEM. */
  readonly former: readonly string[];
}

/** A state with an authority of its own, for where there is none yet. */
export async function firstState(namespace: string, now: number, lifetimes: Lifetimes): Promise<AuthorityState> {
  return { signing: await newAuthority(namespace, now, lifetimes), former: [] };
}

/**
 * The state after what is due at `now`, or undefined where nothing is. One step at a time: a new authority is first told of,
 * signs after the overlap, and the one before is dropped when the last leaf that it signed has ended.
 */
export async function nextState(
  state: AuthorityState,
  namespace: string,
  now: number,
  lifetimes: Lifetimes,
): Promise<AuthorityState | undefined> {
  const { signing, next, former } = state;
  const current = readCertificate(signing.cert);
  if (isOver(current, now)) {
    // Nothing that it signed is good any more, so there is nobody to wait for.
    const heir = next === undefined || isOver(readCertificate(next.cert), now)
      ? await newAuthority(namespace, now, lifetimes)
      : { ...next, since: now };
    return { signing: heir, former: [] };
  }
  if (next !== undefined && now >= next.since + lifetimes.overlapMs) {
    return { signing: { ...next, since: now }, former: [signing.cert, ...former] };
  }
  if (former.length > 0 && now >= signing.since + lifetimes.leafMs + lifetimes.overlapMs) {
    return { ...state, former: [] };
  }
  if (next === undefined && now >= renewalTime(current)) {
    return { ...state, next: await newAuthority(namespace, now, lifetimes) };
  }
  return undefined;
}

/** PEM of all that are to be trusted, the youngest first: so the text stays as it is when the next one begins to sign. */
export function bundleOf({ signing, next, former }: AuthorityState): string {
  return [...(next === undefined ? [] : [next.cert]), signing.cert, ...former].join("");
}

async function newAuthority(namespace: string, now: number, { authorityMs }: Lifetimes): Promise<Authority> {
  const made = await createAuthority({
    organization: ORGANIZATION,
    // Each has a name of its own, so that a chain leads to one authority and people can tell them apart.
    commonName: `sluice-ca ${new Date(now).toISOString()} ${namespace}`.slice(0, MOST_COMMON_NAME),
    notBefore: now - BACKDATE_MS,
    notAfter: now + authorityMs,
  });
  return { ...made, since: now };
}

const isOver = ({ notAfter }: CertificateFacts, now: number): boolean => now >= notAfter;
