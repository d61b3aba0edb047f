import type { Destination, RouteAction, TcpHost } from "../api/mod.ts";

/** The destination with the holder's namespace where its Upstream names none (Gloo, for delegated routes as for others). */
function settleDestination(destination: Destination, namespace: string): Destination {
  const { upstream } = destination;
  return upstream?.name && !upstream.namespace ? { ...destination, upstream: { ...upstream, namespace } } : destination;
}

type Destinations = {
  readonly single?: Destination;
  readonly multi?: RouteAction["multi"];
  readonly upstreamGroup?: Destination["upstream"];
};

/** An action or TCP destination in which every Upstream and UpstreamGroup has a namespace. */
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
