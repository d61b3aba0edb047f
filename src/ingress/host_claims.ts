import { refKey, sameItems } from "../api/mod.ts";
import {
  BATCH,
  type ClaimBook,
  compareText,
  type Incumbents,
  type Outcome,
  rivalsBy,
  settleOnce,
  winnerAmong,
} from "../gateway/mod.ts";
import type { Revision } from "../incremental/mod.ts";
import { makeReport, type Report } from "../report/mod.ts";
import type { HostPart, HostRoute } from "./parts.ts";

/** One translation of the Ingresses. */
export interface Run {
  readonly revision: Revision;
  /** Name of the Proxy. */
  readonly proxy: string;
  readonly book: ClaimBook;
}

/** What was settled about one host. Plain data. */
export interface HostOutcome {
  /** Whose the virtual host is; others' routes in it say that they are theirs. As in claims. */
  readonly owner: string;
  /** {@link loserText} of each who lost a wish, in order. */
  readonly lost: readonly string[];
}

interface HostOutcomes extends Outcome {
  readonly byHost: ReadonlyMap<string, HostOutcome>;
  readonly reports: readonly Report[];
}

/**
 * Gives each path of a host to one Ingress: to the one that had it, else to the one created first, else to the first by
 * name. The others lose that path only. Yields now and then.
 */
export function* settleHosts(run: Run, parts: readonly HostPart[]): Generator<void, HostOutcomes> {
  const contest = { key: "ingress hosts", scope: `ingress ${run.proxy}`, rivals: parts, same: sameWishes };
  return yield* settleOnce(run, contest, (incumbents) => contend(parts, incumbents));
}

/** The wish of one who did not get it. */
export function loserText({ claimant }: HostPart, { wish }: HostRoute): string {
  return `${claimant.holder} ${wish}`;
}

/** Nothing else of a part has a say in settling; reports tell the place of a path. */
function sameWishes(before: HostPart, now: HostPart): boolean {
  return before.claimant.holder === now.claimant.holder && before.claimant.created === now.claimant.created &&
    before.host === now.host &&
    sameItems(before.routes, now.routes, (a, b) => a.wish === b.wish && a.path === b.path);
}

/** Both the host itself and its paths are claimed; no wish is empty. */
function namesOf({ host, routes }: HostPart): string[] {
  return [host, ...routes.map(({ wish }) => nameOf(host, wish))];
}

const nameOf = (host: string, wish: string): string => `${host} ${wish}`;

function* contend(parts: readonly HostPart[], incumbents: Incumbents): Generator<void, HostOutcomes> {
  const winners = new Map<string, HostPart>();
  const holders = new Map<string, string>();
  for (const [name, rivals] of yield* rivalsBy(parts, namesOf)) {
    const winner = winnerAmong(rivals, incumbents.of(name));
    winners.set(name, winner);
    holders.set(name, winner.claimant.holder);
    if (holders.size % BATCH === 0) yield;
  }
  const byHost = new Map<string, { owner: string; lost: string[] }>();
  const reports: Report[] = [];
  for (const [i, part] of parts.entries()) {
    const { host, routes } = part;
    let outcome = byHost.get(host);
    if (!outcome) byHost.set(host, outcome = { owner: holders.get(host)!, lost: [] });
    for (const route of routes) {
      const winner = winners.get(nameOf(host, route.wish))!;
      if (winner === part) continue;
      outcome.lost.push(loserText(part, route));
      reports.push(lostPath(part, route, winner));
    }
    if (i % BATCH === BATCH - 1) yield;
  }
  for (const { lost } of byHost.values()) lost.sort(compareText);
  return { holders, byHost, reports };
}

function lostPath({ id, host }: HostPart, { match, path }: HostRoute, winner: HostPart): Report {
  const what = match.type === "default" ? "the default backend" : `path ${JSON.stringify(match.text || "/")}`;
  const where = host === "*" ? "every host" : `host ${JSON.stringify(host)}`;
  const text = `${what} of ${where} belongs to Ingress ${refKey(winner.id)}; it is not served from here`;
  return makeReport("error", "SLUICE-1275", id, match.type === "default" ? path : `${path}.path`, text);
}
