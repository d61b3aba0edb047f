import { refKey } from "../api/mod.ts";
import type { Kind, Ref, Resource } from "../api/mod.ts";

/** Resources of one kind by `namespace/name`, in order of namespace, then name. Never changed once made. */
export type ResourceMap<K extends Kind = Kind> = ReadonlyMap<string, Resource<K>>;

/** The new state of some resources by `namespace/name`; undefined means gone. */
export type ResourceChanges = ReadonlyMap<string, Resource | undefined>;

/** Order of namespace, then name. (Not that of their keys as text, where `a-b/x` comes before `a/x`.) */
export function compareRefs(a: Ref, b: Ref): number {
  if (a.namespace !== b.namespace) return a.namespace < b.namespace ? -1 : 1;
  return a.name < b.name ? -1 : a.name > b.name ? 1 : 0;
}

/** The map with the changes made; the same map where they change nothing. One pass, whatever the number of changes. */
export function changeResources(map: ResourceMap, changes: ResourceChanges): ResourceMap {
  const added: Resource[] = [];
  let changed = false;
  for (const [key, resource] of changes) {
    const before = map.get(key);
    if (before === resource) continue;
    changed = true;
    if (!before && resource) added.push(resource);
  }
  if (!changed) return map;
  if (added.length === 0) return replaceResources(map, changes);
  return mergeResources(map, changes, added.sort((a, b) => compareRefs(a.metadata, b.metadata)));
}

/** Without additions a copy keeps the order. */
function replaceResources(map: ResourceMap, changes: ResourceChanges): ResourceMap {
  const next = new Map(map);
  for (const [key, resource] of changes) {
    if (resource) next.set(key, resource);
    else next.delete(key);
  }
  return next;
}

function mergeResources(map: ResourceMap, changes: ResourceChanges, added: readonly Resource[]): ResourceMap {
  const next = new Map<string, Resource>();
  let at = 0;
  for (const [key, before] of map) {
    for (let first = added[at]; first && compareRefs(first.metadata, before.metadata) < 0; first = added[++at]) {
      next.set(refKey(first.metadata), first);
    }
    const resource = changes.has(key) ? changes.get(key) : before;
    if (resource) next.set(key, resource);
  }
  for (const resource of added.slice(at)) next.set(refKey(resource.metadata), resource);
  return next;
}
