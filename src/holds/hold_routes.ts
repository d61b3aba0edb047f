import { sameItems } from "../api/mod.ts";
import {
  type RouteConfigurationPiece,
  type RoutePiece,
  routesSummary,
  type VirtualHostPiece,
} from "../translator/mod.ts";
import type { HoldLog } from "./hold_log.ts";
import { samePlace } from "./same.ts";
import { isGood, type ServedPieces } from "./served.ts";

/**
 * Route configurations with what is rejected in them held at its last good form, as far as there is one. What is the same
 * as it was served is the very piece that was. Yields after each virtual host with something rejected.
 */
export function* holdRoutes(
  next: readonly RouteConfigurationPiece[],
  served: ServedPieces | undefined,
  log: HoldLog,
): Generator<void, readonly RouteConfigurationPiece[]> {
  const faulty = new Set<string>();
  for (const { faultyHosts } of next) for (const { key } of faultyHosts) faulty.add(key);
  if (faulty.size === 0 && !next.some(({ rejected }) => rejected)) return next;
  const before = new Map(served?.routes.map((configuration) => [configuration.key, configuration]));
  const hosts = new Map(served?.routes.map((one) => [one.key, hostsOf(one, faulty)]));
  // Where the matcher of a hybrid gateway changes, so does the name of its route configuration.
  const anywhere = new Map([...hosts.values()].flatMap((found) => [...found]));
  const result: RouteConfigurationPiece[] = [];
  for (const configuration of next) {
    const own = hosts.get(configuration.key);
    const held: VirtualHostPiece[] = [];
    for (const host of configuration.virtualHosts) {
      if (!host.faulty) {
        held.push(host);
        continue;
      }
      held.push(holdHost(configuration.name, host, own?.get(host.key), anywhere.get(host.key), log));
      yield;
    }
    const settled = withoutSharedDomains(held, configuration.virtualHosts);
    result.push(holdFrame(configuration, before.get(configuration.key), settled, log));
  }
  return result;
}

/** The virtual hosts of these keys, by key. */
function hostsOf(
  { virtualHosts }: RouteConfigurationPiece,
  keys: ReadonlySet<string>,
): ReadonlyMap<string, VirtualHostPiece> {
  const found = new Map<string, VirtualHostPiece>();
  for (const host of virtualHosts) if (keys.has(host.key)) found.set(host.key, host);
  return found;
}

function holdFrame(
  configuration: RouteConfigurationPiece,
  last: RouteConfigurationPiece | undefined,
  virtualHosts: readonly VirtualHostPiece[],
  log: HoldLog,
): RouteConfigurationPiece {
  const faultyHosts = virtualHosts.filter(({ faulty }) => faulty);
  if (configuration.rejected && last && isGood(last)) {
    log.hold("route configuration", configuration.key, configuration.origin, []);
    const { rejected: _, ...rest } = configuration;
    return { ...rest, bytes: last.bytes, virtualHosts, faultyHosts };
  }
  const same = sameItems(virtualHosts, configuration.virtualHosts);
  return same ? configuration : { ...configuration, virtualHosts, faultyHosts };
}

function holdHost(
  configuration: string,
  host: VirtualHostPiece,
  last: VirtualHostPiece | undefined,
  elsewhere: VirtualHostPiece | undefined,
  log: HoldLog,
): VirtualHostPiece {
  const id = `${configuration} ${host.key}`;
  const routes = holdRouteList(host.routes, (last ?? elsewhere)?.routes ?? [], id, log);
  if (host.rejected === "hold" && last && isGood(last)) {
    log.hold("virtual host", id, host.origin, [last]);
    const domains = host.domains.length > 0 ? host.domains : last.domains;
    const { rejected: _, ...rest } = host;
    return kept(last, withRoutes({ ...rest, name: last.name, bytes: last.bytes, domains, refs: last.refs }, routes));
  }
  return sameItems(routes, host.routes) ? host : kept(last, withRoutes(host, routes));
}

function withRoutes({ joined: _, ...host }: VirtualHostPiece, routes: readonly RoutePiece[]): VirtualHostPiece {
  const faulty = host.rejected !== undefined || routes.some(({ rejected }) => rejected);
  return { ...host, routes, faulty, ...routesSummary(routes) };
}

/** The last form of the virtual host where it says the same as the one that was made now. */
function kept(last: VirtualHostPiece | undefined, made: VirtualHostPiece): VirtualHostPiece {
  const same = last && last.rejected === made.rejected && last.name === made.name && last.bytes === made.bytes &&
    samePlace(last.origin, made.origin) && sameItems(last.domains, made.domains) &&
    sameItems(last.routes, made.routes);
  return same ? last : made;
}

/**
 * A rejected route gives way, in this order, to the served one of its key; to those that a route of its key delegated to;
 * to those at its place whose keys are gone (their matchers were edited into a bad one); to the route that now delegates to
 * it and did not before; else its stand-in, if any, serves.
 */
function holdRouteList(
  next: readonly RoutePiece[],
  served: readonly RoutePiece[],
  id: string,
  log: HoldLog,
): readonly RoutePiece[] {
  if (!next.some(({ rejected }) => rejected === "hold")) return next;
  const good = served.filter(isGood);
  const byKey = new Map(good.map((route) => [route.key, route]));
  const keys = new Set(next.map(({ key }) => key));
  const used = new Set<string>();
  return next.flatMap((route) => {
    if (route.rejected !== "hold") return [route];
    const last = lastForms(route, byKey, good, (key) => keys.has(key) || used.has(key));
    if (last.length === 0) return [route];
    for (const { key } of last) used.add(key);
    log.hold("route", `${id} ${route.key}`, route.origin, last);
    return last.map((form) => {
      const key = keyOfHeld(route, form, last.length);
      const same = form.key === key && samePlace(form.origin, route.origin);
      return same ? form : { ...form, key, origin: route.origin };
    });
  });
}

function lastForms(
  route: RoutePiece,
  byKey: ReadonlyMap<string, RoutePiece>,
  good: readonly RoutePiece[],
  taken: (key: string) => boolean,
): RoutePiece[] {
  const same = byKey.get(route.key);
  if (same) return [same];
  const free = good.filter(({ key }) => !taken(key));
  const delegated = free.filter(({ key }) => key.startsWith(`${route.key}>`));
  if (delegated.length > 0) return delegated;
  const there = free.filter(({ origin }) => samePlace(origin, route.origin));
  return there.length > 0 ? there : free.filter(({ key }) => route.key.startsWith(`${key}>`));
}

/** Held forms go on under the key of the faulty route, so that they are found again when it moves. */
function keyOfHeld({ key }: RoutePiece, form: RoutePiece, count: number): string {
  if (form.key === key || form.key.startsWith(`${key}>`)) return form.key;
  return count === 1 ? key : `${key}>${form.key}`;
}

/** A host that is held with its old domains must not share one with a host that has it now. */
function withoutSharedDomains(
  held: readonly VirtualHostPiece[],
  next: readonly VirtualHostPiece[],
): readonly VirtualHostPiece[] {
  if (next.every(({ domains }) => domains.length > 0)) return held;
  const current = new Set(next.flatMap(({ domains }) => domains.map((domain) => domain.toLowerCase())));
  return held.map((host, i) => {
    if (next[i]!.domains.length > 0 || host.domains.length === 0) return host;
    const domains = host.domains.filter((domain) => !current.has(domain.toLowerCase()));
    for (const domain of domains) current.add(domain.toLowerCase());
    if (domains.length === host.domains.length) return host;
    const { joined: _, ...rest } = host;
    return { ...rest, domains };
  });
}
