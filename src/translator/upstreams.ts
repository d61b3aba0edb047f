import { idOf, type Origin, type Resource } from "../api/mod.ts";
import { TYPE_URL } from "../envoy/mod.ts";
import type { UpstreamEndpoint } from "../plugins/mod.ts";
import type { Report } from "../report/mod.ts";
import { versionOf, type XdsResource } from "../xds/mod.ts";
import { inCluster, isOverEds } from "./cluster_discovery.ts";
import { optionsArgument, type PlannedCluster, rejectedPiece, secretRefs } from "./clusters.ts";
import type { TranslationContext } from "./context.ts";
import { callAndMerge, callHooks } from "./hooks.ts";
import { mergeFragments } from "./merge.ts";
import { Faults } from "./origins.ts";
import { type ClusterPiece, resourceOrigin } from "./pieces.ts";
import { encodeOrReport } from "./resources.ts";
import { endpointOf, loadAssignment } from "./upstream_endpoints.ts";

/** What one Upstream translates to. */
export interface UpstreamTranslation {
  readonly cluster: ClusterPiece;
  /** Its ClusterLoadAssignment, where endpoints go over EDS. */
  readonly endpoints?: XdsResource;
  readonly secrets: readonly XdsResource[];
  readonly reports: readonly Report[];
}

/**
 * The cluster with the endpoints of the moment; `discovered` are the Endpoints that name its Upstream. It is the planned one
 * unless they stand in it, or are faulty: an error of any part rejects the cluster, and nothing else is made of the Upstream.
 * But what was discovered is there for its last good form, so that pods may come and go meanwhile.
 */
export function withEndpoints(
  context: TranslationContext,
  planned: PlannedCluster,
  discovered: readonly Resource<"Endpoint">[],
): UpstreamTranslation {
  const { owner, name, discovery, piece, bare, secrets, reports } = planned;
  if (!discovery || piece?.rejected && discovery !== "discovered") {
    return { cluster: piece ?? rejectedPiece(owner, name), secrets, reports };
  }
  const faults = new Faults();
  const assignment = assignmentOf(context, planned, discovery, discovered, faults);
  const all = () => faults.reports.length > 0 ? [...reports, ...faults.reports] : reports;
  if (isOverEds(discovery, context.settings)) {
    const bytes = encodeOrReport(ASSIGNMENT, assignment, owner.origin, faults);
    if (faults.failed || !bytes || !piece) {
      return { cluster: rejectedPiece(owner, name), secrets: [], reports: all() };
    }
    const endpoints = assignmentResource(planned.assignmentName, bytes, owner.origin, discovered);
    return { cluster: piece, endpoints, secrets, reports: all() };
  }
  const message = bare && { ...bare.cluster, ...inCluster(discovery, assignment, bare.dns) };
  const bytes = message && encodeOrReport("envoy.config.cluster.v3.Cluster", message, owner.origin, faults);
  if (faults.failed || !bytes) return { cluster: rejectedPiece(owner, name), secrets: [], reports: all() };
  const cluster = { key: owner.key, name, origin: owner.origin, bytes, refs: secretRefs(secrets) };
  return { cluster, secrets, reports: all() };
}

const ASSIGNMENT = "envoy.config.endpoint.v3.ClusterLoadAssignment";

function assignmentOf(
  context: TranslationContext,
  planned: PlannedCluster,
  discovery: NonNullable<PlannedCluster["discovery"]>,
  discovered: readonly Resource<"Endpoint">[],
  faults: Faults,
) {
  const { upstream, owner, name, tls } = planned;
  const options = [optionsArgument(upstream, owner)];
  const input = { upstream, clusterName: name };
  const list = endpointList(context, planned, discovered, faults);
  const message = loadAssignment(name, list, discovery, tls, owner.origin, faults);
  const extended = callAndMerge(context, { hook: "endpoints", owner, options, input });
  faults.add(extended.reports);
  const whole = mergeFragments([
    { plugin: "translator", fragment: message },
    { plugin: "endpoints hooks", fragment: extended.value },
  ]).value;
  const over = isOverEds(discovery, context.settings);
  return { ...whole, clusterName: over ? planned.assignmentName : name };
}

/** All endpoints: those of the Upstream's own plugin, those that discovery plugins find, and Endpoints that name it. */
function endpointList(
  context: TranslationContext,
  { upstream, owner, name, discovery, endpoints }: PlannedCluster,
  discovered: readonly Resource<"Endpoint">[],
  faults: Faults,
): readonly UpstreamEndpoint[] {
  const found = callHooks(context, {
    hook: "endpointDiscovery",
    owner,
    options: [optionsArgument(upstream, owner)],
    input: { upstream, clusterName: name },
  });
  faults.add(found.reports);
  const list = [
    ...endpoints,
    ...found.parts.flatMap(({ fragment: { list } }) => list),
    ...discovered.map(endpointOf),
  ];
  const mayBeEmpty = discovery === "cluster" || discovery === "discovered";
  if (list.length === 0 && !mayBeEmpty && found.parts.length === 0 && !faults.failed) {
    faults.error("SLUICE-1351", owner.origin, "the upstream has no endpoints; at least one address is needed");
  }
  return list;
}

function assignmentResource(
  name: string,
  bytes: Uint8Array,
  origin: Origin,
  discovered: readonly Resource<"Endpoint">[],
): XdsResource {
  const origins = [
    resourceOrigin(origin),
    ...discovered.map((endpoint) => resourceOrigin({ ...idOf(endpoint), path: "" })),
  ];
  return { typeUrl: TYPE_URL.endpoint, name, version: versionOf(bytes), bytes, origins, refs: {} };
}
