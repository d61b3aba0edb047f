import type { ProxyVirtualHost } from "../api/mod.ts";
import type { Report } from "../report/mod.ts";
import { keepEqual, type TranslationContext } from "./context.ts";
import { at, ownerOf } from "./origins.ts";
import type { RoutePiece } from "./pieces.ts";
import { routeKeys } from "./route_keys.ts";
import { type RouteTranslation, translateRoute } from "./routes.ts";
import type { RouteScope } from "./route_scope.ts";
import type { VirtualHostUnit } from "./virtual_hosts.ts";

/** From so many routes on each is remembered by itself; fewer are made again sooner than looked through at every edit. */
const MANY_ROUTES = 50;
/** Between so many work is given up once. */
const BATCH = 20;

export interface RoutesTranslation {
  readonly pieces: readonly RoutePiece[];
  readonly reports: readonly Report[];
}

export function hasManyRoutes({ routes = [] }: ProxyVirtualHost): boolean {
  return routes.length >= MANY_ROUTES;
}

/** Translates the routes of a virtual host; of many only those that changed. Yields between routes. */
export function* translateRoutes(
  context: TranslationContext,
  unit: VirtualHostUnit,
): Generator<void, RoutesTranslation> {
  const { virtualHost, key } = unit;
  const { routes = [] } = virtualHost;
  const scope = routeScope(context, unit);
  const table = hasManyRoutes(virtualHost)
    ? context.revision.table<number, RouteTranslation>("route", `${unit.scope} ${unit.routeConfiguration} ${key}`)
    : undefined;
  const keys = routeKeys(routes, key);
  const pieces: RoutePiece[] = [];
  const reports: Report[] = [];
  let i = 0;
  const make = () => routeAt(context, unit, scope, i, keys[i]!);
  for (; i < routes.length; i++) {
    const result = table ? table.recall(i, [routes[i], keys[i], scope], make) : make();
    pieces.push(...result.pieces);
    reports.push(...result.reports);
    if (i % BATCH === BATCH - 1) yield;
  }
  return { pieces, reports };
}

/** What the routes depend on besides themselves; the same object while it is equal. */
function routeScope(context: TranslationContext, unit: VirtualHostUnit): RouteScope {
  const { virtualHost, owner, listener, maxBodyBytes, settings, plugins } = unit;
  const scope = { listener, hostOwner: owner, hostOptions: virtualHost.options, maxBodyBytes, settings, plugins };
  if (!hasManyRoutes(virtualHost)) return scope;
  return keepEqual(context, "routeScope", `${unit.scope} ${unit.routeConfiguration}`, unit.key, scope);
}

function routeAt(
  context: TranslationContext,
  { virtualHost, owner }: VirtualHostUnit,
  scope: RouteScope,
  index: number,
  key: string,
): RouteTranslation {
  const route = virtualHost.routes![index]!;
  const given = route.name ? `-${route.name}` : "";
  const name = `${virtualHost.name ?? ""}-route-${index}${given}`;
  const routeOwner = ownerOf(route.metadataStatic, () => at(owner.origin, `routes[${index}]`), () => key);
  return translateRoute(context, scope, route, routeOwner, name);
}
