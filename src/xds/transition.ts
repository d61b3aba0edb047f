import { hashText } from "./fingerprint.ts";
import { holdHosts } from "./hold_hosts.ts";
import type { EnvoySnapshot, ResourceSet, RouteResource, XdsResource } from "./resource.ts";
import { diffSets } from "./set_diff.ts";

/** Types of which resources stay a while after the configuration dropped them, because routes in use may need them. */
export const LINGERING = ["clusters", "endpoints", "secrets", "routes"] as const;
export type LingeringType = (typeof LINGERING)[number];

/** Where a client stands between two configurations. */
export interface Passage {
  /** Clusters that were sent (or are about to be) and that the client has not yet said are ready. */
  readonly waiting: ReadonlySet<string>;
  /** Resources that were dropped from the configuration and may now go, by `<type>/<name>`. */
  readonly leaving: ReadonlySet<string>;
}

const ARRIVED: ReadonlySet<string> = new Set();

/** A client that has all it was sent and keeps nothing old. */
export const NO_PASSAGE: Passage = { waiting: ARRIVED, leaving: ARRIVED };

/**
 * What to show a client that has been shown `from` and should come to `to`, make before break:
 * - clusters, endpoints and secrets: the new ones, and the old ones until they may leave;
 * - listeners: the new ones; a listener that itself names a cluster that is not ready keeps its old form, or stays away;
 *   removed ones go at once (a listener may have moved its port to another);
 * - routes: a virtual host that names a cluster that is not ready keeps its old form, or stays away; a route configuration
 *   that is new waits as a whole, because Envoy opens a new listener only when its routes are there.
 *
 * Sets that are equal to those of `to` are those of `to`; when all are, `to` itself is given.
 */
export function layOver(from: EnvoySnapshot, to: EnvoySnapshot, passage: Passage): EnvoySnapshot {
  if (from === to) return to;
  const key = keyOf(passage);
  let steps = known.get(from);
  if (steps === undefined) known.set(from, steps = new WeakMap());
  let views = steps.get(to);
  if (views === undefined) steps.set(to, views = new Map());
  let view = views.get(key);
  if (view === undefined) views.set(key, view = lay(from, to, passage));
  return view;
}

/** Streams that stand at the same place take the same step, and then share the result. */
const known = new WeakMap<EnvoySnapshot, WeakMap<EnvoySnapshot, Map<string, EnvoySnapshot>>>();

function keyOf({ waiting, leaving }: Passage): string {
  return `${sumOf(waiting)} ${sumOf(leaving)}`;
}

function sumOf(names: ReadonlySet<string>): string {
  let high = 0;
  let low = 0;
  for (const name of names) {
    const [first, second] = hashText(name);
    high = (high + first) >>> 0;
    low = (low + second) >>> 0;
  }
  return `${names.size}:${high}:${low}`;
}

function lay(from: EnvoySnapshot, to: EnvoySnapshot, { waiting, leaving }: Passage): EnvoySnapshot {
  const keep = (type: LingeringType) => (name: string) => !leaving.has(`${type}/${name}`);
  const view: EnvoySnapshot = {
    clusters: union(from.clusters, to.clusters, keep("clusters")),
    endpoints: union(from.endpoints, to.endpoints, keep("endpoints")),
    secrets: union(from.secrets, to.secrets, keep("secrets")),
    listeners: laidListeners(from.listeners, to.listeners, waiting),
    routes: laidRoutes(from.routes, union(from.routes, to.routes, keep("routes")), waiting),
  };
  const same = view.clusters === to.clusters && view.endpoints === to.endpoints && view.secrets === to.secrets &&
    view.listeners === to.listeners && view.routes === to.routes;
  return same ? to : view;
}

function union<R extends XdsResource>(
  from: ResourceSet<R>,
  to: ResourceSet<R>,
  keep: (name: string) => boolean,
): ResourceSet<R> {
  const old = diffSets(from, to).removed.filter(keep);
  if (old.length === 0) return to;
  const all = new Map(to);
  for (const name of old) all.set(name, from.get(name)!);
  return all;
}

function laidListeners(from: ResourceSet, to: ResourceSet, waiting: ReadonlySet<string>): ResourceSet {
  if (waiting.size === 0) return to;
  const held = diffSets(from, to).changed.filter((listener) => usesAny(listener, waiting));
  return replaced(to, held.map(({ name }) => [name, from.get(name)]));
}

function laidRoutes(
  from: ResourceSet<RouteResource>,
  to: ResourceSet<RouteResource>,
  waiting: ReadonlySet<string>,
): ResourceSet<RouteResource> {
  if (waiting.size === 0) return to;
  const { added, updated } = diffSets(from, to);
  const uses = (host: XdsResource) => usesAny(host, waiting);
  const changes: [string, RouteResource | undefined][] = [];
  for (const { name } of added) {
    if (to.get(name)!.virtualHosts.values().some(uses)) changes.push([name, undefined]);
  }
  for (const { name } of updated) {
    const route = holdHosts(from.get(name)!, to.get(name)!, uses);
    if (route !== to.get(name)) changes.push([name, route]);
  }
  return replaced(to, changes);
}

function usesAny(resource: XdsResource, waiting: ReadonlySet<string>): boolean {
  return resource.refs.clusters?.some((cluster) => waiting.has(cluster)) ?? false;
}

function replaced<R extends XdsResource>(
  set: ResourceSet<R>,
  changes: readonly (readonly [string, R | undefined])[],
): ResourceSet<R> {
  if (changes.length === 0) return set;
  const all = new Map(set);
  for (const [name, resource] of changes) {
    if (resource === undefined) all.delete(name);
    else all.set(name, resource);
  }
  return all;
}
