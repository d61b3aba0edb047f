import { domainsOf } from "./domains.ts";
import type { ResourceSet, RouteResource, XdsResource } from "./resource.ts";
import { routeResource } from "./route_resource.ts";
import { diffSets, isSame } from "./set_diff.ts";

/**
 * `to`, except that virtual hosts for which `held` is true keep the form they have in `from` (or stay away if they are
 * new). Two virtual hosts of one route configuration must not claim one domain, so hosts that share a domain with a
 * held one, in either form, are held with it.
 */
export function holdHosts(from: RouteResource, to: RouteResource, held: (host: XdsResource) => boolean): RouteResource {
  const before = from.virtualHosts;
  const after = to.virtualHosts;
  const { changed, removed } = diffSets(before, after);
  const wanting = changed.filter(held).map(({ name }) => name);
  if (wanting.length === 0) return to;
  const kept = withSharedDomains(wanting, [...changed.map(({ name }) => name), ...removed], before, after);
  const virtualHosts = new Map<string, XdsResource>();
  for (const [name, host] of after) {
    const shown = kept.has(name) ? before.get(name) : host;
    if (shown !== undefined) virtualHosts.set(name, shown);
  }
  for (const name of kept) {
    if (!after.has(name)) virtualHosts.set(name, before.get(name)!);
  }
  if (to.frame === from.frame && isSame(diffSets(before, virtualHosts))) return from;
  return routeResource({ name: to.name, frame: to.frame, frameOrigins: to.frameOrigins, virtualHosts }, to);
}

/** `wanting` and all changed hosts that are tied to them by domains, directly or through others. */
function withSharedDomains(
  wanting: readonly string[],
  changed: readonly string[],
  before: ResourceSet,
  after: ResourceSet,
): Set<string> {
  const domains = new Map<string, string[]>();
  const owners = new Map<string, string[]>();
  for (const name of changed) {
    const forms = [before.get(name), after.get(name)].flatMap((host) =>
      host === undefined ? [] : domainsOf(host.bytes)
    );
    domains.set(name, forms);
    for (const domain of forms) {
      const names = owners.get(domain);
      if (names === undefined) owners.set(domain, [name]);
      else names.push(name);
    }
  }
  const kept = new Set(wanting);
  for (const name of kept) {
    for (const domain of domains.get(name) ?? []) {
      for (const owner of owners.get(domain) ?? []) kept.add(owner);
    }
  }
  return kept;
}
