import {
  idKey,
  idOf,
  type ProxyTcpHost,
  type Resource,
  type TcpGateway,
  type TcpHost,
  type TcpListener,
} from "../api/mod.ts";
import { type Code, makeReport, type Report } from "../report/mod.ts";
import { type Claimant, type Incumbents, type Outcome, settleOnce, winnerAmong } from "./claims.ts";
import { settleNamespaces } from "./destinations.ts";
import { rivalsBy } from "./domains.ts";
import { UniqueTexts } from "./keys.ts";
import type { Run, TcpPart } from "./parts.ts";
import { provenance, sourceOf } from "./provenance.ts";

/** A tcp gateway in the resource that holds it. */
export interface TcpGatewayPlace {
  readonly owner: Resource<"Gateway"> | Resource<"MatchableTcpGateway">;
  readonly tcpGateway: TcpGateway;
  readonly path: string;
  /** SNI domains that the matcher of a hybrid gateway lets in; empty where it lets in all. */
  readonly admitted: readonly string[];
}

interface Host {
  readonly host: TcpHost;
  readonly index: number;
  /** Its holder is unique among the hosts of the gateway, and stable while the name is. */
  readonly claimant: Claimant;
  readonly names: readonly string[];
}

interface TcpOutcome extends Outcome {
  readonly tcpListener: TcpListener;
  readonly reports: readonly Report[];
}

/** Stands for "every name" among SNI domains. */
const EVERY_NAME = "*";

/**
 * The tcp part of a listener. A host loses the SNI domains that belong to another host or do not pass the gateway's
 * matcher; one that loses all of them is there with `invalid`. The others are served (Gloo: the gateway is rejected).
 */
export function* translateTcpGateway(run: Run, part: TcpPart): Generator<void, TcpListener> {
  const contest = { key: `tcp ${part.key}`, scope: `sni ${part.scope.key}`, rivals: [part], same: Object.is };
  const { tcpListener, reports } = yield* settleOnce(run, contest, (incumbents) => contend(part, incumbents));
  run.reports.push(reports);
  return tcpListener;
}

function* contend(part: TcpPart, incumbents: Incumbents): Generator<void, TcpOutcome> {
  const { owner, tcpGateway, path } = part.place;
  const hosts = hostsOf(part.place);
  const admitted = new Set(part.place.admitted.map((name) => name.toLowerCase()));
  const winners = new Map<string, Host>();
  for (const [name, rivals] of yield* rivalsBy(hosts, ({ names }) => [...new Set(names)])) {
    const isAdmitted = name === EVERY_NAME || admitted.size === 0 || admitted.has(name);
    if (isAdmitted) winners.set(name, winnerAmong(rivals, incumbents.of(name)));
  }
  const reports: Report[] = [];
  const tcpHosts = hosts.map((item): ProxyTcpHost => {
    const { host, index, claimant, names } = item;
    const at = `${path}.tcpHosts[${index}]`;
    const faults = faultsOf(item, winners, part);
    for (const { code, path, text } of faults.values()) {
      reports.push(makeReport("error", code, idOf(owner), `${at}${path}`, text));
    }
    const kept = names.filter((name) => !faults.has(name));
    const [fault] = faults.values();
    const { destination, sslConfig } = host;
    return {
      ...host,
      ...(destination ? { destination: settleNamespaces(destination, owner.metadata.namespace) } : {}),
      ...(sslConfig ? { sslConfig: settleSecret(sslConfig, owner.metadata.namespace) } : {}),
      ...(fault && kept.length > 0 ? { sslConfig: { ...sslConfig, sniDomains: kept } } : {}),
      metadataStatic: provenance(claimant.holder, [sourceOf(owner, at)]),
      ...(fault && kept.length === 0 ? { invalid: fault.text } : {}),
    };
  });
  const tcpListener: TcpListener = {
    tcpHosts,
    ...(tcpGateway.options ? { options: tcpGateway.options } : {}),
    metadataStatic: provenance(idKey(idOf(owner)), [sourceOf(owner, path)]),
  };
  return {
    holders: new Map([...winners].map(([name, { claimant }]) => [name, claimant.holder])),
    tcpListener,
    reports,
  };
}

function hostsOf({ owner, tcpGateway }: TcpGatewayPlace): Host[] {
  const { creationTimestamp: created } = owner.metadata;
  const holders = new UniqueTexts();
  return (tcpGateway.tcpHosts ?? []).map((host, index) => {
    const holder = holders.take(`${idKey(idOf(owner))}#${host.name ?? ""}`);
    const sni = host.sslConfig?.sniDomains ?? [];
    const names = sni.length > 0 ? sni.map((name) => name.toLowerCase()) : [EVERY_NAME];
    return { host, index, claimant: { holder, ...(created ? { created } : {}) }, names };
  });
}

interface Fault {
  readonly code: Code;
  readonly path: string;
  readonly text: string;
}

/** By SNI domain, why the host does not get it. */
function faultsOf(item: Host, winners: ReadonlyMap<string, Host>, { scope }: TcpPart): Map<string, Fault> {
  const faults = new Map<string, Fault>();
  for (const [i, name] of item.names.entries()) {
    const path = item.host.sslConfig?.sniDomains?.length ? `.sslConfig.sniDomains[${i}]` : "";
    const winner = winners.get(name);
    if (winner === item) continue;
    if (!winner) {
      const text = `SNI domain ${JSON.stringify(name)} is not among those of the gateway's matcher`;
      faults.set(name, { code: "SLUICE-1215", path, text });
      continue;
    }
    const what = name === EVERY_NAME ? "a TCP host without SNI domains" : `the SNI domain ${JSON.stringify(name)}`;
    const text = `${what} on ${scope.text} is already there: TCP host ${JSON.stringify(winner.host.name ?? "")}`;
    faults.set(name, { code: "SLUICE-1214", path, text });
  }
  return faults;
}

function settleSecret<T extends NonNullable<TcpHost["sslConfig"]>>(config: T, namespace: string): T {
  const { secretRef } = config;
  return secretRef?.name && !secretRef.namespace ? { ...config, secretRef: { ...secretRef, namespace } } : config;
}
