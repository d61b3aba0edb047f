import type { Destination, RouteAction, TcpHost } from "../api/mod.ts";

/**
 * The destination with the holder's namespace where its Upstream, or Service, names none (Gloo, for Upstreams of delegated
 * routes as of others).
 */
function settleDestination(destination: Destination, namespace: string): Destination {
  const { upstream, kube } = destination;
  if (kube?.ref?.name && !kube.ref.namespace) {
    return { ...destination, kube: { ...kube, ref: { ...kube.ref, namespace } } };
  }
  return upstream?.name && !upstream.namespace ? { ...destination, upstream: { ...upstream, namespace } } : destination;
}

type Destinations = {
  readonly single?: Destination;
  readonly multi?: RouteAction["multi"];
  readonly upstreamGroup?: Destination["upstream"];
};

/** An action or TCP destination in which every Upstream, Service and UpstreamGroup has a namespace. */
export function settleNamespaces<T extends RouteAction | NonNullable<TcpHost["destination"]>>(
  action: T,
  namespace: string,
): T {
  const { single, multi, upstreamGroup }: Destinations = action;
  if (single) return { ...action, single: settleDestination(single, namespace) };
  if (multi) {
    const destinations = (multi.destinations ?? []).map((weighted) =>
      weighted.destination ? { ...weighted, destination: settleDestination(weighted.destination, namespace) } : weighted
    );
    return { ...action, multi: { ...multi, destinations } };
  }
  if (upstreamGroup?.name && !upstreamGroup.namespace) {
    return { ...action, upstreamGroup: { ...upstreamGroup, namespace } };
  }
  return action;
}
