import { TYPE_URL } from "../envoy/mod.ts";
import type { Nack, SentResponse } from "./exchange.ts";
import type { RefusedSets } from "./refusals/mod.ts";
import { EMPTY_ENVOY_SNAPSHOT, type EnvoySnapshot, type ResourceSet, type RouteResource } from "./resource.ts";
import { routeResource } from "./route_resource.ts";
import type { RouteView } from "./route_view.ts";
import { unionOf } from "./union.ts";
import { resourcesOf, XDS_TYPES, type XdsType } from "./xds_type.ts";

/** So many sets of clusters are remembered. */
const REMEMBERED = 8;

/** What one client was shown with the responses that it accepted last, by type. */
export class AcceptedForms {
  readonly #shown = new Map<string, EnvoySnapshot>();
  /** Earlier responses rest on one that was refused, so that nothing follows from what the client says to them. */
  readonly #soundFrom = new Map<string, number>();
  #clusters: readonly ResourceSet[] = [];
  readonly #routeView: RouteView;

  constructor(routeView: RouteView) {
    this.#routeView = routeView;
  }

  /** What the client was shown with what it has of a type; empty where it accepted nothing. */
  of(typeUrl: string): EnvoySnapshot {
    return this.#shown.get(typeUrl) ?? EMPTY_ENVOY_SNAPSHOT;
  }

  /** The client came with this. */
  assume(snapshot: EnvoySnapshot): void {
    for (const type of XDS_TYPES) this.#shown.set(TYPE_URL[type], snapshot);
    this.#clusters = [snapshot.clusters];
  }

  /** The clusters that the client accepted of late, the last first. */
  get clusters(): readonly ResourceSet[] {
    return this.#clusters;
  }

  /** `shown`, with what the client accepted last of this type. */
  over(shown: EnvoySnapshot, type: XdsType): EnvoySnapshot {
    const { clusters, endpoints, listeners, routes, secrets } = this.of(TYPE_URL[type]);
    switch (type) {
      case "cluster":
        return { ...shown, clusters };
      case "endpoint":
        return { ...shown, endpoints };
      case "listener":
        return { ...shown, listeners };
      case "secret":
        return { ...shown, secrets };
      case "route":
        return { ...shown, routes };
      case "virtualHost":
        return { ...shown, routes: withHosts(shown.routes, routes) };
    }
  }

  /** Takes in what was accepted; gives the last of it that means something. */
  accept(typeUrl: string, responses: readonly SentResponse[]): SentResponse | undefined {
    const last = responses.at(-1);
    if (last === undefined || !this.#isSound(typeUrl, last)) return undefined;
    this.#shown.set(typeUrl, last.shown);
    const { clusters } = last.shown;
    if (typeUrl === TYPE_URL.cluster && clusters !== this.#clusters[0]) {
      this.#clusters = [clusters, ...this.#clusters].slice(0, REMEMBERED);
    }
    return last;
  }

  /** A response was refused; gives whether that means something. */
  refuse(typeUrl: string, response: SentResponse): boolean {
    return this.#isSound(typeUrl, response);
  }

  /** What the client says to responses before this one means nothing. */
  soundFrom(typeUrl: string, sequence: number): void {
    this.#soundFrom.set(typeUrl, sequence);
  }

  /** What the client had of a type, and what it was to have after a response. */
  around(type: XdsType, { response: { shown, aimed, changed } }: Nack): RefusedSets {
    const of = (snapshot: EnvoySnapshot) =>
      type === "virtualHost" ? this.#hosts(snapshot) : resourcesOf(snapshot, type);
    const after = of(shown);
    return {
      type,
      before: of(this.of(TYPE_URL[type])),
      after,
      said: of(aimed),
      changed: changed.flatMap(({ name }) => after.get(name) ?? []),
      configurationOf: (host) => [...shown.routes.values()].find(({ virtualHosts }) => virtualHosts.has(host))?.name,
      isApart: (configuration) => this.#routeView.isApart(configuration),
    };
  }

  /** The virtual hosts that are resources of their own. */
  #hosts({ routes }: EnvoySnapshot): ResourceSet {
    const apart = [...routes.values()].filter(({ name }) => this.#routeView.isApart(name));
    return unionOf(apart.map(({ virtualHosts }) => virtualHosts));
  }

  #isSound(typeUrl: string, { sequence }: SentResponse): boolean {
    return sequence >= (this.#soundFrom.get(typeUrl) ?? 0);
  }
}

/** The same route configurations with the virtual hosts of others of their names. */
function withHosts(
  routes: ResourceSet<RouteResource>,
  others: ResourceSet<RouteResource>,
): ResourceSet<RouteResource> {
  return new Map([...routes].map(([name, route]) => {
    const virtualHosts = others.get(name)?.virtualHosts ?? EMPTY_ENVOY_SNAPSHOT.endpoints;
    if (virtualHosts === route.virtualHosts) return [name, route];
    return [name, routeResource({ name, frame: route.frame, frameOrigins: route.frameOrigins, virtualHosts }, route)];
  }));
}
