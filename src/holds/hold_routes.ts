import type { Origin } from "../api/mod.ts";
import type { RouteConfigurationPiece, RoutePiece, VirtualHostPiece } from "../translator/mod.ts";
import type { HoldLog } from "./hold_log.ts";
import { isGood, type ServedPieces } from "./served.ts";

/**
 * Route configurations with what is rejected in them held at its last good form, as far as there is one. Yields after
 * each virtual host.
 */
export function* holdRoutes(
  next: readonly RouteConfigurationPiece[],
  served: ServedPieces | undefined,
  log: HoldLog,
): Generator<void, RouteConfigurationPiece[]> {
  const before = new Map(served?.routes.map((configuration) => [configuration.key, configuration]));
  // Where the matcher of a hybrid gateway changes, so does the name of its route configuration.
  const anywhere = new Map(served?.routes.flatMap((one) => one.virtualHosts.map((host) => [host.key, host])));
  const result: RouteConfigurationPiece[] = [];
  for (const configuration of next) {
    const last = before.get(configuration.key);
    const hosts = new Map(last?.virtualHosts.map((host) => [host.key, host]));
    const held: VirtualHostPiece[] = [];
    for (const host of configuration.virtualHosts) {
      held.push(holdHost(configuration.name, host, hosts.get(host.key), anywhere.get(host.key), log));
      yield;
    }
    result.push(holdFrame(configuration, last, withoutSharedDomains(held, configuration.virtualHosts), log));
  }
  return result;
}

function holdFrame(
  configuration: RouteConfigurationPiece,
  last: RouteConfigurationPiece | undefined,
  virtualHosts: readonly VirtualHostPiece[],
  log: HoldLog,
): RouteConfigurationPiece {
  if (configuration.rejected && last && isGood(last)) {
    log.hold("route configuration", configuration.key, configuration.origin);
    const { rejected: _, ...rest } = configuration;
    return { ...rest, bytes: last.bytes, virtualHosts };
  }
  return unchanged(virtualHosts, configuration.virtualHosts) ? configuration : { ...configuration, virtualHosts };
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
    log.hold("virtual host", id, host.origin);
    const domains = host.domains.length > 0 ? host.domains : last.domains;
    const { rejected: _, ...rest } = host;
    return { ...rest, name: last.name, bytes: last.bytes, domains, routes, refs: last.refs };
  }
  return unchanged(routes, host.routes) ? host : { ...host, routes };
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
    log.hold("route", `${id} ${route.key}`, route.origin);
    return last.map((form) => ({ ...form, key: keyOfHeld(route, form, last.length), origin: route.origin }));
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

export function samePlace(a: Origin, b: Origin): boolean {
  return a.kind === b.kind && a.namespace === b.namespace && a.name === b.name && a.path === b.path;
}

function unchanged<T>(held: readonly T[], next: readonly T[]): boolean {
  return held.length === next.length && held.every((one, i) => one === next[i]);
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
    return { ...host, domains };
  });
}
