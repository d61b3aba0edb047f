import type { EnvoySnapshot, ResourceSet, XdsResource } from "./resource.ts";

/**
 * `after`, with everything that is equal to its like in `before` being the very object of `before`, so that streams can
 * compare by identity. Gives `before` itself when all is equal.
 */
export function shareEqual(before: EnvoySnapshot, after: EnvoySnapshot): EnvoySnapshot {
  const shared: EnvoySnapshot = {
    endpoints: shareSet(before.endpoints, after.endpoints),
    clusters: shareSet(before.clusters, after.clusters),
    routes: shareSet(before.routes, after.routes),
    listeners: shareSet(before.listeners, after.listeners),
    secrets: shareSet(before.secrets, after.secrets),
  };
  const equal = shared.endpoints === before.endpoints && shared.clusters === before.clusters &&
    shared.routes === before.routes && shared.listeners === before.listeners && shared.secrets === before.secrets;
  return equal ? before : shared;
}

function shareSet<R extends XdsResource>(before: ResourceSet<R>, after: ResourceSet<R>): ResourceSet<R> {
  if (before === after) return before;
  let equal = before.size === after.size;
  const shared = new Map<string, R>();
  for (const [name, resource] of after) {
    const old = before.get(name);
    const same = old !== undefined && (old === resource || isEqual(old, resource));
    shared.set(name, same ? old : resource);
    equal &&= same;
  }
  return equal ? before : shared;
}

/** Equal to Envoy and to us: refs and origins count too, since they are used and shown. */
function isEqual(one: XdsResource, other: XdsResource): boolean {
  return one.version === other.version &&
    JSON.stringify([one.refs, one.origins]) === JSON.stringify([other.refs, other.origins]);
}
