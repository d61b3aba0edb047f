import { TYPE_URL } from "../envoy/mod.ts";
import type { ResourceSet, RouteResource, XdsResource } from "./resource.ts";
import type { RouteView } from "./route_view.ts";
import type { TypeState, Update } from "./type_state.ts";
import { unionOf } from "./union.ts";

/** Of a client that answers nothing no more responses than this are remembered. */
const MOST_PENDING = 64;

/**
 * Which virtual hosts one client with VHDS holds, by route configuration: pointers to sets that all streams share. It tells
 * what Envoy 1.40 was seen to do: virtual hosts that come before their route configuration are accepted and dropped, and
 * whenever a route configuration is sent (again), its listener may wait for all its virtual hosts, although the client
 * once accepted them and asks for nothing.
 */
export class HeldHosts {
  readonly #routeView: RouteView;
  readonly #wantsRoute: (name: string) => boolean;
  readonly #state: TypeState;
  #held = new Map<string, ResourceSet>();
  /** The same without what the client did not accept yet. */
  #accepted = new Map<string, ResourceSet>();
  /** What it holds once it accepts a response that it has not answered, by the response's sequence. */
  readonly #pending = new Map<number, Map<string, ResourceSet>>();

  /**
   * @param wantsRoute Whether the client wants a route configuration.
   * @param state Of the type of virtual hosts, on the client's stream.
   */
  constructor(routeView: RouteView, wantsRoute: (name: string) => boolean, state: TypeState) {
    this.#routeView = routeView;
    this.#wantsRoute = wantsRoute;
    this.#state = state;
  }

  /** The virtual hosts that the client should hold of these route configurations. */
  wanted(routes: ResourceSet<RouteResource>): ResourceSet {
    return unionOf([...this.#wanted(routes).values()]);
  }

  /** What to send so that it does. */
  take(routes: ResourceSet<RouteResource>): Update | undefined {
    const wanted = this.#wanted(routes);
    const update = this.#state.take(unionOf([...wanted.values()]));
    if (this.#state.begun) { for (const [name, hosts] of wanted) this.#held.set(name, hosts); }
    return update;
  }

  /** What was taken is on its way, as the response of this sequence. */
  sent(sequence: number): void {
    this.#pending.set(sequence, new Map(this.#held));
    if (this.#pending.size > MOST_PENDING) this.#pending.delete(this.#pending.keys().next().value!);
  }

  /** The client accepted a response. */
  accept(sequence: number): void {
    this.#accepted = this.#pending.get(sequence) ?? this.#accepted;
    for (const earlier of this.#pending.keys()) if (earlier <= sequence) this.#pending.delete(earlier);
  }

  /** The client refused what it was told of since it last accepted something. */
  refuse(): void {
    this.#pending.clear();
    this.#held = new Map(this.#accepted);
    this.#assume();
  }

  /** Route configurations are sent (again): whatever the client holds of them, it needs all of it anew. */
  routesSent(routes: readonly XdsResource[]): void {
    const apart = routes.filter(({ name }) => this.#routeView.isApart(name));
    for (const { name } of apart) {
      for (const table of this.#tables()) {
        const held = table.get(name);
        if (held !== undefined) table.set(name, expired(held));
      }
    }
    if (apart.length > 0) this.#assume();
  }

  /** The client asked for route configurations, and may have dropped some, with their virtual hosts. */
  routesAsked(): void {
    const gone = [...this.#held.keys()].filter((name) => !this.#takesApart(name));
    for (const name of gone) for (const table of this.#tables()) table.delete(name);
    if (gone.length > 0) this.#assume();
  }

  /**
   * By route configuration. Of one that is no longer served the client keeps what it holds, as connections that drain may
   * still use it.
   */
  #wanted(routes: ResourceSet<RouteResource>): ReadonlyMap<string, ResourceSet> {
    const wanted = new Map<string, ResourceSet>();
    for (const [name, { virtualHosts }] of routes) {
      if (this.#takesApart(name)) wanted.set(name, virtualHosts);
    }
    for (const [name, held] of this.#held) {
      if (!wanted.has(name) && this.#takesApart(name)) wanted.set(name, held);
    }
    return wanted;
  }

  #tables(): Map<string, ResourceSet>[] {
    return [this.#held, this.#accepted, ...this.#pending.values()];
  }

  /** Whether the client wants this route configuration and takes its virtual hosts apart. */
  #takesApart(name: string): boolean {
    return this.#routeView.isApart(name) && this.#wantsRoute(name);
  }

  #assume(): void {
    this.#state.assume(unionOf([...this.#held.values()]));
  }
}

/** Differs from every virtual host there is. */
const EXPIRED: XdsResource = {
  typeUrl: TYPE_URL.virtualHost,
  name: "",
  version: "",
  bytes: new Uint8Array(),
  origins: [],
  refs: {},
};

const known = new WeakMap<ResourceSet, ResourceSet>();

/** A set of the same names, none of which the client has in the form that it needs. */
function expired(set: ResourceSet): ResourceSet {
  let other = known.get(set);
  if (other === undefined) {
    known.set(set, other = new Map([...set.keys()].map((name) => [name, EXPIRED])));
    known.set(other, other);
  }
  return other;
}
