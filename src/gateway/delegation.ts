import {
  idKey,
  idOf,
  type Matcher,
  type ProxyRoute,
  type Ref,
  refKey,
  type Resource,
  type ResourceId,
  type Route,
  sameItems,
  sameValue,
} from "../api/mod.ts";
import type { Revision } from "../incremental/mod.ts";
import { type Code, makeReport, type Report, type Severity } from "../report/mod.ts";
import { append, type Branch, makeBranch, MAX_ROUTES, recallBranch, type Walk, walkFrom } from "./branches.ts";
import { settleNamespaces } from "./destinations.ts";
import { keep } from "./keep.ts";
import { routeIds } from "./keys.ts";
import { completeMatchers, type Inheritance, inheritMatchers, misfit } from "./matchers.ts";
import { type RouteName, routeName, routeTableNameStart, virtualServiceNameStart } from "./names.ts";
import { delegatedOptions, inheritOptions, type ResolvedOptions } from "./options.ts";
import { type OptionSource, optionSourceOf, provenance, type Source, sourceOf } from "./provenance.ts";
import { groupByWeight, selectTables } from "./route_tables.ts";
import { isAsSpecific, orderBySpecificity } from "./specificity.ts";
import { inheritTransformations } from "./transformations.ts";

/** What the routes of a VirtualService are made from. */
export interface RoutesInput {
  readonly virtualService: Resource<"VirtualService">;
  /** Of the options of its virtual host after inheritance; its routes may inherit from them. */
  readonly stagedTransformations: unknown;
  /** Names of the Gateway and the proxy: part of the names of routes. */
  readonly gateway: string;
  readonly proxy: string;
  readonly revision: Revision;
}

/** The routes of a VirtualService and the faults in them. */
export interface TranslatedRoutes {
  readonly routes: readonly ProxyRoute[];
  readonly reports: readonly Report[];
}

interface Tree extends RoutesInput {
  readonly id: ResourceId;
  /** Tells tables of remembered results of this gateway from those of others. */
  readonly scope: string;
}

/** RouteTables one below the other; far more than people write, and far less than the stack holds. */
const MAX_DEPTH = 64;

/** Routes between two yields: a fraction of a millisecond. */
const BATCH = 32;

/** The routes of one resource on the way down. */
interface Level {
  readonly owner: Resource<"VirtualService"> | Resource<"RouteTable">;
  readonly routes: readonly Route[];
  /** Path of `routes` in the owner's spec. */
  readonly path: string;
  /** Of the owner in its place: what the keys of its routes start with. */
  readonly key: string;
  readonly nameStart: string;
  /** What the route that delegates to the owner hands down; absent for the VirtualService. */
  readonly above?: Above;
  /** RouteTables from the VirtualService down to the owner. */
  readonly visited: readonly Ref[];
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
  /** What the route hands down, but for the matcher. */
  readonly inheritance: Omit<Inheritance, "matcher">;
}

/** All that a delegating route hands down, as plain data: under equal ones a RouteTable becomes the same routes. */
interface Above extends Inheritance {
  readonly key: string;
  readonly name: RouteName;
  readonly sources: readonly Source[];
  readonly options: ResolvedOptions;
  /** Where the options that it wrote itself stand. */
  readonly ownOptions: OptionSource;
  /** Path of the route of the VirtualService under which all this stands. */
  readonly rootPath: string;
  /** RouteTables from the VirtualService down to the one that it stands in. */
  readonly visited: readonly Ref[];
}

/**
 * The routes of a VirtualService with everything that they delegate to, in Gloo's order: depth first, RouteTables by
 * weight, tables of equal weight sorted together by specificity. A faulty route is there with `invalid` and its
 * matchers; one that does not fit its parent, or delegates to nothing, is left out with a warning. Faults in a
 * RouteTable are told on it and on the VirtualService, as in Gloo. Yields now and then.
 */
export function* translateRoutes(input: RoutesInput): Generator<void, TranslatedRoutes> {
  const { virtualService, gateway, proxy } = input;
  const tree: Tree = { ...input, id: idOf(virtualService), scope: `${proxy} ${gateway}` };
  const walk = walkFrom(0);
  yield* visitLevel(tree, walk, {
    owner: virtualService,
    routes: virtualService.spec.virtualHost?.routes ?? [],
    path: "virtualHost.routes",
    key: idKey(tree.id),
    nameStart: virtualServiceNameStart(gateway, proxy, virtualService.metadata),
    visited: [],
  });
  return { routes: walk.routes, reports: walk.reports };
}

function* visitLevel(tree: Tree, walk: Walk, level: Level): Generator<void, void> {
  const { owner, routes, above, key } = level;
  const { revision, scope, stagedTransformations } = tree;
  // Where a route can change without its owner, the routes are remembered one by one.
  const isRemembered = routes.length > 1 && routes.some(looksUp);
  const table = isRemembered ? revision.table<Route, Branch>("route", `${scope} ${key}`) : undefined;
  const ids = table
    ? revision.table<unknown, string[]>("route ids").recall(routes, [], () => routeIds(routes))
    : routeIds(routes);
  for (const [index, route] of routes.entries()) {
    const visit = (walk: Walk) => visitRoute(tree, walk, level, route, index, ids[index]!);
    const step = table && { table, key: route, inputs: [owner, index, above ?? stagedTransformations] };
    if (!step) yield* visit(walk);
    else if (!recallBranch(walk, step)) yield* makeBranch(walk, step, visit);
    if (index % BATCH === BATCH - 1) yield;
  }
}

function looksUp({ delegateAction, optionsConfigRefs }: Route): boolean {
  return delegateAction !== undefined || optionsConfigRefs !== undefined;
}

function* visitRoute(
  tree: Tree,
  walk: Walk,
  level: Level,
  route: Route,
  index: number,
  id: string,
): Generator<void, void> {
  const { owner, above } = level;
  const path = `${level.path}[${index}]`;
  walk.seen++;
  const { inheritableMatchers = above?.inheritableMatchers, inheritablePathMatchers = above?.inheritablePathMatchers } =
    route;
  const inheritance = {
    inheritableMatchers: inheritableMatchers ?? false,
    inheritablePathMatchers: inheritablePathMatchers ?? false,
  };
  const matchers = above
    ? inheritMatchers(route.matchers, { ...inheritance, matcher: above.matcher })
    : completeMatchers(route.matchers);
  if (above && !fits(tree, walk, level, route, path, matchers, above)) return;
  const place: Place = {
    level,
    route,
    path,
    key: `${level.key}#${id}`,
    name: routeName(level.nameStart, route.name, index, above?.name.named ?? false),
    sources: [sourceOf(owner, path), ...above?.sources ?? []],
    matchers,
    options: routeOptions(tree, walk, level, route, path),
    inheritance,
  };
  if (route.delegateAction) yield* delegate(tree, walk, place);
  else walk.routes.push(leaf(tree, walk, place));
}

function fits(
  tree: Tree,
  walk: Walk,
  level: Level,
  route: Route,
  path: string,
  matchers: readonly Matcher[],
  above: Above,
): boolean {
  for (const [i, matcher] of matchers.entries()) {
    const why = misfit(matcher, above.matcher);
    if (!why) continue;
    const at = route.matchers?.length ? `${path}.matchers[${i}]` : path;
    const text = `the route does not fit the one that delegates to it: ${why}; it is left out`;
    tell(tree, walk, level, "warning", "SLUICE-1229", at, text);
    return false;
  }
  return true;
}

/** Own options, RouteOptions, then those of the delegating route, field by field (Gloo: the child wins). */
function routeOptions(tree: Tree, walk: Walk, level: Level, route: Route, path: string): ResolvedOptions {
  const { owner, above } = level;
  const { optionsConfigRefs: refs } = route;
  const holder = { owner, path, own: route.options, refs, kind: "RouteOption" } as const;
  const own = delegatedOptions(
    holder,
    tree.revision.lookup,
    (code, at, text) => tell(tree, walk, level, "warning", code, at, text),
  );
  const theirs = above ? above.options.options.stagedTransformations : tree.stagedTransformations;
  const resolved = { options: inheritTransformations(own.options, theirs), sources: own.sources };
  if (!above) return resolved;
  return inheritOptions(resolved, above.options.options, (field) => above.options.sources[field] ?? above.ownOptions);
}

function leaf(tree: Tree, walk: Walk, place: Place): ProxyRoute {
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
    walk,
    place,
    "SLUICE-1220",
    "",
    "the route has no action; it needs a routeAction, redirectAction, directResponseAction or delegateAction",
  );
}

function* delegate(tree: Tree, walk: Walk, place: Place): Generator<void, void> {
  const { route, level, matchers } = place;
  const [matcher] = matchers;
  const reject = (code: Code, path: string, text: string) => invalid(tree, walk, place, code, path, text);
  if (matchers.length > 1) {
    const text = "a delegating route may have one matcher at most";
    walk.routes.push(...onePerMatcher(reject("SLUICE-1221", ".matchers", text)));
    return;
  }
  if (!matcher?.prefix) {
    const text = "a delegating route needs a prefix matcher (or none, which means the prefix /)";
    walk.routes.push(reject("SLUICE-1222", ".matchers[0]", text));
    return;
  }
  const selected = selectTables(route.delegateAction!, level.owner.metadata.namespace, tree.revision.lookup);
  if ("fault" in selected) {
    const { severity, code, path, text } = selected.fault;
    if (severity === "error") walk.routes.push(reject(code, `.delegateAction${path}`, text));
    else tell(tree, walk, level, severity, code, `${place.path}.delegateAction${path}`, text);
    return;
  }
  const again = selected.tables.find((table) => level.visited.some((visited) => isSame(visited, table.metadata)));
  if (again) {
    const circle = [...level.visited, again.metadata].map(refKey).join(" -> ");
    walk.routes.push(reject("SLUICE-1223", ".delegateAction", `RouteTables delegate in a circle: ${circle}`));
    return;
  }
  if (level.visited.length >= MAX_DEPTH || walk.seen > MAX_ROUTES) {
    const text =
      `delegation goes no further: more than ${MAX_DEPTH} RouteTables deep, or more than ${MAX_ROUTES} routes`;
    walk.routes.push(reject("SLUICE-1232", ".delegateAction", text));
    return;
  }
  yield* visitTables(tree, walk, above(tree, place, matcher), selected.tables);
}

/** What the route hands down; the same object as before while it is equal. */
function above({ revision, scope }: Tree, place: Place, matcher: Matcher): Above {
  const { level, path, key, name, sources, options, inheritance } = place;
  const { owner, visited } = level;
  const value: Above = {
    ...inheritance,
    matcher,
    key,
    name,
    sources,
    options,
    ownOptions: optionSourceOf(owner, `${path}.options`),
    rootPath: level.above?.rootPath ?? path,
    visited,
  };
  return keep(revision, `handed down ${scope}`, key, value, sameValue);
}

function* visitTables(
  tree: Tree,
  walk: Walk,
  above: Above,
  tables: readonly Resource<"RouteTable">[],
): Generator<void, void> {
  const { revision, scope } = tree;
  const [table, ...others] = tables;
  if (table && others.length === 0) {
    yield* visitTable(tree, walk, above, table);
    return;
  }
  const branches = revision.table<Resource<"RouteTable">, Branch>("route table", `${scope} ${above.key}`);
  const inputs = [above];
  for (const [number, group] of groupByWeight(tables).entries()) {
    const found = walkFrom(walk.seen);
    for (const [i, table] of group.entries()) {
      const step = { table: branches, key: table, inputs };
      if (!recallBranch(found, step)) yield* makeBranch(found, step, (walk) => visitTable(tree, walk, above, table));
      if (i % BATCH === BATCH - 1) yield;
    }
    const { routes, reports, seen } = found;
    const isSorted = group.length > 1;
    append(walk, {
      routes: isSorted ? sortBySpecificity(tree, `${above.key} ${number}`, routes) : routes,
      reports,
      seen: seen - walk.seen,
    });
  }
}

/** In the same order as before while no route's matchers changed. */
function sortBySpecificity({ revision, scope }: Tree, key: string, routes: readonly ProxyRoute[]): ProxyRoute[] {
  const same = (before: readonly ProxyRoute[], now: readonly ProxyRoute[]) => sameItems(before, now, isAsSpecific);
  return revision.table<string, readonly number[]>("specificity", scope)
    .recall(key, [routes], () => orderBySpecificity(routes), same).map((i) => routes[i]!);
}

function* visitTable(tree: Tree, walk: Walk, above: Above, table: Resource<"RouteTable">): Generator<void, void> {
  const { name, namespace } = table.metadata;
  const level: Level = {
    owner: table,
    routes: table.spec.routes ?? [],
    path: "routes",
    key: `${above.key}>${idKey(idOf(table))}`,
    nameStart: routeTableNameStart(above.name.text, table.metadata),
    above,
    visited: [...above.visited, { name, namespace }],
  };
  if (level.routes.length === 0) {
    const text = "the RouteTable has no routes; nothing is served from it";
    tell(tree, walk, level, "warning", "SLUICE-1226", "routes", text);
  }
  yield* visitLevel(tree, walk, level);
}

function isSame(a: Ref, b: Ref): boolean {
  return a.name === b.name && a.namespace === b.namespace;
}

/** The route as a piece that must not be served: its matchers are kept, so that nothing else answers in its place. */
function invalid(tree: Tree, walk: Walk, place: Place, code: Code, path: string, text: string): ProxyRoute {
  tell(tree, walk, place.level, "error", code, `${place.path}${path}`, text);
  return { matchers: place.matchers, ...describe(place), invalid: text };
}

/**
 * The first has the key of the route, under which what it delegated to before is found; the others have keys beside
 * it.
 */
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
function tell(
  { id }: Tree,
  { reports }: Walk,
  { owner, above }: Level,
  severity: Severity,
  code: Code,
  path: string,
  text: string,
): void {
  reports.push(makeReport(severity, code, idOf(owner), path, text));
  if (!above) return;
  const through = `${owner.kind} ${refKey(owner.metadata)}, ${path}: ${text}`;
  reports.push(makeReport(severity, code, id, above.rootPath, through));
}
