import { idKey, idOf, type ProxyVirtualHost, refKey, type Resource, sameItems } from "../api/mod.ts";
import { makeReport, type Report } from "../report/mod.ts";
import { type Claimant, compareText, type Incumbents, type Outcome, settleOnce, winnerAmong } from "./claims.ts";
import { keep } from "./keep.ts";
import type { Run } from "./parts.ts";

/** A VirtualService that joined a set of virtual hosts, with what became of it. */
export interface Member {
  readonly virtualService: Resource<"VirtualService">;
  readonly virtualHost: ProxyVirtualHost;
  readonly claimant: Claimant;
  /** The domains of the virtual host in lower case, as Envoy compares them. */
  readonly domains: readonly string[];
}

/** A set of virtual hosts that Envoy keeps together, in which each domain may stand once. */
export interface Scope {
  /** Names the set in claims: proxy, address, and the matcher of the filter chain if there is one. */
  readonly key: string;
  /** Names the listener in reports. */
  readonly text: string;
}

/** What settling the domains of a scope gives. */
interface DomainOutcome extends Outcome {
  /**
   * Numbers of the members that have a virtual host, in order of its name, in which Gloo keeps them; undefined where all
   * have one and stand in that order.
   */
  readonly order: readonly number[] | undefined;
  /** By number, the domains of those that lost others. */
  readonly left: ReadonlyMap<number, readonly string[]>;
  readonly reports: readonly Report[];
}

/** A claimant of a claim. */
export function claimantOf(resource: Resource): Claimant {
  const { creationTimestamp } = resource.metadata;
  return { holder: idKey(idOf(resource)), ...(creationTimestamp ? { created: creationTimestamp } : {}) };
}

/**
 * The virtual hosts of a scope in order of their names, with each domain given to one VirtualService. Where several
 * ask for one, the one that had it keeps it and the others lose that domain only (Gloo refuses all of them, and their
 * gateway). A VirtualService that loses all its domains has no virtual host. `key` is unique in the proxy. Yields now
 * and then.
 */
export function* settleDomains(
  run: Run,
  key: string,
  scope: Scope,
  members: readonly Member[],
): Generator<void, readonly ProxyVirtualHost[]> {
  const contest = { key: `domains ${key}`, scope: `domain ${scope.key}`, rivals: members, same: sameWishes };
  const { order, left, reports } = yield* settleOnce(run, contest, (incumbents) => contend(scope, members, incumbents));
  run.reports.push(reports);
  const scopeKey = `${run.proxy} ${key}`;
  if (left.size === 0) {
    return run.revision.table<string, ProxyVirtualHost>("virtual hosts")
      .flatMap(scopeKey, order ? order.map((i) => members[i]!) : members, ({ virtualHost }) => [virtualHost]);
  }
  const fewer = run.revision.table<ProxyVirtualHost, ProxyVirtualHost>("fewer domains", scopeKey);
  const hosts = (order ?? members.map((_, i) => i)).map((i) => {
    const { virtualHost } = members[i]!;
    const domains = left.get(i);
    return domains ? fewer.recall(virtualHost, [domains], () => ({ ...virtualHost, domains }), sameItems) : virtualHost;
  });
  return keep(run.revision, "virtual hosts", scopeKey, hosts, sameItems);
}

/** Nothing else of a member has a part in settling: names of virtual hosts and their domains follow from these. */
function sameWishes(before: Member, now: Member): boolean {
  return before.claimant.holder === now.claimant.holder && before.claimant.created === now.claimant.created &&
    sameItems(writtenDomains(before), writtenDomains(now));
}

function writtenDomains({ virtualService }: Member): readonly string[] {
  return virtualService.spec.virtualHost?.domains ?? [];
}

function* contend(scope: Scope, members: readonly Member[], incumbents: Incumbents): Generator<void, DomainOutcome> {
  const holders = new Map<string, string>();
  const winners = new Map<string, Member>();
  for (const [domain, rivals] of yield* rivalsBy(members, ({ domains }) => domains)) {
    const winner = winnerAmong(rivals, incumbents.of(domain));
    holders.set(domain, winner.claimant.holder);
    winners.set(domain, winner);
    if (holders.size % BATCH === 0) yield;
  }
  const order: number[] = [];
  const left = new Map<number, readonly string[]>();
  const reports: Report[] = [];
  for (const [i, member] of members.entries()) {
    const { virtualHost: { domains: texts = [] }, domains } = member;
    const kept = texts.filter((_, at) => winners.get(domains[at]!) === member);
    if (kept.length > 0) order.push(i);
    if (kept.length < texts.length) left.set(i, kept);
    for (const [at, text] of texts.entries()) {
      const winner = winners.get(domains[at]!)!;
      if (winner !== member) reports.push(lostDomain(member, text, winner.virtualService, scope));
    }
    if (i % BATCH === BATCH - 1) yield;
  }
  const nameOf = (i: number) => members[i]!.virtualHost.name ?? "";
  order.sort((a, b) => compareText(nameOf(a), nameOf(b)));
  const isAsTheyStand = order.length === members.length && order.every((i, at) => i === at);
  return { holders, order: isAsTheyStand ? undefined : order, left, reports };
}

/** How many cheap steps are made between two yields: well under a millisecond. */
export const BATCH = 256;

/** Those who ask for each thing, in their order. Yields now and then. */
export function* rivalsBy<Rival>(
  rivals: readonly Rival[],
  wishesOf: (rival: Rival) => readonly string[],
): Generator<void, Map<string, Rival[]>> {
  const byWish = new Map<string, Rival[]>();
  for (const [i, rival] of rivals.entries()) {
    for (const wish of wishesOf(rival)) {
      const others = byWish.get(wish);
      if (others) others.push(rival);
      else byWish.set(wish, [rival]);
    }
    if (i % BATCH === BATCH - 1) yield;
  }
  return byWish;
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
