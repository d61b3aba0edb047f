import { type ProxyRoute, refKey, resolveRef, type RouteAction, type WeightedDestination } from "../api/mod.ts";
import type { Message } from "../envoy/mod.ts";
import type { Action } from "./actions.ts";
import type { TranslationContext } from "./context.ts";
import { groupDestinations, resolveDestination, type ResolvedWeight, resolveWeights } from "./destinations.ts";
import { callAndMerge } from "./hooks.ts";
import { layOver } from "./lay_over.ts";
import { at, type Faults, type Owner } from "./origins.ts";
import { routeOptions, type RouteScope } from "./route_scope.ts";
import { missingClusterCode } from "./stand_ins.ts";

type EnvoyRouteAction = Message<"envoy.config.route.v3.RouteAction">;
type ClusterWeight = Message<"envoy.config.route.v3.WeightedCluster.ClusterWeight">;

/** Where requests go, before plugins have had their say. */
interface Target {
  readonly fields: EnvoyRouteAction;
  readonly clusters: readonly string[];
}

const NOWHERE: Target = { fields: {}, clusters: [] };

/** Translates a `routeAction`, with the fragments of the routeAction hooks. */
export function routeAction(
  context: TranslationContext,
  scope: RouteScope,
  action: RouteAction,
  route: ProxyRoute,
  owner: Owner,
  faults: Faults,
): Action {
  const target = targetOf(context, scope, action, owner, faults);
  const { value, reports } = callAndMerge(context, {
    hook: "routeAction",
    owner,
    options: routeOptions(scope, route, owner),
    input: { route, action, listener: scope.listener },
  });
  faults.add(reports);
  const told = (path: string) => `a plugin sets ${path}, which the route's action sets`;
  const merged = layOver(target.fields, value, owner.origin, faults, told);
  return { fields: { route: merged }, clusters: target.clusters };
}

function targetOf(
  context: TranslationContext,
  scope: RouteScope,
  action: RouteAction,
  owner: Owner,
  faults: Faults,
): Target {
  const origin = at(owner.origin, "routeAction");
  if (action.single) {
    const resolved = resolveDestination(context, action.single, at(origin, "single"), faults);
    if (!resolved) return NOWHERE;
    const { cluster, metadataMatch } = resolved;
    return { fields: { cluster, ...(metadataMatch && { metadataMatch }) }, clusters: [cluster] };
  }
  if (action.multi) {
    return weighted(context, scope, action.multi.destinations ?? [], owner, "routeAction.multi.destinations", faults);
  }
  if (action.upstreamGroup) return groupTarget(context, scope, action.upstreamGroup, owner, faults);
  if (action.clusterHeader !== undefined) {
    if (!/^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/.test(action.clusterHeader)) {
      const message = `${JSON.stringify(action.clusterHeader)} is not the name of a header`;
      faults.error("SLUICE-1336", at(origin, "clusterHeader"), message);
    }
    return { fields: { clusterHeader: action.clusterHeader }, clusters: [] };
  }
  if (action.dynamicForwardProxy) {
    faults.error("SLUICE-1304", at(origin, "dynamicForwardProxy"), "dynamic forward proxies are not served yet");
    return NOWHERE;
  }
  faults.error("SLUICE-1331", origin, "the routeAction has no destination; single, multi or upstreamGroup is needed");
  return NOWHERE;
}

/** A missing group is an error, other than a missing Upstream: Envoy would refuse Gloo's weighted cluster without parts. */
function groupTarget(
  context: TranslationContext,
  scope: RouteScope,
  group: NonNullable<RouteAction["upstreamGroup"]>,
  owner: Owner,
  faults: Faults,
): Target {
  const origin = at(owner.origin, "routeAction.upstreamGroup");
  const ref = resolveRef(group, owner.origin.namespace);
  if (!ref) {
    faults.error("SLUICE-1336", origin, "an upstreamGroup needs a name");
    return NOWHERE;
  }
  const found = context.lookup.get("UpstreamGroup", ref);
  if (found) return weighted(context, scope, groupDestinations(found), owner, "routeAction.upstreamGroup", faults);
  faults.error("SLUICE-1332", origin, `UpstreamGroup ${refKey(ref)} does not exist`);
  return NOWHERE;
}

function weighted(
  context: TranslationContext,
  scope: RouteScope,
  destinations: readonly WeightedDestination[],
  owner: Owner,
  path: string,
  faults: Faults,
): Target {
  const resolved = resolveWeights(context, destinations, at(owner.origin, path), faults);
  const clusters = resolved.map((item, i) => clusterWeight(context, scope, item, owner, `${path}[${i}]`, faults));
  const code = missingClusterCode(context.settings);
  return {
    fields: { weightedClusters: { clusters }, ...(code && { clusterNotFoundResponseCode: code }) },
    clusters: [...new Set(resolved.map(({ cluster }) => cluster))],
  };
}

function clusterWeight(
  context: TranslationContext,
  scope: RouteScope,
  { cluster, metadataMatch, weight, destination }: ResolvedWeight,
  owner: Owner,
  path: string,
  faults: Faults,
): ClusterWeight {
  const { value, reports } = callAndMerge(context, {
    hook: "weightedDestination",
    owner,
    options: [{
      argument: "options",
      hole: "weightedDestination",
      value: destination.options,
      // A route's option sources are about its own options, not about those of its destinations.
      owner: { ...owner, optionSources: {} },
      path: `${path}.options`,
    }],
    input: { destination, listener: scope.listener },
  });
  faults.add(reports);
  return { ...value, name: cluster, weight: { value: weight }, ...(metadataMatch && { metadataMatch }) };
}
