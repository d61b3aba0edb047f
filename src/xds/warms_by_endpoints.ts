import type { XdsResource } from "./resource.ts";
import { hasField } from "../envoy/mod.ts";

/** Field number of `health_checks` in envoy.config.cluster.v3.Cluster. */
const HEALTH_CHECKS = 8;

const known = new WeakMap<XdsResource, boolean>();

/**
 * Whether Envoy has such a cluster ready as soon as it has its endpoints: it waits for no first health check and for no
 * secret. Of another cluster only the ACK of the clusters tells.
 */
export function warmsByEndpoints(cluster: XdsResource): boolean {
  let answer = known.get(cluster);
  if (answer === undefined) known.set(cluster, answer = looksSo(cluster));
  return answer;
}

function looksSo({ refs, bytes }: XdsResource): boolean {
  const { endpoints = [], secrets = [] } = refs;
  return endpoints.length > 0 && secrets.length === 0 && !hasField(bytes, HEALTH_CHECKS);
}
