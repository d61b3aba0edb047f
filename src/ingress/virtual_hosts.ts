import { type ProxyRoute, type ProxyVirtualHost, sameItems, sameValue } from "../api/mod.ts";
import { compareText, provenance } from "../gateway/mod.ts";
import type { Revision } from "../incremental/mod.ts";
import { type HostOutcome, loserText } from "./host_claims.ts";
import { EVERY_HOST, isWildcard, virtualHostName } from "./hosts.ts";
import type { HostPart, HostRoute } from "./parts.ts";
import { comparePaths } from "./paths.ts";

/** All that Ingresses ask for on one host; one object while that is the same. */
export interface HostGroup {
  readonly host: string;
  /** In order of their Ingresses; at least one. */
  readonly parts: readonly HostPart[];
}

/** A host, and the places in a list of parts at which it is asked for. */
interface HostPlaces {
  readonly host: string;
  readonly at: readonly number[];
}

/**
 * The parts by host, in order of hosts; the same list while no part is another. Hosts are sorted again only where one came
 * or went. Yields now and then.
 */
export function* hostGroups(
  revision: Revision,
  proxy: string,
  parts: readonly HostPart[],
): Generator<void, readonly HostGroup[]> {
  const places = revision.table<string, readonly HostPlaces[]>("ingress host places")
    .recall(proxy, [parts], () => placesOf(parts), sameHosts);
  const beside = revision.table<string, readonly (HostPart | readonly HostPart[])[]>("ingress parts of hosts")
    .recall(
      proxy,
      [places, parts],
      () => places.map(({ at }) => at.length === 1 ? parts[at[0]!]! : partsAt(parts, at)),
    );
  const groups = revision.table<string, HostGroup>("ingress host", proxy);
  return yield* revision.table<string, HostGroup>("ingress hosts")
    .recallEach(proxy, { items: places, beside }, [], function* (i) {
      const { host, at } = places[i]!;
      return groups.keep(host, { host, parts: partsAt(parts, at) }, sameParts);
    }, sameValue);
}

function partsAt(parts: readonly HostPart[], at: readonly number[]): readonly HostPart[] {
  return at.map((i) => parts[i]!);
}

const sameHosts = (before: readonly HostPart[], now: readonly HostPart[]): boolean =>
  sameItems(before, now, (a, b) => a.host === b.host);

const sameParts = (before: HostGroup, now: HostGroup): boolean => sameItems(before.parts, now.parts, sameValue);

function placesOf(parts: readonly HostPart[]): HostPlaces[] {
  const places = new Map<string, number[]>();
  for (const [i, { host }] of parts.entries()) {
    const at = places.get(host);
    if (at) at.push(i);
    else places.set(host, [i]);
  }
  return [...places].map(([host, at]) => ({ host, at })).sort((a, b) => compareText(a.host, b.host));
}

/** Which of the two listeners. */
export type ListenerName = "http" | "https";

/** What the virtual hosts of a listener are made of. */
export interface HostsInput {
  readonly revision: Revision;
  readonly proxy: string;
  readonly listener: ListenerName;
  readonly groups: readonly HostGroup[];
  readonly outcomes: ReadonlyMap<string, HostOutcome>;
}

/** The virtual hosts of a listener; each the same object while nothing of its host changed. Yields after each made. */
export function* virtualHostsOf(input: HostsInput): Generator<void, readonly ProxyVirtualHost[]> {
  const { revision, proxy, listener, groups, outcomes } = input;
  const scope = `${proxy} ${listener}`;
  const beside = revision.table<string, readonly HostOutcome[]>("ingress outcomes", scope)
    .recall("", [groups, outcomes], () => groups.map(({ host }) => outcomes.get(host)!));
  const fallback = fallbackOf(input);
  const made = yield* revision.table<string, { readonly virtualHost?: ProxyVirtualHost }>("ingress virtual host", scope)
    .recallEach("", { items: groups, beside }, [fallback], function* (i) {
      return virtualHostOf(groups[i]!, beside[i]!, listener, fallback);
    }, sameValue);
  return revision.table<string, ProxyVirtualHost>("ingress virtual hosts", scope)
    .flatMap("", made, ({ virtualHost }) => virtualHost ? [virtualHost] : []);
}

/** The default backend of every host: where none of a host's own paths takes a request, this does. */
function fallbackOf({ groups, outcomes, listener }: HostsInput): ProxyRoute | undefined {
  // No host is before it in order.
  const everyHost = groups[0];
  if (everyHost?.host !== EVERY_HOST) return undefined;
  const route = winning(everyHost, outcomes.get(EVERY_HOST)!).find(({ match }) => match.type === "default");
  return route && routeOn(route, listener);
}

function winning({ parts }: HostGroup, { lost }: HostOutcome): HostRoute[] {
  const losers = new Set(lost);
  return parts.flatMap((part) => part.routes.filter((route) => !losers.has(loserText(part, route))));
}

function routeOn({ route, plainRoute }: HostRoute, listener: ListenerName): ProxyRoute | undefined {
  return listener === "https" ? route : plainRoute;
}

/** None where the host has no route on this listener: its requests then belong to less exact hosts. */
function virtualHostOf(
  group: HostGroup,
  outcome: HostOutcome,
  listener: ListenerName,
  fallback: ProxyRoute | undefined,
): { readonly virtualHost?: ProxyVirtualHost } {
  const { host, parts } = group;
  const sorted = winning(group, outcome).sort((a, b) => comparePaths(a.match, b.match));
  const own = sorted.flatMap((route) => {
    const onListener = routeOn(route, listener);
    return onListener ? [{ match: route.match, route: onListener }] : [];
  });
  if (own.length === 0) return {};
  const root = own.findIndex(({ match }) => match.type === "default" || match.type === "prefix" && match.text === "");
  // What comes after a route that takes everything is never reached.
  const routes = (root < 0 ? own : own.slice(0, root + 1)).map(({ route }) => route);
  const needsFallback = host !== EVERY_HOST && (root < 0 || isWildcard(host));
  if (fallback && needsFallback) routes.push(fallback);
  const owner = parts.find(({ claimant }) => claimant.holder === outcome.owner) ?? parts[0]!;
  const metadataStatic = provenance(`ingress ${host}`, [owner.source]);
  return { virtualHost: { name: virtualHostName(host), domains: [host], routes, metadataStatic } };
}
