import { type ProxyListener, type ProxySslConfig, type ProxyVirtualHost, sameItems } from "../api/mod.ts";
import { provenance } from "../gateway/mod.ts";
import type { Revision } from "../incremental/mod.ts";
import { EVERY_HOST, isWildcard, wildcardAbove } from "./hosts.ts";
import type { IngressSettings } from "./settings.ts";
import type { HostGroup, ListenerName } from "./virtual_hosts.ts";

/** All of IPv6 and, as Envoy maps it, IPv4. */
const EVERY_ADDRESS = "::";

/** What clients say of themselves in x-forwarded-proto counts for nothing, and x-forwarded-for has their address. */
const EDGE: object = { httpConnectionManagerSettings: { useRemoteAddress: true } };

/** A listener by Gloo's name for it; the same object for as long as it has the same parts. */
export function listenerOf(
  revision: Revision,
  { proxyName, httpPort, httpsPort, isEdge }: IngressSettings,
  name: ListenerName,
  virtualHosts: readonly ProxyVirtualHost[],
  configs: readonly ProxySslConfig[],
): ProxyListener {
  const port = name === "https" ? httpsPort : httpPort;
  return revision.table<string, ProxyListener>("ingress listener", proxyName)
    .recall(name, [port, isEdge, virtualHosts, configs], () => ({
      name,
      bindAddress: EVERY_ADDRESS,
      bindPort: port,
      httpListener: { virtualHosts, ...(isEdge ? { options: EDGE } : {}) },
      ...(configs.length > 0 ? { sslConfigurations: configs } : {}),
      // A host of an Ingress is one at every port.
      routeOptions: { ignorePortInHostMatching: true },
      // Nobody's YAML: it is Settings and Ingresses together that make it.
      metadataStatic: provenance(`ingress ${name}`, []),
    }));
}

/**
 * The hosts that clients with TLS may ask for: those that a certificate is for, and what answers for every host. The same
 * list while these are the same.
 */
export function securedGroups(
  revision: Revision,
  proxy: string,
  groups: readonly HostGroup[],
  configs: readonly ProxySslConfig[],
): readonly HostGroup[] {
  return revision.table<string, readonly HostGroup[]>("ingress hosts with TLS").recall(proxy, [groups, configs], () => {
    if (configs.some(({ sniDomains }) => !sniDomains)) return groups;
    const names = new Set(configs.flatMap(({ sniDomains }) => sniDomains ?? []));
    const wildcards = new Set([...names].map(wildcardAbove));
    const isSecured = ({ host }: HostGroup) =>
      host === EVERY_HOST || names.has(host) ||
      (isWildcard(host) ? wildcards.has(host) : names.has(wildcardAbove(host)));
    const secured = groups.filter(isSecured);
    return revision.table<string, readonly HostGroup[]>("ingress secured").keep(proxy, secured, sameItems);
  });
}
