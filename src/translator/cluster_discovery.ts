import type { Spec } from "../api/mod.ts";
import { any, type Message } from "../envoy/mod.ts";
import { ENDPOINTS_SOURCE } from "./config_source.ts";

type Cluster = Message<"envoy.config.cluster.v3.Cluster">;
type ClusterLoadAssignment = Message<"envoy.config.endpoint.v3.ClusterLoadAssignment">;

export interface DiscoveryFields {
  readonly fields: Cluster;
  /** True where the load assignment is a resource of its own. */
  readonly overEds: boolean;
}

/**
 * How a cluster learns its endpoints. `addresses`: over EDS, so that a change of endpoints leaves the cluster alone, or in
 * the cluster as in Gloo where `settings.sluice.staticClusters` says STATIC. `names`: Envoy resolves them, IPv4 only (as in
 * Gloo), and uses all addresses. `cluster`: as the fragment has it. `assignment` has its name over EDS, which need not be
 * the cluster's.
 */
export function discoveryFields(
  discovery: "addresses" | "names" | "cluster",
  name: string,
  assignment: ClusterLoadAssignment,
  settings: Spec<"Settings">,
  fragment: Cluster,
): DiscoveryFields {
  const loadAssignment = { ...assignment, clusterName: name };
  if (discovery === "names") {
    return { fields: { clusterType: dnsClusterType(fragment), loadAssignment }, overEds: false };
  }
  if (discovery === "cluster") {
    return { fields: loadAssignment.endpoints ? { loadAssignment } : {}, overEds: false };
  }
  if (settings.sluice?.staticClusters === "STATIC") {
    return { fields: { type: "STATIC", loadAssignment }, overEds: false };
  }
  const { clusterName: serviceName } = assignment;
  const named = serviceName === name ? {} : { serviceName };
  return { fields: { type: "EDS", edsClusterConfig: { edsConfig: ENDPOINTS_SOURCE, ...named } }, overEds: true };
}

/** STRICT_DNS in its current form. The fields of Cluster that plugins set for it are deprecated in Envoy. */
function dnsClusterType(fragment: Cluster): Message<"envoy.config.cluster.v3.Cluster.CustomClusterType"> {
  const { dnsRefreshRate, dnsFailureRefreshRate, respectDnsTtl, dnsLookupFamily, typedDnsResolverConfig } = fragment;
  return {
    name: "envoy.cluster.dns",
    typedConfig: any("envoy.extensions.clusters.dns.v3.DnsCluster", {
      dnsLookupFamily: dnsLookupFamily ?? "V4_ONLY",
      ...(dnsRefreshRate && { dnsRefreshRate }),
      ...(dnsFailureRefreshRate && { dnsFailureRefreshRate }),
      ...(respectDnsTtl && { respectDnsTtl }),
      ...(typedDnsResolverConfig && { typedDnsResolverConfig }),
    }),
  };
}

/** A fragment without what {@link discoveryFields} puts elsewhere, or what means nothing without DNS. */
export function withoutDnsFields(fragment: Cluster): Cluster {
  const {
    dnsRefreshRate: _rate,
    dnsFailureRefreshRate: _failureRate,
    respectDnsTtl: _ttl,
    dnsLookupFamily: _family,
    typedDnsResolverConfig: _resolver,
    ...rest
  } = fragment;
  return rest;
}
