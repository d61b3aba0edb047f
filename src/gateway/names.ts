import type { Ref, Resource } from "../api/mod.ts";

/** The address of a Gateway that names none: all of IPv6 and, as Envoy maps it, IPv4 (Gloo's default). */
export const DEFAULT_BIND_ADDRESS = "::";

/** The proxy of a Gateway that names none (Gloo's default). */
export const DEFAULT_PROXY_NAME = "gateway-proxy";

/** Proxies that Gateways make carry this label, as in Gloo. */
export const CREATED_BY = { created_by: "gloo-gateway" } as const;

/** `:::8080`; what no two Gateways of one proxy may share. */
export function addressOf({ spec }: Resource<"Gateway">): string {
  return `${spec.bindAddress || DEFAULT_BIND_ADDRESS}:${spec.bindPort ?? 0}`;
}

/** Gloo's name of the listener of a Gateway: `listener-::-8080`. */
export function listenerName({ spec }: Resource<"Gateway">): string {
  return `listener-${spec.bindAddress || DEFAULT_BIND_ADDRESS}-${spec.bindPort ?? 0}`;
}

/** Gloo's name of a virtual host: `<namespace>.<name>` with `_` for dots, as Envoy's statistics split names at dots. */
export function virtualHostName({ namespace, name }: Ref): string {
  return `${namespace}.${name}`.replaceAll(".", "_");
}

/** The name of a route in Gloo's Proxies; `named` tells whether a user named any link of the chain. */
export interface RouteName {
  readonly text: string;
  readonly named: boolean;
}

/**
 * Gloo's name of a route: the chain of holders and routes that leads to it,
 * `vs:<gateway>_<proxy>_<ns>_<name>_route:<route>_rt:<ns>_<name>_route:<unnamed-0>`. Only a chain in which a user named
 * a route ends up in the Proxy.
 */
export function routeName(start: string, given: string | undefined, index: number, parentNamed: boolean): RouteName {
  return { text: `${start}_route:${given || `<unnamed-${index}>`}`, named: Boolean(given) || parentNamed };
}

/** How the names of a VirtualService's routes start. */
export function virtualServiceNameStart(gateway: string, proxy: string, { namespace, name }: Ref): string {
  return `vs:${gateway}_${proxy}_${namespace}_${name}`;
}

/** How the names of a RouteTable's routes go on after that of the route that delegates to it. */
export function routeTableNameStart(parent: string, { namespace, name }: Ref): string {
  return `${parent}_rt:${namespace}_${name}`;
}
