import { idOf, type Lookup, type ResourceId, type Spec } from "../api/mod.ts";
import { isOurs } from "./ownership.ts";
import { ingressSettings, publishServiceOf } from "./settings.ts";

/** An address at which Ingresses are reached: one of the two. */
export interface IngressAddress {
  readonly ip?: string;
  readonly hostname?: string;
}

/** What `status.loadBalancer.ingress` of an Ingress is to be. */
export interface IngressStatus {
  readonly ref: ResourceId;
  /** At least one, in order. All statuses share one list. */
  readonly loadBalancer: readonly IngressAddress[];
}

const NONE: readonly IngressStatus[] = [];

/**
 * The statuses that Ingresses of ours are to have, in order of namespace and name: the addresses of the load balancer of
 * `sluice.ingress.publishService`. Nothing while Ingresses are switched off or no address is known: a Service that is gone
 * for a moment must not take addresses away, on which DNS may rest. Equal input gives equal output.
 */
export function ingressStatuses(
  lookup: Lookup,
  settings: Spec<"Settings">,
  writeNamespace: string,
): readonly IngressStatus[] {
  const own = ingressSettings(settings);
  const ref = publishServiceOf(settings, writeNamespace);
  const service = ref && own.enabled !== false ? lookup.get("Service", ref) : undefined;
  const loadBalancer = (service?.spec.loadBalancerIngress ?? []).flatMap(addressOf).sort(compareAddresses);
  if (loadBalancer.length === 0) return NONE;
  return lookup.select("Ingress", {}).filter((ingress) => isOurs(ingress, lookup, own))
    .map((ingress) => ({ ref: idOf(ingress), loadBalancer }));
}

function addressOf({ ip, hostname }: IngressAddress): IngressAddress[] {
  return ip ? [{ ip }] : hostname ? [{ hostname }] : [];
}

function compareAddresses(a: IngressAddress, b: IngressAddress): number {
  const [x, y] = [a, b].map(({ ip, hostname }) => ip ? `0 ${ip}` : `1 ${hostname}`) as [string, string];
  return x < y ? -1 : x > y ? 1 : 0;
}
