import { idOf, type ProxySslConfig, refKey, type Resource, sameItems, sameValue } from "../api/mod.ts";
import { makeReport, type Report } from "../report/mod.ts";
import { type Claimant, type Incumbents, type Outcome, settleOnce, winnerAmong } from "./claims.ts";
import { BATCH, type Member, rivalsBy, type Scope } from "./domains.ts";
import { keep } from "./keep.ts";
import type { HttpPart, Run } from "./parts.ts";
import { certificateText, mergeSsl, virtualServiceSsl } from "./ssl.ts";

/** A member of a listener with TLS, and its ssl config with what it takes over from the gateway. */
export interface TlsMember {
  readonly member: Member;
  readonly claimant: Claimant;
  readonly ssl: ProxySslConfig;
}

/** What settling the SNI domains of a scope gives. */
interface SniOutcome extends Outcome {
  /** By number of the member, what it keeps where it lost something; nothing for one that lost all. */
  readonly left: ReadonlyMap<number, readonly string[]>;
  readonly reports: readonly Report[];
}

/** Stands for "every name" among SNI domains. */
const EVERY_NAME = "*";

/**
 * The members of a listener with TLS, with each SNI domain given to one certificate. Where VirtualServices with
 * different ssl configs ask for one, the one that had it keeps it and the others lose it (Gloo lets Envoy refuse the
 * whole listener). A VirtualService that loses all of them is left out of the result. Yields now and then.
 */
export function* settleSni(
  run: Run,
  part: HttpPart,
  members: readonly Member[],
): Generator<void, readonly TlsMember[]> {
  const { key, scope } = part;
  const rivals = yield* tlsMembers(run, part, members);
  const contest = { key: `sni ${key}`, scope: `sni ${scope.key}`, rivals, same: sameWishes };
  const { left, reports } = yield* settleOnce(run, contest, (incumbents) => contend(scope, rivals, incumbents));
  run.reports.push(reports);
  if (left.size === 0) return rivals;
  const fewer = run.revision.table<ProxySslConfig, ProxySslConfig>("fewer SNI domains", `${run.proxy} ${key}`);
  return rivals.flatMap((rival, i) => {
    const names = left.get(i);
    if (!names) return [rival];
    const { ssl } = rival;
    const withNames = () => ({ ...ssl, sniDomains: names });
    return names.length > 0 ? [{ ...rival, ssl: fewer.recall(ssl, [names], withNames, sameItems) }] : [];
  });
}

/**
 * Members with their ssl configs; the gateway's own is the default for what they leave out. A config is the same
 * object for as long as it is equal, whatever else of its VirtualService changes.
 */
function* tlsMembers(
  { revision, settings, proxy }: Run,
  part: HttpPart,
  members: readonly Member[],
): Generator<void, readonly TlsMember[]> {
  const scope = `${proxy} ${part.key}`;
  const inputs = [part.matcher?.sslConfig, settings.gateway?.virtualServiceOptions?.oneWayTls];
  const secured = yield* revision.table<string, { readonly tls?: TlsMember }>("tls member", proxy)
    .recallEach(part.key, { items: members }, inputs, function* (index) {
      const member = members[index]!;
      const own = virtualServiceSsl(member.virtualService, settings);
      if (!own) return {};
      const { claimant } = member;
      const merged = mergeSsl(own, part.matcher?.sslConfig);
      const ssl = keep(revision, `ssl config ${scope}`, claimant.holder, merged, sameValue);
      return { tls: { member, claimant, ssl } };
    });
  return revision.table<string, TlsMember>("tls members", proxy)
    .flatMap(part.key, secured, ({ tls }) => tls ? [tls] : []);
}

/** Nothing else of a member has a part in settling. */
function sameWishes(before: TlsMember, now: TlsMember): boolean {
  return before.claimant.holder === now.claimant.holder && before.claimant.created === now.claimant.created &&
    sameItems(before.ssl.sniDomains ?? [], now.ssl.sniDomains ?? []) &&
    sameItems(writtenNames(before.member), writtenNames(now.member)) && hasSameCertificate(before, now);
}

function writtenNames({ virtualService }: Member): readonly string[] {
  return virtualService.spec.sslConfig?.sniDomains ?? [];
}

function* contend(scope: Scope, rivals: readonly TlsMember[], incumbents: Incumbents): Generator<void, SniOutcome> {
  const holders = new Map<string, string>();
  const winners = new Map<string, TlsMember>();
  for (const [name, rivalsForName] of yield* rivalsBy(rivals, namesOf)) {
    const winner = winnerAmong(rivalsForName, incumbents.of(name));
    holders.set(name, winner.claimant.holder);
    winners.set(name, winner);
    if (winners.size % BATCH === 0) yield;
  }
  const left = new Map<number, readonly string[]>();
  const reports: Report[] = [];
  for (const [i, rival] of rivals.entries()) {
    const names = namesOf(rival);
    const kept = names.filter((name) => hasSameCertificate(winners.get(name)!, rival));
    if (kept.length < names.length) left.set(i, kept);
    for (const name of names) {
      if (!kept.includes(name)) {
        reports.push(lostName(rival.member, name, winners.get(name)!.member.virtualService, scope));
      }
    }
    if (i % BATCH === BATCH - 1) yield;
  }
  return { holders, left, reports };
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
