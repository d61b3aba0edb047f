import type { ProxyVirtualHost } from "../api/mod.ts";
import type { ListenerProjection } from "../plugins/mod.ts";
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
