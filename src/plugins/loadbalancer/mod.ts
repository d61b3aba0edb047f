import { definePlugin } from "../contract.ts";
import { Faults } from "../faults.ts";
import { clusterLoadBalancer } from "./cluster_load_balancer.ts";
import { hashPolicies } from "./hash_policies.ts";
import { lbHash, loadBalancerConfig } from "./options.ts";
import { lbSubsetConfig } from "./subset_spec.ts";

/**
 * How an Upstream's hosts are chosen (`loadBalancerConfig`, subsets) and what a route's requests are hashed by
 * (`lbHash`). Errors: values that Envoy refuses, and lbHash on a route that forwards to no upstream. Gloo: the plugin
 * `loadbalancer`.
 */
export const plugin = definePlugin({
  name: "loadbalancer",
  options: { upstream: { loadBalancerConfig }, route: { lbHash } },
  upstream({ options, upstream, clusterName }) {
    const faults = new Faults();
    const lbSubset = lbSubsetConfig(upstream);
    const config = options.loadBalancerConfig;
    if (config === undefined && lbSubset === undefined) return undefined;
    const fields = config && clusterLoadBalancer(config, clusterName, faults);
    if (lbSubset && fields?.loadBalancingPolicy) {
      const message = "Envoy cannot hash hosts by their names in an upstream that has a subsetSpec";
      faults.error("SLUICE-1484", "loadBalancerConfig.useHostnameForHashing", message);
    }
    return faults.result({
      cluster: {
        ...fields,
        ...(lbSubset && { lbSubsetConfig: lbSubset }),
      },
    });
  },
  route({ options, route }) {
    if (options.lbHash === undefined || route.routeAction !== undefined) return undefined;
    const faults = new Faults();
    faults.error("SLUICE-1464", "lbHash", "a hash policy needs a routeAction; this route forwards to no upstream");
    return faults.result({});
  },
  routeAction({ options }) {
    if (options.lbHash === undefined) return undefined;
    const faults = new Faults();
    return faults.result({ hashPolicy: hashPolicies(options.lbHash.hashPolicies ?? [], faults) });
  },
});
