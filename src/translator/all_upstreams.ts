import { refKey, type Resource, sameItems } from "../api/mod.ts";
import type { Report } from "../report/mod.ts";
import type { XdsResource } from "../xds/mod.ts";
import { planCluster, type PlannedCluster } from "./clusters.ts";
import type { TranslationContext } from "./context.ts";
import type { ClusterPiece, ListenerPiece, RouteConfigurationPiece } from "./pieces.ts";
import { type Named, serviceUpstreams } from "./service_upstreams.ts";
import { endpointsByUpstream } from "./upstream_endpoints.ts";
import { checkUpstreamGroup } from "./upstream_groups.ts";
import { type UpstreamTranslation, withEndpoints } from "./upstreams.ts";

/** What Upstreams translate to, in their order. Each list is the one of before while it is the same. */
export interface UpstreamsTranslation {
  readonly clusters: readonly ClusterPiece[];
  readonly endpoints: readonly XdsResource[];
  readonly secrets: readonly XdsResource[];
  /** None of the lists is empty. */
  readonly reports: readonly (readonly Report[])[];
}

type Discovered = readonly Resource<"Endpoint">[];
const NONE: Discovered = [];

/** Of each Upstream, the Endpoints that name it, and whether there are any. */
interface Naming {
  readonly discovered: readonly Discovered[];
  readonly isNamed: readonly boolean[];
}

/** Translates all Upstreams, once for all Proxies, and looks UpstreamGroups through; yields after each that is made. */
export function* translateAllUpstreams(context: TranslationContext): Generator<void, UpstreamsTranslation> {
  const { lookup } = context;
  const translated = yield* translateUpstreams(
    context,
    "",
    lookup.select("Upstream", {}),
    lookup.select("Endpoint", {}),
  );
  const groups = lookup.select("UpstreamGroup", {}).map((group) => checkUpstreamGroup(context, group));
  const told = groups.filter((reports) => reports.length > 0);
  return told.length > 0 ? { ...translated, reports: [...translated.reports, ...told] } : translated;
}

/**
 * Translates these Upstreams in two steps that are remembered by themselves, clusters and their endpoints: what comes and
 * goes in the second makes nothing of the first anew. `scope` names the list.
 */
export function* translateUpstreams(
  context: TranslationContext,
  scope: string,
  upstreams: readonly Resource<"Upstream">[],
  endpoints: Discovered,
): Generator<void, UpstreamsTranslation> {
  const { revision, settings, plugins } = context;
  const inputs = [settings, plugins];
  const { discovered, isNamed } = revision.table<string, Naming>("upstreamNaming")
    .recall(scope, [upstreams, endpoints], () => namingOf(upstreams, endpoints));
  const planned = yield* revision.table<string, PlannedCluster>("upstream").recallEach(
    scope,
    { items: upstreams, beside: isNamed },
    inputs,
    function* (i) {
      return planCluster(context, upstreams[i]!, isNamed[i]!);
    },
  );
  const translated = yield* revision.table<string, UpstreamTranslation>("endpoints").recallEach(
    scope,
    { items: planned, beside: discovered },
    inputs,
    function* (i) {
      return withEndpoints(context, planned[i]!, discovered[i]!);
    },
    sameItems,
  );
  const flat = <T extends object>(name: string, part: (one: UpstreamTranslation) => readonly T[]): readonly T[] =>
    revision.table<string, T>(name).flatMap(scope, translated, part);
  return {
    clusters: flat("upstreamClusters", ({ cluster }) => [cluster]),
    endpoints: flat("upstreamEndpoints", ({ endpoints }) => endpoints ? [endpoints] : []),
    secrets: flat("upstreamSecrets", ({ secrets }) => secrets),
    reports: flat("upstreamReports", reportsOf),
  };
}

function namingOf(upstreams: readonly Resource<"Upstream">[], endpoints: Discovered): Naming {
  const byUpstream = endpointsByUpstream(endpoints);
  const discovered = upstreams.map(({ metadata }) => byUpstream.get(refKey(metadata)) ?? NONE);
  return { discovered, isNamed: discovered.map(({ length }) => length > 0) };
}

/** A Service has none of the fields of the Upstream that stands for it: what is wrong is told of the whole Service. */
function reportsOf({ cluster, reports }: UpstreamTranslation): readonly (readonly Report[])[] {
  if (reports.length === 0) return [];
  return [cluster.origin.kind === "Service" ? reports.map((report) => ({ ...report, path: "" })) : reports];
}

/** Translates the kube destinations that a proxy's pieces lead to; `served` are the clusters that it was served last. */
export function translateServices(
  context: TranslationContext,
  proxy: string,
  routes: readonly RouteConfigurationPiece[],
  listeners: readonly ListenerPiece[],
  served: readonly Named[],
): Generator<void, UpstreamsTranslation> {
  return translateUpstreams(context, proxy, serviceUpstreams(context, proxy, routes, listeners, served), NONE);
}
