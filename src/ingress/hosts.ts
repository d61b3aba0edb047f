import type { ProxyMatcher } from "../api/mod.ts";

/** Stands for every host. */
export const EVERY_HOST = "*";

const LABEL = "[a-z0-9](?:[-a-z0-9]{0,61}[a-z0-9])?";
const HOST = new RegExp(`^(?:\\*\\.)?${LABEL}(?:\\.${LABEL})*$`);
const IP_ADDRESS = /^\d+(\.\d+){3}$/;
const LONGEST_HOST = 253;

/** Why Kubernetes knows no such host, undefined where it does. `host` is in lower case. */
export function hostFault(host: string): string | undefined {
  const text = JSON.stringify(host);
  if (IP_ADDRESS.test(host)) return `${text} is an IP address; an Ingress goes by host names`;
  if (host.length <= LONGEST_HOST && HOST.test(host)) return undefined;
  return `${text} is no host; write a name like shop.example, or *.shop.example for one label in the place of the *`;
}

/**
 * What a request for a wildcard host has to have besides: one label in the place of the `*`. Envoy alone would take
 * several. Nothing for other hosts.
 */
export function hostCondition(host: string): Pick<ProxyMatcher, "headers"> {
  if (!isWildcard(host)) return {};
  const value = `(?i)[^.]+${host.slice(1).replaceAll(".", "\\.")}(:[0-9]+)?`;
  return { headers: [{ name: ":authority", value, regex: true }] };
}

/** The name of the virtual host. Envoy's statistics split names at dots; no host has an underscore. */
export function virtualHostName(host: string): string {
  return host.replaceAll(".", "_").replace("*", "_any");
}

/** Whether a name of a certificate is for a host: the same, the wildcard above it, or every name. */
export function covers(name: string, host: string): boolean {
  return name === EVERY_HOST || name === host || (!isWildcard(host) && name === wildcardAbove(host));
}

/** `*.example` for `shop.example`, and for `*.example` itself. */
export function wildcardAbove(host: string): string {
  return `*${host.slice(Math.max(host.indexOf("."), 0))}`;
}

export function isWildcard(host: string): boolean {
  return host.startsWith("*.");
}
