import { idKey, idOf, type Origin, type Resource } from "../api/mod.ts";
import { type Message, typeUrlOf } from "../envoy/mod.ts";
import type { UpstreamEndpoint, UpstreamFragment } from "../plugins/mod.ts";
import type { Report } from "../report/mod.ts";
import { versionOf, type XdsResource } from "../xds/mod.ts";
import { type Discovery, isOverEds, overEds, withoutDnsFields } from "./cluster_discovery.ts";
import type { TranslationContext } from "./context.ts";
import { callAndMerge, type OptionsArgument } from "./hooks.ts";
import { clusterName } from "./names.ts";
import { Faults, type Owner } from "./origins.ts";
import type { ClusterPiece } from "./pieces.ts";
import { encodeOrReport, withOrigin } from "./resources.ts";
import { upstreamOrigin } from "./service_upstreams.ts";
import { serverNameMatch, serverNames } from "./upstream_endpoints.ts";
import { transportSocket, upstreamTls } from "./upstream_tls.ts";

type Cluster = Message<"envoy.config.cluster.v3.Cluster">;

const CLUSTER = "envoy.config.cluster.v3.Cluster";
const HTTP_PROTOCOL_OPTIONS = "envoy.extensions.upstreams.http.v3.HttpProtocolOptions";
/** Gloo's default. */
const CONNECT_TIMEOUT = { seconds: 5 };

/** All of an Upstream that does not hang on which endpoints are there at the moment. */
export interface PlannedCluster {
  readonly upstream: Resource<"Upstream">;
  readonly owner: Owner;
  readonly name: string;
  /** Undefined where the Upstream has no type. */
  readonly discovery: Discovery | undefined;
  /** The endpoints that it names itself. */
  readonly endpoints: readonly UpstreamEndpoint[];
  /** Whether the cluster speaks TLS. */
  readonly tls: boolean;
  /** Name of its endpoints over EDS. */
  readonly assignmentName: string;
  /** Complete: rejected, or one whose endpoints are a resource of their own. */
  readonly piece?: ClusterPiece;
  /** Otherwise the cluster in which its endpoints are to stand, and the fields for DNS, which belong to them. */
  readonly bare?: { readonly cluster: Cluster; readonly dns: Cluster };
  readonly secrets: readonly XdsResource[];
  readonly reports: readonly Report[];
}

/**
 * Translates one Upstream without its endpoints. An error of any part rejects the cluster: it has no bytes then.
 * `hasEndpoints` tells whether Endpoints name it, as they do for Upstreams without a type too.
 */
export function planCluster(
  context: TranslationContext,
  upstream: Resource<"Upstream">,
  hasEndpoints: boolean,
): PlannedCluster {
  const name = clusterName(upstream.metadata);
  const owner: Owner = { origin: upstreamOrigin(upstream), key: idKey(idOf(upstream)), optionSources: {} };
  const faults = new Faults();
  const parts = clusterParts(context, upstream, name, owner, faults);
  const { fragment, tls, cluster, assignmentName } = parts;
  const discovery = fragment.endpoints?.discovery ?? (hasEndpoints ? "addresses" : undefined);
  if (!discovery && !faults.failed) {
    faults.error("SLUICE-1350", owner.origin, "no upstream type is given (such as static, kube or pipe)");
  }
  const endpoints = fragment.endpoints?.list ?? [];
  const rest = { upstream, owner, name, discovery, endpoints, tls: tls !== undefined, assignmentName };
  if (faults.failed || !discovery) return { ...rest, ...rejected(owner, name, faults) };
  const secrets = tls?.secrets ?? [];
  if (!isOverEds(discovery, context.settings)) {
    return { ...rest, bare: { cluster, dns: fragment.cluster ?? {} }, secrets, reports: faults.reports };
  }
  const bytes = encodeOrReport(CLUSTER, { ...cluster, ...overEds(name, assignmentName) }, owner.origin, faults);
  if (faults.failed || !bytes) return { ...rest, ...rejected(owner, name, faults) };
  const refs = { endpoints: [assignmentName], ...secretRefs(secrets) };
  const piece: ClusterPiece = { key: owner.key, name, origin: owner.origin, bytes, refs };
  return { ...rest, piece, secrets, reports: faults.reports };
}

function rejected(owner: Owner, name: string, faults: Faults): Pick<PlannedCluster, "piece" | "secrets" | "reports"> {
  return { piece: rejectedPiece(owner, name), secrets: [], reports: faults.reports };
}

/** The piece of a cluster that is not served as it is. */
export function rejectedPiece({ key, origin }: Owner, name: string): ClusterPiece {
  return { key, name, origin, rejected: "hold", bytes: undefined, refs: {} };
}

export function secretRefs(secrets: readonly XdsResource[]): ClusterPiece["refs"] {
  return secrets.length > 0 ? { secrets: secrets.map(({ name }) => name) } : {};
}

interface ClusterParts {
  readonly fragment: Partial<UpstreamFragment>;
  readonly tls: ReturnType<typeof upstreamTls>;
  /** Without its endpoints. */
  readonly cluster: Cluster;
  readonly assignmentName: string;
}

function clusterParts(
  context: TranslationContext,
  upstream: Resource<"Upstream">,
  name: string,
  owner: Owner,
  faults: Faults,
): ClusterParts {
  const options = [optionsArgument(upstream, owner)];
  const input = { upstream, clusterName: name };
  const { value: fragment, reports } = callAndMerge(context, { hook: "upstream", owner, options, input });
  faults.add(reports);
  const tls = upstreamTls(context, upstream.spec.sslConfig, fragment.implicitTls, owner, faults);
  const socket = transportSocket(tls?.tls, fragment.proxyProtocol);
  const matches = (tls ? serverNames(fragment.endpoints?.list ?? []) : []).map((sni) => ({
    name: sni,
    match: serverNameMatch(sni),
    transportSocket: transportSocket({ ...tls?.tls, sni }, fragment.proxyProtocol),
  }));
  const manner: Cluster = {
    ...(matches.length > 0 && { transportSocketMatches: matches }),
    ...(socket && { transportSocket: socket }),
    ...protocolOptions(fragment, owner.origin, faults),
  };
  const cluster: Cluster = {
    connectTimeout: CONNECT_TIMEOUT,
    ...withoutDnsFields(fragment.cluster ?? {}),
    name,
    ...manner,
    metadata: withOrigin(fragment.cluster?.metadata, owner.origin),
  };
  return { fragment, tls, cluster, assignmentName: assignmentName(name, manner, owner.origin, faults) };
}

/** What hooks see of an Upstream. */
export function optionsArgument(upstream: Resource<"Upstream">, owner: Owner): OptionsArgument {
  return { argument: "options", hole: "upstream", value: upstream.spec, owner, path: "" };
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
