import { idKey, idOf, type ProxyVirtualHost, refKey, type Resource } from "../api/mod.ts";
import { makeReport, type Report } from "../report/mod.ts";
import type { Claimant, ClaimBook } from "./claims.ts";

/** A VirtualService that joined a set of virtual hosts, with what became of it. */
export interface Member {
  readonly virtualService: Resource<"VirtualService">;
  readonly virtualHost: ProxyVirtualHost;
  readonly claimant: Claimant;
}

/** A set of virtual hosts that Envoy keeps together, in which each domain may stand once. */
export interface Scope {
  /** Names the set in claims: proxy, address, and the matcher of the filter chain if there is one. */
  readonly key: string;
  /** Names the listener in reports. */
  readonly text: string;
}

/** A claimant of a claim. */
export function claimantOf(resource: Resource): Claimant {
  const { creationTimestamp } = resource.metadata;
  return { holder: idKey(idOf(resource)), ...(creationTimestamp ? { created: creationTimestamp } : {}) };
}

/**
 * Gives each domain to one VirtualService. Where several ask for one, the one that had it keeps it and the others lose
 * that domain only (Gloo refuses all of them, and their gateway). A VirtualService that loses all its domains has no
 * virtual host. Yields now and then.
 */
export function* settleDomains(
  scope: Scope,
  members: readonly Member[],
  book: ClaimBook,
  reports: Report[],
): Generator<void, Member[]> {
  const wanted = yield* rivalsBy(members, domainsOf);
  const holders = new Map<string, Member>();
  for (const [domain, rivals] of wanted) {
    const holder = book.settle(`domain ${scope.key} ${domain}`, rivals.map(({ claimant }) => claimant));
    holders.set(domain, rivals.find(({ claimant }) => claimant.holder === holder)!);
    if (holders.size % BATCH === 0) yield;
  }
  return members.flatMap((member) => {
    const { domains = [] } = member.virtualHost;
    const kept = domains.filter((domain) => holders.get(domain.toLowerCase()) === member);
    if (kept.length === domains.length) return [member];
    for (const domain of domains) {
      const { virtualService: holder } = holders.get(domain.toLowerCase())!;
      if (!kept.includes(domain)) reports.push(lostDomain(member, domain, holder, scope));
    }
    return kept.length > 0 ? [{ ...member, virtualHost: { ...member.virtualHost, domains: kept } }] : [];
  });
}

/** How many cheap steps are made between two yields: well under a millisecond. */
export const BATCH = 256;

/** Those who ask for each thing, in their order. Yields now and then. */
export function* rivalsBy<M extends Member>(
  members: readonly M[],
  wishesOf: (member: M) => readonly string[],
): Generator<void, Map<string, M[]>> {
  const rivals = new Map<string, M[]>();
  for (const [i, member] of members.entries()) {
    for (const wish of wishesOf(member)) {
      const others = rivals.get(wish);
      if (others) others.push(member);
      else rivals.set(wish, [member]);
    }
    if (i % BATCH === BATCH - 1) yield;
  }
  return rivals;
}

function domainsOf({ virtualHost }: Member): string[] {
  return (virtualHost.domains ?? []).map((domain) => domain.toLowerCase());
}

function lostDomain(
  { virtualService }: Member,
  domain: string,
  holder: Resource<"VirtualService">,
  scope: Scope,
): Report {
  const written = virtualService.spec.virtualHost?.domains?.indexOf(domain) ?? -1;
  const at = written < 0 ? "virtualHost.domains" : `virtualHost.domains[${written}]`;
  const text = `domain ${JSON.stringify(domain)} on ${scope.text} belongs to VirtualService ` +
    `${refKey(holder.metadata)}; it is not served from here`;
  return makeReport("error", "SLUICE-1211", idOf(virtualService), at, text);
}
