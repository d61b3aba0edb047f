import {
  idOf,
  isMadeProxy,
  type Lookup,
  type ProxyListener,
  type Resource,
  sameItems,
  sameValue,
  type Spec,
} from "../api/mod.ts";
import type { Revision } from "../incremental/mod.ts";
import { compareReports, makeReport, type Report } from "../report/mod.ts";
import { ClaimBook, type Claims, compareText } from "./claims.ts";
import { byProxy, invalidListener, readGateways, settleAddresses, translateGateway } from "./gateways.ts";
import { CREATED_BY } from "./names.ts";
import type { Run } from "./parts.ts";

export interface GatewayInput {
  readonly revision: Revision;
  readonly settings: Spec<"Settings">;
  /** Where Proxies are made and, unless Settings say otherwise, Gateways are read (Gloo's discoveryNamespace). */
  readonly writeNamespace: string;
  /** Of the last translation; empty at the first. */
  readonly claims: Claims;
}

/** What Gateways become. */
export interface GatewayTranslation {
  /** One for each proxy name, in order of names; without listeners where no Gateway of it has anything to serve. */
  readonly proxies: readonly Resource<"Proxy">[];
  /** Sorted, each once. */
  readonly reports: readonly Report[];
  /** For the next translation. */
  readonly claims: Claims;
}

/**
 * Gateway translation: Gateways, VirtualServices, RouteTables and their options become Proxies, as in Gloo. Pure, and
 * inputs stay as they are; yields between VirtualServices, so that the caller can slice the work.
 */
export function* translateGateways(input: GatewayInput): Generator<void, GatewayTranslation> {
  const { revision, settings, writeNamespace, claims } = input;
  const { lookup } = revision;
  const book = new ClaimBook(claims);
  const reports: (readonly Report[])[] = [];
  const proxies: Resource<"Proxy">[] = [];
  const table = revision.table<string, Resource<"Proxy">>("proxy", writeNamespace);
  for (const [name, gateways] of byProxy(readGateways(lookup, settings, writeNamespace))) {
    const run: Run = { revision, settings, proxy: name, book, reports };
    reports.push(overshadowed(lookup, writeNamespace, name));
    const listeners = yield* listenersOf(run, gateways);
    const metadata = { name, namespace: writeNamespace, labels: CREATED_BY };
    proxies.push(table.recall(name, listeners, () => ({ kind: "Proxy", metadata, spec: { listeners } })));
  }
  return { proxies, reports: eachOnce(revision, reports), claims: book.claims };
}

/** Sorted by name as in Gloo, faulty ones last: a good one that has the name of a faulty one comes first. */
function* listenersOf(run: Run, gateways: readonly Resource<"Gateway">[]): Generator<void, ProxyListener[]> {
  const rejected = settleAddresses(run, gateways);
  const listeners: ProxyListener[] = [];
  for (const gateway of gateways) {
    const why = rejected.get(gateway);
    const listener = why === undefined ? yield* translateGateway(run, gateway) : invalidListener(run, gateway, why);
    if (listener) listeners.push(listener);
    yield;
  }
  const rank = (listener: ProxyListener) => listener.invalid === undefined ? 0 : 1;
  return listeners.sort((a, b) => rank(a) - rank(b) || compareText(a.name ?? "", b.name ?? ""));
}

/**
 * A Proxy written by hand under the name of one that Gateways make is not served. Those that Gloo kept are no fault.
 */
function overshadowed(lookup: Lookup, namespace: string, name: string): Report[] {
  const written = lookup.get("Proxy", { namespace, name });
  if (!written || isMadeProxy(written.metadata)) return [];
  const text = `Gateways make a Proxy ${namespace}/${name}, and that one is served; give this one another name`;
  return [makeReport("error", "SLUICE-1208", idOf(written), "", text)];
}

/** Sorted, each once; the same list as before while there is nothing new to tell. */
function eachOnce({ table }: Revision, lists: readonly (readonly Report[])[]): readonly Report[] {
  const sameList = (before: readonly Report[], now: readonly Report[]) => sameItems(before, now, sameValue);
  const same = (before: typeof lists, now: typeof lists) => sameItems(before, now, sameList);
  const told = lists.filter(({ length }) => length > 0);
  return table<string, readonly Report[]>("gateway reports").recall("", [told], () => {
    const sorted = told.flat().sort(compareReports);
    return sorted.filter((report, i) => i === 0 || compareReports(report, sorted[i - 1]!) !== 0);
  }, same);
}
