import { idOf, type ProxySslConfig, refKey, type Resource } from "../api/mod.ts";
import { makeReport, type Report } from "../report/mod.ts";
import type { ClaimBook } from "./claims.ts";
import { BATCH, type Member, rivalsBy, type Scope } from "./domains.ts";
import { certificateText } from "./ssl.ts";

/** A member of a listener with TLS, and its ssl config with what it takes over from the gateway. */
export interface TlsMember extends Member {
  readonly ssl: ProxySslConfig;
}

/** Stands for "every name" among SNI domains. */
const EVERY_NAME = "*";

/**
 * Gives each SNI domain of a listener to one certificate. Where VirtualServices with different ssl configs ask for one,
 * the one that had it keeps it and the others lose it (Gloo lets Envoy refuse the whole listener). A VirtualService that
 * loses all of them is left out of the result. Yields now and then.
 */
export function* settleSni(
  scope: Scope,
  members: readonly TlsMember[],
  book: ClaimBook,
  reports: Report[],
): Generator<void, TlsMember[]> {
  const winners = new Map<string, TlsMember>();
  for (const [name, rivals] of yield* rivalsBy(members, namesOf)) {
    const holder = book.settle(`sni ${scope.key} ${name}`, rivals.map(({ claimant }) => claimant));
    winners.set(name, rivals.find(({ claimant }) => claimant.holder === holder)!);
    if (winners.size % BATCH === 0) yield;
  }
  const served: TlsMember[] = [];
  for (const [i, member] of members.entries()) {
    const names = namesOf(member);
    const kept = names.filter((name) => hasSameCertificate(winners.get(name)!, member));
    for (const name of names) {
      if (!kept.includes(name)) reports.push(lostName(member, name, winners.get(name)!.virtualService, scope));
    }
    if (kept.length === names.length) served.push(member);
    else if (kept.length > 0) served.push({ ...member, ssl: { ...member.ssl, sniDomains: kept } });
    if (i % BATCH === BATCH - 1) yield;
  }
  return served;
}

function hasSameCertificate(one: TlsMember, other: TlsMember): boolean {
  return one === other || certificateText(one.ssl) === certificateText(other.ssl);
}

function namesOf({ ssl }: TlsMember): readonly string[] {
  return ssl.sniDomains?.length ? [...new Set(ssl.sniDomains.map((name) => name.toLowerCase()))] : [EVERY_NAME];
}

function lostName({ virtualService }: Member, name: string, holder: Resource, scope: Scope): Report {
  const written = virtualService.spec.sslConfig?.sniDomains?.findIndex((domain) => domain.toLowerCase() === name) ?? -1;
  const path = written < 0 ? "sslConfig" : `sslConfig.sniDomains[${written}]`;
  const what = name === EVERY_NAME ? "an ssl config without sniDomains" : `the SNI domain ${JSON.stringify(name)}`;
  const text = `${what} on ${scope.text} belongs to VirtualService ${refKey(holder.metadata)}, ` +
    "which has another ssl config; this one is not used for it";
  return makeReport("error", "SLUICE-1214", idOf(virtualService), path, text);
}
