import type { Messages } from "./gen/messages.ts";
import { findType } from "./reflection.ts";

/** Full name of a message that types were generated for (protos/messages.txt). */
export type MessageName = keyof Messages;

/** The message of this full name as a plain object. */
export type Message<N extends MessageName> = Messages[N];

const PREFIX = "type.googleapis.com/";

/** The type URL of a message. */
export function typeUrlOf<N extends MessageName>(name: N): `type.googleapis.com/${N}` {
  return `${PREFIX}${name}` as `type.googleapis.com/${N}`;
}

/** The full name in a type URL, or undefined where it is not among the generated messages. */
export function nameOf(typeUrl: string): MessageName | undefined {
  const name = typeUrl.slice(typeUrl.lastIndexOf("/") + 1);
  return findType(name) ? name as MessageName : undefined;
}

/** The type URLs of the resources that xDS serves here. */
export const TYPE_URL = {
  listener: typeUrlOf("envoy.config.listener.v3.Listener"),
  cluster: typeUrlOf("envoy.config.cluster.v3.Cluster"),
  route: typeUrlOf("envoy.config.route.v3.RouteConfiguration"),
  endpoint: typeUrlOf("envoy.config.endpoint.v3.ClusterLoadAssignment"),
  secret: typeUrlOf("envoy.extensions.transport_sockets.tls.v3.Secret"),
  virtualHost: typeUrlOf("envoy.config.route.v3.VirtualHost"),
} as const;
