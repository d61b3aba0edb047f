import {
  idKey,
  idOf,
  type Lookup,
  type Matcher,
  type ProxyRoute,
  refKey,
  type Resource,
  type Route,
} from "../api/mod.ts";
import { type Code, makeReport, type Report, type Severity } from "../report/mod.ts";
import { settleNamespaces } from "./destinations.ts";
import { routeIds } from "./keys.ts";
import { completeMatchers, type Inheritance, inheritMatchers, misfit } from "./matchers.ts";
import { type RouteName, routeName, routeTableNameStart, virtualServiceNameStart } from "./names.ts";
import { delegatedOptions, inheritOptions, type Options, type ResolvedOptions } from "./options.ts";
import { optionSourceOf, provenance, type Source, sourceOf } from "./provenance.ts";
import { groupByWeight, selectTables } from "./route_tables.ts";
import { sortBySpecificity } from "./specificity.ts";
import { inheritTransformations } from "./transformations.ts";

/** What the routes of a VirtualService are made from. */
export interface RoutesInput {
  readonly virtualService: Resource<"VirtualService">;
  /** Options of its virtual host after inheritance; its routes may inherit transformations from them. */
  readonly virtualHostOptions: Options;
  /** Names of the Gateway and the proxy: part of the names of routes. */
  readonly gateway: string;
  readonly proxy: string;
  readonly lookup: Lookup;
}

interface Tree extends RoutesInput {
  readonly reports: Report[];
  /** Routes seen so far. */
  seen: number;
}

/** RouteTables one below the other; far more than people write, and far less than the stack holds. */
const MAX_DEPTH = 64;

/** Routes of one VirtualService, after which delegation goes no further: tables that share tables multiply them. */
const MAX_ROUTES = 50_000;

/** The routes of one resource on the way down. */
interface Level {
  readonly owner: Resource<"VirtualService"> | Resource<"RouteTable">;
  readonly routes: readonly Route[];
  /** Path of `routes` in the owner's spec. */
  readonly path: string;
  readonly nameStart: string;
  /** The route that delegates to the owner; absent for the VirtualService. */
  readonly parent?: DelegatingRoute;
  /** RouteTables from the VirtualService down to the owner. */
  readonly visited: readonly Resource<"RouteTable">[];
}

/** One route in its place. */
interface Place {
  readonly level: Level;
  readonly route: Route;
  readonly path: string;
  readonly key: string;
  readonly name: RouteName;
  readonly sources: readonly Source[];
  readonly matchers: readonly Matcher[];
  readonly options: ResolvedOptions;
}

interface DelegatingRoute extends Inheritance {
  readonly place: Place;
  /** Path of the route of the VirtualService under which all this stands. */
  readonly rootPath: string;
}

/**
 * The routes of a VirtualService with everything that they delegate to, in Gloo's order: depth first, RouteTables by
 * weight, tables of equal weight sorted together by specificity. A faulty route is there with `invalid` and its matchers;
 * one that does not fit its parent, or delegates to nothing, is left out with a warning. Faults in a RouteTable are told
 * on it and on the VirtualService, as in Gloo.
 */
export function translateRoutes(
  input: RoutesInput,
): { readonly routes: readonly ProxyRoute[]; readonly reports: readonly Report[] } {
  const { virtualService, gateway, proxy } = input;
  const tree: Tree = { ...input, reports: [], seen: 0 };
  const routes = visitLevel(tree, {
    owner: virtualService,
    routes: virtualService.spec.virtualHost?.routes ?? [],
    path: "virtualHost.routes",
    nameStart: virtualServiceNameStart(gateway, proxy, virtualService.metadata),
    visited: [],
  });
  return { routes, reports: tree.reports };
}

function visitLevel(tree: Tree, level: Level): ProxyRoute[] {
  const ids = routeIds(level.routes);
  return level.routes.flatMap((route, index) => visitRoute(tree, level, route, index, ids[index]!));
}

function visitRoute(tree: Tree, level: Level, route: Route, index: number, id: string): ProxyRoute[] {
  const { owner, parent } = level;
  const path = `${level.path}[${index}]`;
  tree.seen++;
  const inheritance = parent && {
    matcher: parent.matcher,
    inheritableMatchers: route.inheritableMatchers ?? parent.inheritableMatchers,
    inheritablePathMatchers: route.inheritablePathMatchers ?? parent.inheritablePathMatchers,
  };
  const matchers = inheritance ? inheritMatchers(route.matchers, inheritance) : completeMatchers(route.matchers);
  if (parent && !fits(tree, level, route, path, matchers, parent)) return [];
  const place: Place = {
    level,
    route,
    path,
    key: `${parent ? `${parent.place.key}>` : ""}${idKey(idOf(owner))}#${id}`,
    name: routeName(level.nameStart, route.name, index, parent?.place.name.named ?? false),
    sources: [sourceOf(owner, path), ...parent?.place.sources ?? []],
    matchers,
    options: routeOptions(tree, level, route, path),
  };
  return route.delegateAction ? delegate(tree, place, inheritance) : [leaf(tree, place)];
}

function fits(
  tree: Tree,
  level: Level,
  route: Route,
  path: string,
  matchers: readonly Matcher[],
  parent: DelegatingRoute,
): boolean {
  for (const [i, matcher] of matchers.entries()) {
    const why = misfit(matcher, parent.matcher);
    if (!why) continue;
    const at = route.matchers?.length ? `${path}.matchers[${i}]` : path;
    const text = `the route does not fit the one that delegates to it: ${why}; it is left out`;
    tell(tree, level, "warning", "SLUICE-1229", at, text);
    return false;
  }
  return true;
}

/** Own options, RouteOptions, then those of the delegating route, field by field (Gloo: the child wins). */
function routeOptions(tree: Tree, level: Level, route: Route, path: string): ResolvedOptions {
  const { owner, parent } = level;
  const { optionsConfigRefs: refs } = route;
  const holder = { owner, path, own: route.options, refs, kind: "RouteOption" } as const;
  const own = delegatedOptions(
    holder,
    tree.lookup,
    (code, at, text) => tell(tree, level, "warning", code, at, text),
  );
  const above = parent?.place.options;
  const options = inheritTransformations(own.options, above?.options ?? tree.virtualHostOptions);
  if (!parent || !above) return { options, sources: own.sources };
  const { level: { owner: delegator }, path: delegatorPath } = parent.place;
  return inheritOptions(
    { options, sources: own.sources },
    above.options,
    (field) => above.sources[field] ?? optionSourceOf(delegator, `${delegatorPath}.options`),
  );
}

function leaf(tree: Tree, place: Place): ProxyRoute {
  const { route, level, matchers, options } = place;
  const { routeAction, redirectAction, directResponseAction, graphqlApiRef } = route;
  const base = {
    matchers,
    ...(Object.keys(options.options).length > 0 ? { options: options.options } : {}),
    ...describe(place),
  };
  if (routeAction) return { ...base, routeAction: settleNamespaces(routeAction, level.owner.metadata.namespace) };
  if (redirectAction) return { ...base, redirectAction };
  if (directResponseAction) return { ...base, directResponseAction };
  if (graphqlApiRef) return { ...base, graphqlApiRef };
  return invalid(
    tree,
    place,
    "SLUICE-1220",
    "",
    "the route has no action; it needs a routeAction, redirectAction, directResponseAction or delegateAction",
  );
}

function delegate(tree: Tree, place: Place, inherited: Inheritance | undefined): ProxyRoute[] {
  const { route, level, matchers } = place;
  const [matcher] = matchers;
  if (matchers.length > 1) {
    const route = invalid(tree, place, "SLUICE-1221", ".matchers", "a delegating route may have one matcher at most");
    return onePerMatcher(route);
  }
  if (!matcher?.prefix) {
    const text = "a delegating route needs a prefix matcher (or none, which means the prefix /)";
    return [invalid(tree, place, "SLUICE-1222", ".matchers[0]", text)];
  }
  const selected = selectTables(route.delegateAction!, level.owner.metadata.namespace, tree.lookup);
  if ("fault" in selected) {
    const { severity, code, path, text } = selected.fault;
    if (severity === "error") return [invalid(tree, place, code, `.delegateAction${path}`, text)];
    tell(tree, level, severity, code, `${place.path}.delegateAction${path}`, text);
    return [];
  }
  const again = selected.tables.find((table) => level.visited.some((visited) => isSame(visited, table)));
  if (again) {
    const circle = [...level.visited, again].map((table) => refKey(table.metadata)).join(" -> ");
    return [invalid(tree, place, "SLUICE-1223", ".delegateAction", `RouteTables delegate in a circle: ${circle}`)];
  }
  if (level.visited.length >= MAX_DEPTH || tree.seen > MAX_ROUTES) {
    const text =
      `delegation goes no further: more than ${MAX_DEPTH} RouteTables deep, or more than ${MAX_ROUTES} routes`;
    return [invalid(tree, place, "SLUICE-1232", ".delegateAction", text)];
  }
  const parent: DelegatingRoute = {
    place,
    rootPath: level.parent?.rootPath ?? place.path,
    matcher,
    inheritableMatchers: inherited?.inheritableMatchers ?? route.inheritableMatchers ?? false,
    inheritablePathMatchers: inherited?.inheritablePathMatchers ?? route.inheritablePathMatchers ?? false,
  };
  return groupByWeight(selected.tables).flatMap((group) => {
    const routes = group.flatMap((table) => visitTable(tree, parent, table));
    return group.length > 1 ? sortBySpecificity(routes) : routes;
  });
}

function visitTable(tree: Tree, parent: DelegatingRoute, table: Resource<"RouteTable">): ProxyRoute[] {
  const level: Level = {
    owner: table,
    routes: table.spec.routes ?? [],
    path: "routes",
    nameStart: routeTableNameStart(parent.place.name.text, table.metadata),
    parent,
    visited: [...parent.place.level.visited, table],
  };
  if (level.routes.length === 0) {
    tell(tree, level, "warning", "SLUICE-1226", "routes", "the RouteTable has no routes; nothing is served from it");
  }
  return visitLevel(tree, level);
}

function isSame(a: Resource<"RouteTable">, b: Resource<"RouteTable">): boolean {
  return refKey(a.metadata) === refKey(b.metadata);
}

/** The route as a piece that must not be served: its matchers are kept, so that nothing else answers in its place. */
function invalid(tree: Tree, place: Place, code: Code, path: string, text: string): ProxyRoute {
  tell(tree, place.level, "error", code, `${place.path}${path}`, text);
  return { matchers: place.matchers, ...describe(place), invalid: text };
}

/** The first has the key of the route, under which what it delegated to before is found; the others have keys beside it. */
function onePerMatcher(route: ProxyRoute): ProxyRoute[] {
  const { metadataStatic } = route;
  return (route.matchers ?? []).map((matcher, i) => {
    const key = i === 0 ? metadataStatic?.key : `${metadataStatic?.key}|${i}`;
    return { ...route, matchers: [matcher], metadataStatic: { ...metadataStatic, key } };
  });
}

function describe({ name, key, sources, options }: Place): Pick<ProxyRoute, "name" | "metadataStatic"> {
  return {
    ...(name.named ? { name: name.text } : {}),
    metadataStatic: provenance(key, sources, options.sources),
  };
}

/** A report on the owner of the level and, where that is a RouteTable, on the VirtualService that led to it. */
function tell(tree: Tree, level: Level, severity: Severity, code: Code, path: string, text: string): void {
  const { owner, parent } = level;
  tree.reports.push(makeReport(severity, code, idOf(owner), path, text));
  if (!parent) return;
  const through = `${owner.kind} ${refKey(owner.metadata)}, ${path}: ${text}`;
  tree.reports.push(makeReport(severity, code, idOf(tree.virtualService), parent.rootPath, through));
}
