import { idKey, idOf, type Origin, refKey, type Resource } from "../api/mod.ts";
import { type Message, TYPE_URL, typeUrlOf } from "../envoy/mod.ts";
import type { UpstreamEndpoint, UpstreamFragment } from "../plugins/mod.ts";
import type { Report } from "../report/mod.ts";
import { versionOf, type XdsResource } from "../xds/mod.ts";
import { discoveryFields, withoutDnsFields } from "./cluster_discovery.ts";
import type { TranslationContext } from "./context.ts";
import { callAndMerge, callHooks, type OptionsArgument } from "./hooks.ts";
import { mergeFragments } from "./merge.ts";
import { clusterName } from "./names.ts";
import { Faults, type Owner } from "./origins.ts";
import { type ClusterPiece, resourceOrigin } from "./pieces.ts";
import { encodeOrReport, withOrigin } from "./resources.ts";
import { endpointOf, loadAssignment, serverNameMatch } from "./upstream_endpoints.ts";
import { transportSocket, upstreamTls } from "./upstream_tls.ts";

type Cluster = Message<"envoy.config.cluster.v3.Cluster">;

const CLUSTER = "envoy.config.cluster.v3.Cluster";
const HTTP_PROTOCOL_OPTIONS = "envoy.extensions.upstreams.http.v3.HttpProtocolOptions";
/** Gloo's default. */
const CONNECT_TIMEOUT = { seconds: 5 };

/** What one Upstream translates to. */
export interface UpstreamTranslation {
  readonly cluster: ClusterPiece;
  /** Its ClusterLoadAssignment, where endpoints go over EDS. */
  readonly endpoints?: XdsResource;
  readonly secrets: readonly XdsResource[];
  readonly reports: readonly Report[];
}

/**
 * Translates one Upstream; `discovered` are the Endpoints that name it. An error of any part rejects the cluster: it has
 * no bytes then, and nothing else is made of the Upstream.
 */
export function translateUpstream(
  context: TranslationContext,
  upstream: Resource<"Upstream">,
  discovered: readonly Resource<"Endpoint">[],
): UpstreamTranslation {
  const { revision, settings, plugins } = context;
  return revision.table<string, UpstreamTranslation>("upstream").recall(
    refKey(upstream.metadata),
    [upstream, settings, plugins, ...discovered],
    () => makeCluster(context, upstream, discovered),
  );
}

function makeCluster(
  context: TranslationContext,
  upstream: Resource<"Upstream">,
  discovered: readonly Resource<"Endpoint">[],
): UpstreamTranslation {
  const name = clusterName(upstream.metadata);
  const origin: Origin = { ...idOf(upstream), path: "" };
  const owner: Owner = { origin, key: idKey(origin), optionSources: {} };
  const faults = new Faults();
  const built = buildCluster(context, { upstream, discovered, name, owner, faults });
  const bytes = encodeOrReport(CLUSTER, built.cluster, origin, faults);
  const endpoints = built.assignment &&
    encodeOrReport("envoy.config.endpoint.v3.ClusterLoadAssignment", built.assignment, origin, faults);
  if (faults.failed || !bytes) {
    const cluster: ClusterPiece = { key: owner.key, name, origin, rejected: "hold", bytes: undefined, refs: {} };
    return { cluster, secrets: [], reports: faults.reports };
  }
  const secrets = built.secrets.map((secret) => secret.name);
  const edsName = built.assignment?.clusterName ?? name;
  const refs = { ...(endpoints && { endpoints: [edsName] }), ...(secrets.length > 0 && { secrets }) };
  return {
    cluster: { key: owner.key, name, origin, bytes, refs },
    ...(endpoints && { endpoints: assignmentResource(edsName, endpoints, origin, discovered) }),
    secrets: built.secrets,
    reports: faults.reports,
  };
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

interface Building {
  readonly upstream: Resource<"Upstream">;
  readonly discovered: readonly Resource<"Endpoint">[];
  readonly name: string;
  readonly owner: Owner;
  readonly faults: Faults;
}

interface BuiltCluster {
  readonly cluster: Cluster;
  readonly assignment?: Message<"envoy.config.endpoint.v3.ClusterLoadAssignment">;
  readonly secrets: readonly XdsResource[];
}

function buildCluster(context: TranslationContext, building: Building): BuiltCluster {
  const { upstream, name, owner, faults } = building;
  const options = [optionsArgument(building)];
  const input = { upstream, clusterName: name };
  const { value: fragment, reports } = callAndMerge(context, { hook: "upstream", owner, options, input });
  faults.add(reports);
  const tls = upstreamTls(context, upstream.spec.sslConfig, fragment.implicitTls, owner, faults);
  const discovery = fragment.endpoints?.discovery ?? (building.discovered.length > 0 ? "addresses" : undefined);
  if (!discovery && !faults.failed) {
    faults.error("SLUICE-1350", owner.origin, "no upstream type is given (such as static, kube or pipe)");
  }
  const list = discovery ? endpointList(context, building, fragment, options) : [];
  const assignment = loadAssignment(name, list, discovery ?? "cluster", tls !== undefined, owner.origin, faults);
  const extended = callAndMerge(context, { hook: "endpoints", owner, options, input });
  faults.add(extended.reports);
  const whole = mergeFragments([
    { plugin: "translator", fragment: assignment.message },
    { plugin: "endpoints hooks", fragment: extended.value },
  ]).value;
  const socket = transportSocket(tls?.tls, fragment.proxyProtocol);
  const matches = assignment.serverNames.map((sni) => ({
    name: sni,
    match: serverNameMatch(sni),
    transportSocket: transportSocket({ ...tls?.tls, sni }, fragment.proxyProtocol),
  }));
  const manner: Cluster = {
    ...(matches.length > 0 && { transportSocketMatches: matches }),
    ...(socket && { transportSocket: socket }),
    ...protocolOptions(fragment, owner.origin, faults),
  };
  const endpoints = { ...whole, clusterName: assignmentName(name, manner, owner.origin, faults) };
  const place = discoveryFields(discovery ?? "cluster", name, endpoints, context.settings, fragment.cluster ?? {});
  const cluster: Cluster = {
    connectTimeout: CONNECT_TIMEOUT,
    ...withoutDnsFields(fragment.cluster ?? {}),
    ...place.fields,
    name,
    ...manner,
    metadata: withOrigin(fragment.cluster?.metadata, owner.origin),
  };
  return { cluster, ...(place.overEds && { assignment: endpoints }), secrets: tls?.secrets ?? [] };
}

/**
 * Name of the endpoints over EDS. Where they are spoken to in a manner of their own (TLS, HTTP/2, …) it hangs on that: Envoy
 * gives endpoints to the cluster that still serves as well as to the one that warms in its place, and the old one would ask
 * the new port in the old manner. Under another name it keeps the endpoints that it has. (Gloo's name has a hash too.)
 */
function assignmentName(cluster: string, manner: Cluster, origin: Origin, faults: Faults): string {
  if (Object.keys(manner).length === 0) return cluster;
  const bytes = encodeOrReport(CLUSTER, manner, origin, faults);
  return bytes === undefined ? cluster : `${cluster}~${versionOf(bytes)}`;
}

/** All endpoints: those of the Upstream's own plugin, those that discovery plugins find, and Endpoints that name it. */
function endpointList(
  context: TranslationContext,
  { upstream, discovered, name, owner, faults }: Building,
  fragment: Partial<UpstreamFragment>,
  options: readonly OptionsArgument[],
): readonly UpstreamEndpoint[] {
  const input = { upstream, clusterName: name };
  const found = callHooks(context, { hook: "endpointDiscovery", owner, options, input });
  faults.add(found.reports);
  const list = [
    ...fragment.endpoints?.list ?? [],
    ...found.parts.flatMap(({ fragment: { list } }) => list),
    ...discovered.map(endpointOf),
  ];
  const expectsOwn = fragment.endpoints !== undefined && fragment.endpoints.discovery !== "cluster";
  if (list.length === 0 && expectsOwn && found.parts.length === 0 && !faults.failed) {
    faults.error("SLUICE-1351", owner.origin, "the upstream has no endpoints; at least one address is needed");
  }
  return list;
}

function optionsArgument({ upstream, owner }: Building): OptionsArgument {
  return { argument: "options", hole: "upstream", value: upstream.spec, owner, path: "" };
}

/** HTTP settings in their current place; Envoy wants a protocol in them, and HTTP/1.1 is Gloo's default. */
function protocolOptions(
  { cluster, httpProtocolOptions: http }: Partial<UpstreamFragment>,
  origin: Origin,
  faults: Faults,
): Cluster {
  if (!http) return {};
  const chosen = http.explicitHttpConfig ?? http.useDownstreamProtocolConfig ?? http.autoConfig;
  const message = chosen ? http : { ...http, explicitHttpConfig: { httpProtocolOptions: {} } };
  const value = encodeOrReport(HTTP_PROTOCOL_OPTIONS, message, origin, faults);
  const typedConfig = { typeUrl: typeUrlOf(HTTP_PROTOCOL_OPTIONS), ...(value && { value }) };
  const others = cluster?.typedExtensionProtocolOptions;
  return { typedExtensionProtocolOptions: { ...others, [HTTP_PROTOCOL_OPTIONS]: typedConfig } };
}
