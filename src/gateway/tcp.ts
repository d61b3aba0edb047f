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
import type { Claimant, ClaimBook } from "./claims.ts";
import { settleNamespaces } from "./destinations.ts";
import type { Scope } from "./domains.ts";
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
  /** Unique among the hosts of the gateway, stable while the name is. */
  readonly holder: string;
  readonly names: readonly string[];
}

/** Stands for "every name" among SNI domains. */
const EVERY_NAME = "*";

/**
 * The tcp part of a listener. A host loses the SNI domains that belong to another host or do not pass the gateway's
 * matcher; one that loses all of them is there with `invalid`. The others are served (Gloo: the gateway is rejected).
 */
export function translateTcpGateway(
  place: TcpGatewayPlace,
  scope: Scope,
  book: ClaimBook,
  reports: Report[],
): TcpListener {
  const { owner, tcpGateway, path } = place;
  const hosts = hostsOf(place);
  const tcpHosts = hosts.map((item): ProxyTcpHost => {
    const { host, index, holder } = item;
    const at = `${path}.tcpHosts[${index}]`;
    const faults = faultsOf(item, hosts, place, scope, book);
    for (const { code, path, text } of faults.values()) {
      reports.push(makeReport("error", code, idOf(owner), `${at}${path}`, text));
    }
    const kept = item.names.filter((name) => !faults.has(name));
    const [fault] = faults.values();
    const { destination, sslConfig } = host;
    return {
      ...host,
      ...(destination ? { destination: settleNamespaces(destination, owner.metadata.namespace) } : {}),
      ...(sslConfig ? { sslConfig: settleSecret(sslConfig, owner.metadata.namespace) } : {}),
      ...(fault && kept.length > 0 ? { sslConfig: { ...sslConfig, sniDomains: kept } } : {}),
      metadataStatic: provenance(holder, [sourceOf(owner, at)]),
      ...(fault && kept.length === 0 ? { invalid: fault.text } : {}),
    };
  });
  return {
    tcpHosts,
    ...(tcpGateway.options ? { options: tcpGateway.options } : {}),
    metadataStatic: provenance(idKey(idOf(owner)), [sourceOf(owner, path)]),
  };
}

function hostsOf({ owner, tcpGateway }: TcpGatewayPlace): Host[] {
  const taken = new Set<string>();
  return (tcpGateway.tcpHosts ?? []).map((host, index) => {
    const base = `${idKey(idOf(owner))}#${host.name ?? ""}`;
    let holder = base;
    for (let n = 2; taken.has(holder); n++) holder = `${base}~${n}`;
    taken.add(holder);
    const sni = host.sslConfig?.sniDomains ?? [];
    return { host, index, holder, names: sni.length > 0 ? sni.map((name) => name.toLowerCase()) : [EVERY_NAME] };
  });
}

interface Fault {
  readonly code: Code;
  readonly path: string;
  readonly text: string;
}

/** By SNI domain, why the host does not get it. */
function faultsOf(
  { host, holder, names }: Host,
  hosts: readonly Host[],
  { owner, admitted }: TcpGatewayPlace,
  scope: Scope,
  book: ClaimBook,
): Map<string, Fault> {
  const { creationTimestamp: created } = owner.metadata;
  const passes = new Set(admitted.map((name) => name.toLowerCase()));
  const faults = new Map<string, Fault>();
  for (const [i, name] of names.entries()) {
    const path = host.sslConfig?.sniDomains?.length ? `.sslConfig.sniDomains[${i}]` : "";
    if (name !== EVERY_NAME && passes.size > 0 && !passes.has(name)) {
      const text = `SNI domain ${JSON.stringify(name)} is not among those of the gateway's matcher`;
      faults.set(name, { code: "SLUICE-1215", path, text });
      continue;
    }
    const rivals = hosts.filter((rival) => rival.names.includes(name));
    const claimants = rivals.map((rival): Claimant => ({ holder: rival.holder, ...(created ? { created } : {}) }));
    const winner = book.settle(`sni ${scope.key} ${name}`, claimants);
    if (winner === holder) continue;
    const what = name === EVERY_NAME ? "a TCP host without SNI domains" : `the SNI domain ${JSON.stringify(name)}`;
    const other = rivals.find((rival) => rival.holder === winner)?.host.name ?? "";
    const text = `${what} on ${scope.text} is already there: TCP host ${JSON.stringify(other)}`;
    faults.set(name, { code: "SLUICE-1214", path, text });
  }
  return faults;
}

function settleSecret<T extends NonNullable<TcpHost["sslConfig"]>>(config: T, namespace: string): T {
  const { secretRef } = config;
  return secretRef?.name && !secretRef.namespace ? { ...config, secretRef: { ...secretRef, namespace } } : config;
}
