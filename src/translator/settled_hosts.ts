import { idKey, type Origin, type ProxyVirtualHost, sameItems, sameValue } from "../api/mod.ts";
import type { Report } from "../report/mod.ts";
import type { TranslationContext } from "./context.ts";
import { settleDomains, type TakenDomains } from "./domains.ts";
import { Faults, type Owner, ownerOf, sourceOf } from "./origins.ts";
import type { SectionHosts } from "./section_hosts.ts";
import { unique } from "./unique.ts";

/** What a virtual host gets among its neighbours. */
export interface SettledHost {
  /** Names it among the pieces of the route configuration. */
  readonly key: string;
  readonly domains: readonly string[];
  /** Why it is not served at all. */
  readonly invalid?: string;
  /** Where it stands in the Proxy, if it does not know where it was written. */
  readonly path?: string;
}

export interface SettledHosts {
  /** In the order of the virtual hosts. */
  readonly hosts: readonly SettledHost[];
  readonly reports: readonly Report[];
}

interface Hosts {
  /** Of the route configuration. */
  readonly name: string;
  /** Names Proxy and listener. */
  readonly scope: string;
  readonly hosts: SectionHosts;
}

/** Between so many hosts work is given up once. */
const BATCH = 100;

/** The owner of a virtual host of this route configuration; `placeOf` tells where it stands in its Proxy. */
export function hostOwner(
  { name = "", metadataStatic }: ProxyVirtualHost,
  placeOf: () => Origin,
  configuration: string,
): Owner {
  return ownerOf(metadataStatic, placeOf, (place) => `${idKey(place)}#${configuration}/${name}`);
}

/**
 * Who gets which name and domain, while no host wants others than in the last revision. A host whose name another has is
 * invalid; the first of them stays as it is.
 */
export function* settleHosts(context: TranslationContext, unit: Hosts): Generator<void, SettledHosts> {
  const { name, scope, hosts } = unit;
  const table = context.revision.table<string, SettledHosts>("settledHosts", scope);
  const inputs = [hosts.placeOf(0).path, hosts.virtualHosts];
  return yield* table.recallInSlices(name, inputs, () => settle(unit), sameHosts);
}

function sameHosts(a: readonly ProxyVirtualHost[] | string, b: readonly ProxyVirtualHost[] | string): boolean {
  return typeof a !== "string" && typeof b !== "string" && sameItems(a, b, sameWishes);
}

function sameWishes(a: ProxyVirtualHost, b: ProxyVirtualHost): boolean {
  return a.name === b.name && sameValue(a.domains, b.domains) && a.metadataStatic?.key === b.metadataStatic?.key &&
    sameValue(a.metadataStatic?.sources, b.metadataStatic?.sources);
}

function* settle({ name: configuration, hosts: { virtualHosts, placeOf } }: Hosts): Generator<void, SettledHosts> {
  const names = new Set<string>();
  const keys = new Set<string>();
  const taken: TakenDomains = new Map();
  const faults = new Faults();
  const hosts: SettledHost[] = [];
  for (const [i, virtualHost] of virtualHosts.entries()) {
    const name = virtualHost.name ?? "";
    const owner = hostOwner(virtualHost, () => placeOf(i), configuration);
    const key = unique(owner.key, keys);
    const path = sourceOf(virtualHost.metadataStatic) ? undefined : owner.origin.path;
    if (names.has(name)) {
      const message = `two virtual hosts of the listener are called ${JSON.stringify(name)}; this one is not served`;
      faults.error("SLUICE-1320", owner.origin, message);
      hosts.push({ key, domains: [], invalid: message, path });
    } else {
      names.add(name);
      hosts.push({ key, domains: settleDomains(virtualHost, owner.origin, taken, faults), path });
    }
    if (i % BATCH === BATCH - 1) yield;
  }
  return { hosts, reports: faults.reports };
}
