import type { Message } from "../envoy/mod.ts";
import type { UpstreamEndpoint } from "../plugins/mod.ts";

type LocalityLbEndpoints = Message<"envoy.config.endpoint.v3.LocalityLbEndpoints">;
type LbEndpoint = Message<"envoy.config.endpoint.v3.LbEndpoint">;

/**
 * Endpoints by locality, those without one first. A locality weighs as much as its endpoints together, so that every endpoint
 * gets the same share where Envoy chooses a locality first (localityWeightedLbConfig). Where none has a locality, there is one
 * group without a weight.
 */
export function byLocality(
  list: readonly UpstreamEndpoint[],
  message: (endpoint: UpstreamEndpoint) => LbEndpoint,
): readonly LocalityLbEndpoints[] {
  if (list.length === 0) return [];
  if (list.every(({ locality }) => locality === undefined)) return [{ lbEndpoints: list.map(message) }];
  const groups = Map.groupBy(list, keyOf);
  return [...groups].sort(([a], [b]) => a < b ? -1 : 1).map(([, endpoints]) => {
    const { locality } = endpoints[0]!;
    const weight = endpoints.reduce((sum, { weight = 1 }) => sum + weight, 0);
    return {
      ...(locality && { locality }),
      lbEndpoints: endpoints.map(message),
      loadBalancingWeight: { value: weight },
    };
  });
}

function keyOf({ locality: { zone = "", subZone = "" } = {} }: UpstreamEndpoint): string {
  return `${zone}\0${subZone}`;
}
