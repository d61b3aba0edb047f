import { editedNames, editedSet } from "./edited_set.ts";
import type { EnvoySnapshot, ResourceSet, RouteResource, XdsResource } from "./resource.ts";
import { routeResource } from "./route_resource.ts";
import { versionOf } from "./version.ts";

/**
 * `after`, with everything that is equal to its like in `before` being the very object of `before`, so that streams can
 * compare by identity. Gives `before` itself when all is equal.
 */
export function shareEqual(before: EnvoySnapshot, after: EnvoySnapshot): EnvoySnapshot {
  const shared: EnvoySnapshot = {
    endpoints: shareSet(before.endpoints, after.endpoints),
    clusters: shareSet(before.clusters, after.clusters),
    routes: shareSet(before.routes, after.routes, shareRoute),
    listeners: shareSet(before.listeners, after.listeners),
    secrets: shareSet(before.secrets, after.secrets),
  };
  const equal = shared.endpoints === before.endpoints && shared.clusters === before.clusters &&
    shared.routes === before.routes && shared.listeners === before.listeners && shared.secrets === before.secrets;
  return equal ? before : shared;
}

function shareSet<R extends XdsResource>(
  before: ResourceSet<R>,
  after: ResourceSet<R>,
  shareOne: (before: R, after: R) => R = shareResource,
): ResourceSet<R> {
  if (before === after) return before;
  let equal = before.size === after.size;
  const shared = new Map<string, R>();
  const share = (name: string, resource: R) => {
    const old = before.get(name);
    if (old === resource) return;
    const one = old === undefined ? resource : shareOne(old, resource);
    if (one !== old) equal = false;
    if (one !== resource) shared.set(name, one);
  };
  const names = editedNames(before, after);
  if (names) names.forEach((name) => share(name, after.get(name)!));
  // Not for-of: it makes a pair for each of maybe thousands.
  else after.forEach((resource, name) => share(name, resource));
  return equal ? before : editedSet(after, shared);
}

/** Equal to Envoy and to us: refs and origins count too, since they are used and shown. */
function shareResource<R extends XdsResource>(before: R, after: R): R {
  return before.version === after.version && sameText([before.refs, before.origins], [after.refs, after.origins])
    ? before
    : after;
}

function shareRoute(before: RouteResource, after: RouteResource): RouteResource {
  const virtualHosts = shareSet(before.virtualHosts, after.virtualHosts);
  const { name, frame, frameOrigins } = after;
  const equal = virtualHosts === before.virtualHosts && versionOf(before.frame) === versionOf(frame) &&
    sameText(before.frameOrigins, frameOrigins);
  if (equal) return before;
  return virtualHosts === after.virtualHosts
    ? after
    : routeResource({ name, frame, frameOrigins, virtualHosts }, before);
}

function sameText(one: unknown, other: unknown): boolean {
  return JSON.stringify(one) === JSON.stringify(other);
}
