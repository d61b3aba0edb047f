import { any, duration, type Message, wrap } from "../../envoy/mod.ts";
import type { Faults } from "../faults.ts";
import type { LoadBalancerConfig, SlowStartConfig } from "./options.ts";

type Cluster = Message<"envoy.config.cluster.v3.Cluster">;

const LARGEST_RING = 8_388_608n;
/** Envoy's own, where the configuration says nothing. */
const DEFAULT_SMALLEST_RING = 1024n;

/** The fields of a cluster that come from a loadBalancerConfig; what is wrong with it goes to `faults`. */
export function clusterLoadBalancer(config: LoadBalancerConfig, clusterName: string, faults: Faults): Cluster {
  const commonLbConfig = common(config, faults);
  if (config.useHostnameForHashing && !hashesByName(config)) {
    const message = "useHostnameForHashing has no effect without ringHash or maglev";
    faults.warning("SLUICE-1466", "loadBalancerConfig.useHostnameForHashing", message);
  }
  return {
    ...policy(config, clusterName, faults),
    ...(Object.keys(commonLbConfig).length > 0 && { commonLbConfig }),
  };
}

function common(config: LoadBalancerConfig, faults: Faults): NonNullable<Cluster["commonLbConfig"]> {
  const { healthyPanicThreshold, updateMergeWindow } = config;
  const path = "loadBalancerConfig";
  faults.range("SLUICE-1463", `${path}.healthyPanicThreshold`, healthyPanicThreshold, 0, 100);
  faults.notNegative("SLUICE-1463", `${path}.updateMergeWindow`, updateMergeWindow);
  return {
    ...(healthyPanicThreshold !== undefined && { healthyPanicThreshold: { value: healthyPanicThreshold } }),
    ...(updateMergeWindow !== undefined && { updateMergeWindow: duration(updateMergeWindow) }),
    ...(config.localityWeightedLbConfig && !hashesByName(config) && { localityWeightedLbConfig: {} }),
    ...(config.closeConnectionsOnHostSetChange && { closeConnectionsOnHostSetChange: true }),
  };
}

function policy(config: LoadBalancerConfig, clusterName: string, faults: Faults): Cluster {
  const { roundRobin, leastRequest, random, ringHash, maglev } = config;
  if (roundRobin) {
    const slowStart = slowStartField(roundRobin.slowStartConfig, "roundRobin", clusterName, faults);
    return { lbPolicy: "ROUND_ROBIN", ...(slowStart && { roundRobinLbConfig: slowStart }) };
  }
  if (leastRequest) {
    const { choiceCount } = leastRequest;
    faults.range("SLUICE-1463", "loadBalancerConfig.leastRequest.choiceCount", choiceCount, 2, 2 ** 32 - 1);
    const slowStart = slowStartField(leastRequest.slowStartConfig, "leastRequest", clusterName, faults);
    const settings = { ...(choiceCount !== undefined && { choiceCount: wrap(choiceCount) }), ...slowStart };
    const isSet = Object.keys(settings).length > 0;
    return { lbPolicy: "LEAST_REQUEST", ...(isSet && { leastRequestLbConfig: settings }) };
  }
  if (random) return { lbPolicy: "RANDOM" };
  if (ringHash) {
    const sizes = ringSizes(ringHash, faults);
    return hashesByName(config) ? hashByName(config, sizes) : { lbPolicy: "RING_HASH", ringHashLbConfig: sizes };
  }
  if (maglev) return hashesByName(config) ? hashByName(config, undefined) : { lbPolicy: "MAGLEV" };
  return {};
}

const hashesByName = ({ useHostnameForHashing, ringHash, maglev }: LoadBalancerConfig): boolean =>
  Boolean(useHostnameForHashing && (ringHash || maglev));

/**
 * Hashing by host name as a policy of its own: as a field of the cluster (which Gloo sets) Envoy takes it with the old
 * STRICT_DNS type alone, and refuses clusters that have their endpoints from EDS.
 */
function hashByName(config: LoadBalancerConfig, ringSizes: Cluster["ringHashLbConfig"]): Cluster {
  const common = {
    consistentHashingLbConfig: { useHostnameForHashing: true },
    ...(config.localityWeightedLbConfig && { localityWeightedLbConfig: {} }),
  };
  const typedExtensionConfig = ringSizes
    ? {
      name: "envoy.load_balancing_policies.ring_hash",
      typedConfig: any("envoy.extensions.load_balancing_policies.ring_hash.v3.RingHash", { ...common, ...ringSizes }),
    }
    : {
      name: "envoy.load_balancing_policies.maglev",
      typedConfig: any("envoy.extensions.load_balancing_policies.maglev.v3.Maglev", common),
    };
  return { loadBalancingPolicy: { policies: [{ typedExtensionConfig }] } };
}

function slowStartField(
  config: SlowStartConfig | undefined,
  policyName: string,
  clusterName: string,
  faults: Faults,
): { slowStartConfig: Message<"envoy.config.cluster.v3.Cluster.SlowStartConfig"> } | undefined {
  if (config === undefined) return undefined;
  const path = `loadBalancerConfig.${policyName}.slowStartConfig`;
  const { slowStartWindow, aggression, minWeightPercent } = config;
  faults.notNegative("SLUICE-1463", `${path}.slowStartWindow`, slowStartWindow);
  const isSteep = aggression !== undefined && aggression > 0;
  if (aggression !== undefined && !isSteep) {
    faults.warning("SLUICE-1463", `${path}.aggression`, `${aggression} is ignored, as it is not above zero`);
  }
  faults.range("SLUICE-1463", `${path}.minWeightPercent`, minWeightPercent, 0, 100);
  return {
    slowStartConfig: {
      ...(slowStartWindow !== undefined && { slowStartWindow: duration(slowStartWindow) }),
      ...(isSteep && {
        aggression: { defaultValue: aggression, runtimeKey: `upstream.${clusterName}.slowStart.aggression` },
      }),
      ...(minWeightPercent !== undefined && { minWeightPercent: { value: minWeightPercent } }),
    },
  };
}

function ringSizes(
  { ringHashConfig }: NonNullable<LoadBalancerConfig["ringHash"]>,
  faults: Faults,
): NonNullable<Cluster["ringHashLbConfig"]> {
  const path = "loadBalancerConfig.ringHash.ringHashConfig";
  const size = (name: "minimumRingSize" | "maximumRingSize") => {
    const text = ringHashConfig?.[name];
    if (text !== undefined && BigInt(text) > LARGEST_RING) {
      faults.error("SLUICE-1463", `${path}.${name}`, `${text} is more than ${LARGEST_RING}`);
    }
    return text;
  };
  const [minimum, maximum] = [size("minimumRingSize"), size("maximumRingSize")];
  const smallest = minimum === undefined ? DEFAULT_SMALLEST_RING : BigInt(minimum);
  if (maximum !== undefined && BigInt(maximum) < smallest) {
    const message = `${maximum} is less than the minimumRingSize of ${smallest}`;
    faults.error("SLUICE-1463", `${path}.maximumRingSize`, message);
  }
  return {
    ...(minimum !== undefined && { minimumRingSize: wrap(minimum) }),
    ...(maximum !== undefined && { maximumRingSize: wrap(maximum) }),
  };
}
