import type { Spec } from "../api/mod.ts";
import { any, type Message } from "../envoy/mod.ts";
import type { UpstreamFragment } from "../plugins/mod.ts";
import { ENDPOINTS_SOURCE } from "./config_source.ts";

type Cluster = Message<"envoy.config.cluster.v3.Cluster">;
type ClusterLoadAssignment = Message<"envoy.config.endpoint.v3.ClusterLoadAssignment">;

/** How a cluster learns its endpoints; see the contract. */
export type Discovery = NonNullable<UpstreamFragment["endpoints"]>["discovery"];

/**
 * True where the endpoints are a resource of their own, so that a change of them leaves the cluster alone: what is
 * discovered, and other addresses unless `settings.sluice.staticClusters` says STATIC.
 */
export function isOverEds(discovery: Discovery, settings: Spec<"Settings">): boolean {
  return discovery === "discovered" || discovery === "addresses" && settings.sluice?.staticClusters !== "STATIC";
}

/** The fields of a cluster with endpoints of this name, which need not be the cluster's. */
export function overEds(cluster: string, serviceName: string): Cluster {
  const named = serviceName === cluster ? {} : { serviceName };
  return { type: "EDS", edsClusterConfig: { edsConfig: ENDPOINTS_SOURCE, ...named } };
}

/**
 * The fields of a cluster in which the endpoints stand. `addresses`: as in Gloo. `names`: Envoy resolves them, IPv4 only (as
 * in Gloo), and uses all addresses. `cluster`: as the plugin has it.
 */
export function inCluster(discovery: Discovery, loadAssignment: ClusterLoadAssignment, dns: Cluster): Cluster {
  if (discovery === "names") return { clusterType: dnsClusterType(dns), loadAssignment };
  if (discovery === "cluster") return loadAssignment.endpoints ? { loadAssignment } : {};
  return { type: "STATIC", loadAssignment };
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

/** A fragment without what {@link inCluster} puts elsewhere, or what means nothing without DNS. */
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
