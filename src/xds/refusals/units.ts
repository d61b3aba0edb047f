import type { ResourceSet, RouteResource, XdsResource } from "../resource.ts";
import { diffSets } from "../set_diff.ts";
import { versionOf } from "../version.ts";
import type { XdsType } from "../xds_type.ts";
import type { ClientHold, ResourceHold } from "./client_hold.ts";
import { hostUnits } from "./host_units.ts";
import { framedUnits, partUnits } from "./part_units.ts";
import { standInRoutes } from "./stand_ins.ts";

/** The smallest part of a refused response that can be shown to a client, or kept from it, by itself. */
export interface Unit {
  /** The resource of the response that it belongs to. */
  readonly resource: string;
  /** Where this is not shown, neither is the unit. */
  readonly parent?: Unit;
  /** Keeps the unit from the client: what it accepted last stays. */
  readonly kept: readonly ClientHold[];
  /**
   * What to hold once it is known that the client refuses the unit: at first what it accepted last or what stands in for it;
   * should that be refused too, the next.
   */
  readonly forms: readonly (readonly ClientHold[])[];
  /** Parts that cannot be tried without the rest of the unit: filter chains of a new listener. */
  readonly within?: readonly Unit[];
}

/** A response that a client refused. */
export interface RefusedSets {
  readonly type: XdsType;
  /** What the client accepted last. */
  readonly before: ResourceSet;
  /** What it was to have after the response. */
  readonly after: ResourceSet;
  /** What the configuration says, where something is held for the client. */
  readonly said: ResourceSet;
  /** What was new in the response. */
  readonly changed: readonly XdsResource[];
  /** The route configuration of a virtual host. */
  readonly configurationOf: (host: string) => string | undefined;
  /** Whether the virtual hosts of a route configuration are not in it, but resources of their own. */
  readonly isApart: (configuration: string) => boolean;
}

/** The units of a refused response; a unit stands after its parent. */
export function unitsOf(refused: RefusedSets): Unit[] {
  const { type, before, after, changed, said } = refused;
  const news = changed.filter(({ name, version }) => after.has(name) && before.get(name)?.version !== version);
  switch (type) {
    case "route":
      return news.flatMap(({ name }) => routeUnits({ before, after, said } as RouteSets, name, refused.isApart(name)));
    case "virtualHost":
      return hostUnits({
        before,
        changed: news,
        removed: diffSets(before, after).removed,
        said,
        configurationOf: refused.configurationOf,
      });
    case "listener":
      return news.flatMap((listener) => listenerUnits(before.get(listener.name), listener, said));
    default:
      return news.map((resource) => wholeUnit(type, before.get(resource.name), resource, said));
  }
}

function wholeUnit(
  type: ResourceHold["type"],
  before: XdsResource | undefined,
  after: XdsResource,
  said: ResourceSet,
): Unit {
  const refused = (said.get(after.name) ?? after).version;
  const hold = { what: "resource", type, name: after.name, refused, also: [] } as const;
  const none = [{ ...hold, shows: "nothing", instead: undefined } as const];
  if (before === undefined) return { resource: after.name, kept: none, forms: [none] };
  const kept = [{ ...hold, shows: "last accepted", instead: before } as const];
  return { resource: after.name, kept, forms: [kept, none] };
}

function listenerUnits(before: XdsResource | undefined, after: XdsResource, said: ResourceSet): Unit[] {
  const whole = wholeUnit("listener", before, after, said);
  const forms = { type: "listener", before, after, whole } as const;
  if (before !== undefined) return framedUnits(forms);
  const parts = partUnits(forms);
  return [parts.length > 1 ? { ...whole, within: parts } : whole];
}

/** Route configurations as {@link RefusedSets} has them. */
interface RouteSets {
  readonly before: ResourceSet<RouteResource>;
  readonly after: ResourceSet<RouteResource>;
  readonly said: ResourceSet<RouteResource>;
}

const NO_HOSTS: ResourceSet = new Map();

function routeUnits(sets: RouteSets, name: string, isApart: boolean): Unit[] {
  const before = sets.before.get(name);
  const after = sets.after.get(name)!;
  const said = sets.said.get(name) ?? after;
  const { changed, removed } = diffSets(before?.virtualHosts ?? NO_HOSTS, after.virtualHosts);
  const hosts = isApart ? [] : hostUnits({
    before: before?.virtualHosts ?? NO_HOSTS,
    changed,
    removed,
    said: said.virtualHosts,
    configurationOf: () => name,
  }).map((unit) => ({ ...unit, resource: name }));
  if (before && versionOf(before.frame) === versionOf(after.frame)) return hosts;
  const hold = { what: "frame", type: "route", name, refused: versionOf(said.frame) } as const;
  const shows = before ? "last accepted" : "nothing";
  const kept = [{ ...hold, shows, instead: before, withHosts: false } as const];
  const standIn = [{ ...hold, shows: "500", instead: standInRoutes(after), withHosts: true } as const];
  const frame: Unit = { resource: name, kept, forms: before ? [kept, standIn] : [standIn] };
  return [frame, ...hosts.map((unit) => ({ ...unit, parent: unit.parent ?? frame }))];
}
