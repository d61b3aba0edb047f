import { isIP } from "node:net";
import { isTcp, refKey, type Resource, type ServicePort } from "../../api/mod.ts";

type SliceEndpoint = NonNullable<Resource<"EndpointSlice">["spec"]["endpoints"]>[number];

/** One address of one endpoint. */
export interface SliceAddress {
  readonly host: string;
  readonly port: number;
  readonly family: 4 | 6;
  /** What the address belongs to, `Pod shop/pets-0`: the same in slices of IPv4 and of IPv6. */
  readonly target?: string;
  /** `namespace/name`. */
  readonly pod?: string;
  readonly zone?: string;
  readonly node?: string;
}

export interface SliceAddresses {
  /** In order of their text, each once. */
  readonly list: readonly SliceAddress[];
  /** What is there and no address that Envoy takes: host names (addressType FQDN), zones of IPv6. */
  readonly unusable: readonly string[];
}

/**
 * The addresses to send requests to, of all slices of a Service. Ready ones; where there is none, those that terminate and
 * still serve, as kube-proxy does. `every` takes those too that are not ready (publishNotReadyAddresses).
 *
 * What terminates is left out while others are ready, and not sent as DRAINING: Envoy counts draining hosts as unhealthy, so
 * that a rolling update with a long grace period would bring it into panic, in which it sends requests to all of them.
 */
export function sliceAddresses(
  slices: readonly Resource<"EndpointSlice">[],
  { name = "" }: ServicePort,
  every: boolean,
): SliceAddresses {
  const found = { ready: [] as SliceAddress[], terminating: [] as SliceAddress[] };
  const unusable = new Set<string>();
  for (const { metadata, spec } of slices) {
    const port = spec.ports?.find((one) => (one.name ?? "") === name && isTcp(one))?.port;
    if (!port) continue;
    for (const endpoint of spec.endpoints ?? []) {
      const state = every ? "ready" : stateOf(endpoint);
      // All addresses of one endpoint are as good as each other, says the API, and kube-proxy takes the first.
      const host = endpoint.addresses?.[0];
      if (!state || !host) continue;
      const family = host.includes("%") ? 0 : isIP(host);
      if (family === 4 || family === 6) found[state].push(addressOf(endpoint, metadata.namespace, host, port, family));
      else unusable.add(host);
    }
  }
  const list = found.ready.length > 0 ? found.ready : found.terminating;
  return { list: eachOnce(list.sort(compare)), unusable: [...unusable].sort() };
}

/** Undefined for what gets no requests. `serving` without a value is as `ready` is. */
function stateOf({ conditions = {} }: SliceEndpoint): "ready" | "terminating" | undefined {
  const { ready = true, terminating = false } = conditions;
  if (ready) return "ready";
  return terminating && conditions.serving ? "terminating" : undefined;
}

function addressOf(
  { targetRef, zone, nodeName: node }: SliceEndpoint,
  namespace: string,
  host: string,
  port: number,
  family: 4 | 6,
): SliceAddress {
  const target = targetRef?.name && { name: targetRef.name, namespace: targetRef.namespace || namespace };
  return {
    ...{ host, port, family },
    ...(target && { target: `${targetRef.kind} ${refKey(target)}` }),
    ...(target && targetRef.kind === "Pod" && { pod: refKey(target) }),
    ...(zone && { zone }),
    ...(node && { node }),
  };
}

/** An endpoint may be in two slices while it moves from one to the other. */
function eachOnce(sorted: readonly SliceAddress[]): SliceAddress[] {
  return sorted.filter(({ host, port }, i) => host !== sorted[i - 1]?.host || port !== sorted[i - 1]?.port);
}

/** By address; of equal ones by all else, so that the order of slices says nothing. */
function compare(a: SliceAddress, b: SliceAddress): number {
  return order(a.host, b.host) || a.port - b.port || order(a.target, b.target) || order(a.zone, b.zone) ||
    order(a.node, b.node);
}

function order(a = "", b = ""): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
