import { type ProxySslConfig, refKey, sameItems, sameValue } from "../api/mod.ts";
import { BATCH, type Incumbents, type Outcome, rivalsBy, settleOnce, winnerAmong } from "../gateway/mod.ts";
import { makeReport, type Report } from "../report/mod.ts";
import { EVERY_HOST } from "./hosts.ts";
import type { Run } from "./host_claims.ts";
import type { TlsPart } from "./parts.ts";

/** The TLS parts that show a certificate. */
export interface Certificates {
  /** The same list for as long as it is the same. */
  readonly configs: readonly ProxySslConfig[];
  readonly reports: readonly Report[];
}

interface TlsOutcome extends Outcome {
  /** By number of the part, the names that it has. */
  readonly names: readonly (readonly string[])[];
  readonly reports: readonly Report[];
}

/**
 * Gives each server name to one TLS part, as paths are given ({@link settleHosts}). Who loses a name to one with the same
 * certificate loses nothing, and hears nothing of it.
 */
export function* settleCertificates(run: Run, parts: readonly TlsPart[]): Generator<void, Certificates> {
  const contest = { key: "ingress sni", scope: `ingress sni ${run.proxy}`, rivals: parts, same: sameWishes };
  const { names, reports } = yield* settleOnce(run, contest, (incumbents) => contend(parts, incumbents));
  const table = run.revision.table<string, ProxySslConfig>("ingress certificate", run.proxy);
  const made = parts.flatMap((part, i) => {
    const own = names[i]!;
    if (own.length === 0) return [];
    const withNames = () => own.includes(EVERY_HOST) ? part.ssl : { ...part.ssl, sniDomains: own };
    return [table.recall(`${part.claimant.holder} ${part.path}`, [part, own], withNames, sameValue)];
  });
  const configs = run.revision.table<string, readonly ProxySslConfig[]>("ingress certificates")
    .keep(run.proxy, made, sameItems);
  return { configs, reports };
}

function sameWishes(before: TlsPart, now: TlsPart): boolean {
  return before.claimant.holder === now.claimant.holder && before.claimant.created === now.claimant.created &&
    before.path === now.path && before.certificate === now.certificate && sameItems(before.names, now.names);
}

function* contend(parts: readonly TlsPart[], incumbents: Incumbents): Generator<void, TlsOutcome> {
  const winners = new Map<string, TlsPart>();
  const holders = new Map<string, string>();
  for (const [name, rivals] of yield* rivalsBy(parts, ({ names }) => names)) {
    const winner = winnerAmong(rivals, incumbents.of(name));
    winners.set(name, winner);
    holders.set(name, winner.claimant.holder);
    if (holders.size % BATCH === 0) yield;
  }
  const reports: Report[] = [];
  const names = parts.map((part) =>
    part.names.filter((name) => {
      const winner = winners.get(name)!;
      if (winner !== part && winner.certificate !== part.certificate) reports.push(lostName(part, name, winner));
      return winner === part;
    })
  );
  return { holders, names, reports };
}

function lostName({ id, path }: TlsPart, name: string, winner: TlsPart): Report {
  const what = name === EVERY_HOST ? "a certificate without hosts" : `TLS host ${JSON.stringify(name)}`;
  const text = `${what} belongs to Ingress ${refKey(winner.id)}, which has Secret ${winner.certificate} for it; ` +
    "this certificate is not shown";
  return makeReport("error", "SLUICE-1276", id, path, text);
}
