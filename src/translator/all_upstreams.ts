import { refKey, type Resource } from "../api/mod.ts";
import type { Report } from "../report/mod.ts";
import type { XdsResource } from "../xds/mod.ts";
import { translateUpstream } from "./clusters.ts";
import type { TranslationContext } from "./context.ts";
import type { ClusterPiece } from "./pieces.ts";
import { endpointsByUpstream } from "./upstream_endpoints.ts";
import { checkUpstreamGroup } from "./upstream_groups.ts";

/** What all Upstreams translate to, in their order. */
export interface UpstreamsTranslation {
  readonly clusters: readonly ClusterPiece[];
  readonly endpoints: readonly XdsResource[];
  readonly secrets: readonly XdsResource[];
  /** None of the lists is empty. Those of UpstreamGroups are among them. */
  readonly reports: readonly (readonly Report[])[];
}

/** Translates all Upstreams, once for all Proxies; yields after each. */
export function* translateUpstreams(context: TranslationContext): Generator<void, UpstreamsTranslation> {
  const { revision, lookup, settings, plugins } = context;
  const upstreams = lookup.select("Upstream", {});
  const groups = lookup.select("UpstreamGroup", {});
  const endpoints = lookup.select("Endpoint", {});
  return yield* revision.table<string, UpstreamsTranslation>("upstreams").recallInSlices(
    "",
    [upstreams, groups, endpoints, settings, plugins],
    () => makeUpstreams(context, upstreams, groups, endpoints),
  );
}

function* makeUpstreams(
  context: TranslationContext,
  upstreams: readonly Resource<"Upstream">[],
  groups: readonly Resource<"UpstreamGroup">[],
  discovered: readonly Resource<"Endpoint">[],
): Generator<void, UpstreamsTranslation> {
  const clusters: ClusterPiece[] = [];
  const endpoints: XdsResource[] = [];
  const secrets: XdsResource[] = [];
  const reports: (readonly Report[])[] = [];
  const byUpstream = endpointsByUpstream(discovered);
  for (const upstream of upstreams) {
    const translated = translateUpstream(context, upstream, byUpstream.get(refKey(upstream.metadata)) ?? []);
    clusters.push(translated.cluster);
    if (translated.endpoints) endpoints.push(translated.endpoints);
    secrets.push(...translated.secrets);
    if (translated.reports.length > 0) reports.push(translated.reports);
    yield;
  }
  for (const group of groups) {
    const told = checkUpstreamGroup(context, group);
    if (told.length > 0) reports.push(told);
  }
  return { clusters, endpoints, secrets, reports };
}
