import type { ProxyRoute, ProxyVirtualHost } from "../api/mod.ts";
import type { ListenerProjection } from "../plugins/mod.ts";
import type { OptionsArgument } from "./hooks.ts";
import type { Owner } from "./origins.ts";

/** All that a route may know of what it is in. */
export interface RouteScope {
  readonly listener: ListenerProjection;
  /** The owner of the virtual host, and its options. */
  readonly hostOwner: Owner;
  readonly hostOptions: ProxyVirtualHost["options"];
  /** Largest body of a direct response that Envoy will take, in bytes. */
  readonly maxBodyBytes: number;
}

/** The options that the hooks of a route and of its action get: its own, and those of its virtual host. */
export function routeOptions(scope: RouteScope, route: ProxyRoute, owner: Owner): readonly OptionsArgument[] {
  const { hostOptions, hostOwner } = scope;
  return [
    { argument: "options", hole: "route", value: route.options, owner, path: "options" },
    { argument: "virtualHostOptions", hole: "virtualHost", value: hostOptions, owner: hostOwner, path: "options" },
  ];
}
