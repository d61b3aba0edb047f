import { joinFields, TYPE_URL } from "../envoy/mod.ts";
import { domainsOf } from "./domains.ts";
import type { RouteResource, XdsResource } from "./resource.ts";
import { versionOf } from "./version.ts";

/** Field number of `virtual_hosts` in envoy.config.route.v3.RouteConfiguration. */
const VIRTUAL_HOSTS = 2;

/** A route configuration whose bytes are its frame and its virtual hosts, joined. */
export function routeResource(parts: Omit<RouteResource, "typeUrl" | "version" | "bytes">): RouteResource {
  const hosts = joinFields(VIRTUAL_HOSTS, parts.virtualHosts.map((host) => host.bytes));
  const bytes = new Uint8Array(parts.frame.length + hosts.length);
  bytes.set(parts.frame);
  bytes.set(hosts, parts.frame.length);
  return { ...parts, typeUrl: TYPE_URL.route, version: versionOf(bytes), bytes };
}

/**
 * `to`, except that virtual hosts for which `held` is true keep the form they have in `from` (or stay away if they are
 * new). Two virtual hosts of one route configuration must not claim one domain, so hosts that share a domain with a
 * held one, in either form, are held with it.
 */
export function holdHosts(from: RouteResource, to: RouteResource, held: (host: XdsResource) => boolean): RouteResource {
  const before = new Map(from.virtualHosts.map((host) => [host.name, host]));
  const after = new Map(to.virtualHosts.map((host) => [host.name, host]));
  const changed = [...new Set([...before.keys(), ...after.keys()])]
    .filter((name) => before.get(name)?.version !== after.get(name)?.version);
  const wanting = changed.filter((name) => after.has(name) && held(after.get(name)!));
  if (wanting.length === 0) return to;
  const kept = withSharedDomains(wanting, changed, before, after);
  const virtualHosts = to.virtualHosts.flatMap((host) => kept.has(host.name) ? before.get(host.name) ?? [] : host);
  for (const name of kept) {
    if (!after.has(name)) virtualHosts.push(before.get(name)!);
  }
  const same = virtualHosts.length === from.virtualHosts.length && to.frame === from.frame &&
    virtualHosts.every((host, index) => host.version === from.virtualHosts[index]!.version);
  return same ? from : routeResource({ ...to, virtualHosts });
}

/** `wanting` and all changed hosts that are tied to them by domains, directly or through others. */
function withSharedDomains(
  wanting: readonly string[],
  changed: readonly string[],
  before: ReadonlyMap<string, XdsResource>,
  after: ReadonlyMap<string, XdsResource>,
): Set<string> {
  const domains = new Map<string, string[]>();
  const owners = new Map<string, string[]>();
  for (const name of changed) {
    const forms = [before.get(name), after.get(name)].flatMap((host) =>
      host === undefined ? [] : domainsOf(host.bytes)
    );
    domains.set(name, forms);
    for (const domain of forms) owners.set(domain, [...owners.get(domain) ?? [], name]);
  }
  const kept = new Set(wanting);
  for (const name of kept) {
    for (const domain of domains.get(name) ?? []) {
      for (const owner of owners.get(domain) ?? []) kept.add(owner);
    }
  }
  return kept;
}
