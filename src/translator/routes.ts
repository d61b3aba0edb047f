import type { Origin, ProxyMatcher, ProxyRoute } from "../api/mod.ts";
import { encode, type Message } from "../envoy/mod.ts";
import type { Report } from "../report/mod.ts";
import { type Action, actionOf } from "./actions.ts";
import type { TranslationContext } from "./context.ts";
import { callAndMerge } from "./hooks.ts";
import { layOver } from "./lay_over.ts";
import { routeMatch } from "./matchers.ts";
import { at, Faults, type Owner, sameResource } from "./origins.ts";
import type { RoutePiece } from "./pieces.ts";
import { encodeOrReport, originMetadata } from "./resources.ts";
import { routeOptions, type RouteScope } from "./route_scope.ts";
import { rejection, replacement, standInRoute } from "./stand_ins.ts";

type Route = Message<"envoy.config.route.v3.Route">;
const ROUTE = "envoy.config.route.v3.Route";

export interface RouteTranslation {
  /** One for each matcher. */
  readonly pieces: readonly RoutePiece[];
  readonly reports: readonly Report[];
}

/**
 * Translates one route. `name` is its name in Envoy up to the number of the matcher. An error in the route rejects all its
 * pieces, an error in a matcher that piece alone; a stand-in has the route's matcher, and there is none for a bad matcher.
 */
export function translateRoute(
  context: TranslationContext,
  scope: RouteScope,
  route: ProxyRoute,
  owner: Owner,
  name: string,
): RouteTranslation {
  const faults = new Faults();
  const body = route.invalid === undefined ? routeBody(context, scope, route, owner, faults) : undefined;
  const faulty = route.invalid !== undefined || faults.failed;
  const matchers: readonly ProxyMatcher[] = route.matchers?.length ? route.matchers : [{}];
  const reports = [...faults.reports];
  const pieces = matchers.map((matcher, j) => {
    const own = new Faults();
    const place = at(owner.origin, route.matchers?.length ? `matchers[${j}]` : "");
    const match = routeMatch(matcher, place, context.settings.gloo?.regexMaxProgramSize, own);
    const key = matchers.length > 1 ? `${owner.key}|m${j}` : owner.key;
    const piece: PieceInput = { key, name: `${name}-matcher-${j}`, match, origin: owner.origin };
    if (own.failed || faulty || !body) {
      // What gateway translation found invalid it has reported, together with its matchers.
      if (route.invalid === undefined) reports.push(...own.reports);
      return standIn(context, piece, own.failed);
    }
    const result = goodPiece(context, piece, body, own);
    reports.push(...own.reports);
    return result;
  });
  return { pieces, reports };
}

interface PieceInput {
  readonly key: string;
  readonly name: string;
  readonly match: Message<"envoy.config.route.v3.RouteMatch">;
  readonly origin: Origin;
}

function goodPiece(context: TranslationContext, piece: PieceInput, body: RouteBody, faults: Faults): RoutePiece {
  const { key, name, match, origin } = piece;
  const bytes = encodeOrReport(ROUTE, { ...body.message, name, match }, origin, faults);
  if (!bytes) return standIn(context, piece, false);
  const { clusters } = body;
  if (clusters.length === 0) return { key, origin, bytes, refs: {} };
  const answer = replacement(context.settings);
  const withoutClusters = answer && encode(ROUTE, { name, match, directResponse: answer });
  return { key, origin, bytes, refs: { clusters }, ...(withoutClusters && { withoutClusters }) };
}

function standIn(
  context: TranslationContext,
  { key, name, match, origin }: PieceInput,
  badMatcher: boolean,
): RoutePiece {
  const bytes = badMatcher ? undefined : encode(ROUTE, standInRoute(name, match, context.settings));
  return { key, origin, rejected: rejection(context.settings), bytes, refs: {} };
}

interface RouteBody {
  /** Everything but name and matcher. */
  readonly message: Route;
  readonly clusters: Action["clusters"];
}

function routeBody(
  context: TranslationContext,
  scope: RouteScope,
  route: ProxyRoute,
  owner: Owner,
  faults: Faults,
): RouteBody {
  const { fields, clusters } = actionOf(context, scope, route, owner, faults);
  const { value, reports } = callAndMerge(context, {
    hook: "route",
    owner,
    options: routeOptions(scope, route, owner),
    input: { route, listener: scope.listener },
  });
  faults.add(reports);
  const metadata = sameResource(owner.origin, scope.hostOwner.origin) ? {} : { metadata: originMetadata(owner.origin) };
  const own: Route = { ...fields, ...metadata };
  const told = (path: string) => `a plugin sets ${path} of the route, which is set by its action already`;
  return { message: layOver(own, value, owner.origin, faults, told), clusters };
}
