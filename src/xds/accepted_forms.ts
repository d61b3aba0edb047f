import type { Nack, SentResponse } from "./exchange.ts";
import type { RefusedSets } from "./refusals/mod.ts";
import {
  EMPTY_ENVOY_SNAPSHOT,
  type EnvoySnapshot,
  type ResourceSet,
  type RouteResource,
  type XdsResource,
} from "./resource.ts";
import { routeResource } from "./route_resource.ts";
import type { RouteView } from "./route_view.ts";
import { unionOf } from "./union.ts";
import { resourcesOf, XDS_TYPES, type XdsType, xdsTypeOf } from "./xds_type.ts";

/** So many sets of clusters are remembered. */
const REMEMBERED = 8;

/** What is accepted of a type: of virtual hosts, the route configurations that they are in. */
type Accepted = ResourceSet | ResourceSet<RouteResource>;

/**
 * What one client was shown with the responses that it accepted last, by type. Of each type no more is kept than its own: what
 * a client accepted long ago must not keep all that was served then in memory.
 */
export class AcceptedForms {
  readonly #sets = new Map<XdsType, Accepted>();
  /** Earlier responses rest on one that was refused, so that nothing follows from what the client says to them. */
  readonly #soundFrom = new Map<string, number>();
  #clusters: readonly ResourceSet[] = [];
  readonly #secrets = new Set<string>();
  readonly #routeView: RouteView;

  constructor(routeView: RouteView) {
    this.#routeView = routeView;
  }

  /** The clusters that the client accepted of late, the last first. */
  get clusters(): readonly ResourceSet[] {
    return this.#clusters;
  }

  /** Whether the client has not said yet that it took a secret that the cluster needs; one that is not served is not ours. */
  lacksSecret(cluster: XdsResource | undefined, served: ResourceSet): boolean {
    return cluster?.refs.secrets?.some((name) => served.has(name) && !this.#secrets.has(name)) ?? false;
  }

  /** `shown`, with what the client accepted last of this type. */
  over(shown: EnvoySnapshot, type: XdsType): EnvoySnapshot {
    switch (type) {
      case "cluster":
        return { ...shown, clusters: this.#of(type) };
      case "endpoint":
        return { ...shown, endpoints: this.#of(type) };
      case "listener":
        return { ...shown, listeners: this.#of(type) };
      case "secret":
        return { ...shown, secrets: this.#of(type) };
      case "route":
        return { ...shown, routes: this.#withShownHosts(shown.routes) };
      case "virtualHost":
        return { ...shown, routes: withHosts(shown.routes, this.#routes(type)) };
    }
  }

  /** The client came with this. */
  assume(snapshot: EnvoySnapshot): void {
    for (const type of XDS_TYPES) this.#keep(type, snapshot);
    for (const name of snapshot.secrets.keys()) this.#secrets.add(name);
  }

  /** Takes in what was accepted; gives the last of it that means something. */
  accept(typeUrl: string, responses: readonly SentResponse[]): SentResponse | undefined {
    const last = responses.at(-1);
    if (last === undefined || !this.isSound(typeUrl, last)) return undefined;
    const type = xdsTypeOf(typeUrl);
    if (type !== undefined) this.#keep(type, last.shown);
    if (type === "secret") {
      for (const { changed } of responses) for (const { name } of changed) this.#secrets.add(name);
    }
    return last;
  }

  /** Whether something follows from what the client says to a response. */
  isSound(typeUrl: string, { sequence }: SentResponse): boolean {
    return sequence >= (this.#soundFrom.get(typeUrl) ?? 0);
  }

  /** What the client says to responses before this one means nothing. */
  soundFrom(typeUrl: string, sequence: number): void {
    this.#soundFrom.set(typeUrl, sequence);
  }

  /** What the client had of a type, and what it was to have after a response. */
  around(type: XdsType, { response: { shown, aimed, changed } }: Nack): RefusedSets {
    const of = (snapshot: EnvoySnapshot) =>
      type === "virtualHost" ? this.#hosts(snapshot.routes) : resourcesOf(snapshot, type);
    const after = of(shown);
    return {
      type,
      before: type === "virtualHost" ? this.#hosts(this.#routes(type)) : this.#of(type),
      after,
      said: of(aimed),
      changed: changed.flatMap(({ name }) => after.get(name) ?? []),
      configurationOf: (host) => [...shown.routes.values()].find(({ virtualHosts }) => virtualHosts.has(host))?.name,
      isApart: (configuration) => this.#routeView.isApart(configuration),
    };
  }

  #of(type: XdsType): Accepted {
    return this.#sets.get(type) ?? EMPTY_ENVOY_SNAPSHOT.endpoints;
  }

  #routes(type: "route" | "virtualHost"): ResourceSet<RouteResource> {
    return this.#of(type) as ResourceSet<RouteResource>;
  }

  #keep(type: XdsType, shown: EnvoySnapshot): void {
    if (type === "virtualHost") this.#sets.set(type, shown.routes);
    else if (type === "route") this.#sets.set(type, this.#withoutHostsApart(shown.routes));
    else this.#sets.set(type, resourcesOf(shown, type));
    const { clusters } = shown;
    if (type === "cluster" && clusters !== this.#clusters[0]) {
      this.#clusters = [clusters, ...this.#clusters].slice(0, REMEMBERED);
    }
  }

  /** Of route configurations whose virtual hosts are resources of their own, the rest. */
  #withoutHostsApart(routes: ResourceSet<RouteResource>): ResourceSet<RouteResource> {
    return mapped(routes, (route) => this.#routeView.isApart(route.name) ? withTheseHosts(route, NO_HOSTS) : route);
  }

  #withShownHosts(shown: ResourceSet<RouteResource>): ResourceSet<RouteResource> {
    return mapped(this.#routes("route"), (route) => {
      const hosts = shown.get(route.name)?.virtualHosts ?? NO_HOSTS;
      return this.#routeView.isApart(route.name) ? withTheseHosts(route, hosts) : route;
    });
  }

  /** The virtual hosts that are resources of their own. */
  #hosts(routes: ResourceSet<RouteResource>): ResourceSet {
    const apart = [...routes.values()].filter(({ name }) => this.#routeView.isApart(name));
    return unionOf(apart.map(({ virtualHosts }) => virtualHosts));
  }
}

const NO_HOSTS: ResourceSet = new Map();

/** The same route configurations with the virtual hosts of others of their names. */
function withHosts(
  routes: ResourceSet<RouteResource>,
  others: ResourceSet<RouteResource>,
): ResourceSet<RouteResource> {
  return mapped(routes, (route) => withTheseHosts(route, others.get(route.name)?.virtualHosts ?? NO_HOSTS));
}

function mapped(
  routes: ResourceSet<RouteResource>,
  map: (route: RouteResource) => RouteResource,
): ResourceSet<RouteResource> {
  const all = [...routes.values()].map(map);
  return all.every((route) => route === routes.get(route.name))
    ? routes
    : new Map(all.map((route) => [route.name, route]));
}

function withTheseHosts(route: RouteResource, virtualHosts: ResourceSet): RouteResource {
  if (virtualHosts === route.virtualHosts) return route;
  const { name, frame, frameOrigins } = route;
  return routeResource({ name, frame, frameOrigins, virtualHosts });
}
