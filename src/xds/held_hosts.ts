import { TYPE_URL } from "../envoy/mod.ts";
import type { ResourceSet, RouteResource, XdsResource } from "./resource.ts";
import { unionOf } from "./union.ts";

/**
 * Which virtual hosts one client with VHDS holds, by route configuration: pointers to sets that all streams share. It tells
 * what Envoy 1.40 was seen to do: virtual hosts that come before their route configuration are accepted and dropped, and
 * whenever a route configuration is sent (again), its listener may wait for all its virtual hosts, although the client
 * once accepted them and asks for nothing.
 */
export class HeldHosts {
  #held = new Map<string, ResourceSet>();
  /** The same without what the client did not accept yet. */
  #accepted = new Map<string, ResourceSet>();

  /** All that the client holds; a set that is equal only where it is the same object. */
  get all(): ResourceSet {
    return unionOf([...this.#held.values()]);
  }

  /**
   * What the client should hold: the virtual hosts of all route configurations that `has` says it has. Of one that is no
   * longer served it keeps what it holds, as connections that drain may still use it.
   */
  wanted(routes: ResourceSet<RouteResource>, has: (name: string) => boolean): ReadonlyMap<string, ResourceSet> {
    const wanted = new Map<string, ResourceSet>();
    for (const [name, { virtualHosts }] of routes) {
      if (has(name)) wanted.set(name, virtualHosts);
    }
    for (const [name, held] of this.#held) {
      if (!wanted.has(name) && has(name)) wanted.set(name, held);
    }
    return wanted;
  }

  /** The client was told of these. */
  hold(wanted: ReadonlyMap<string, ResourceSet>): void {
    for (const [name, hosts] of wanted) this.#held.set(name, hosts);
  }

  /** The client accepted all that it was told of. */
  accept(): void {
    this.#accepted = new Map(this.#held);
  }

  /** The client refused what it was told of since it last accepted all. */
  refuse(): void {
    this.#held = new Map(this.#accepted);
  }

  /** The route configuration is sent (again): whatever the client holds of it, it needs all of it anew. */
  expire(name: string): void {
    for (const table of [this.#held, this.#accepted]) {
      const held = table.get(name);
      if (held !== undefined) table.set(name, expired(held));
    }
  }

  /** Forgets the route configurations that the client no longer has. Gives whether there were any. */
  retain(has: (name: string) => boolean): boolean {
    const gone = [...this.#held.keys()].filter((name) => !has(name));
    for (const name of gone) {
      this.#held.delete(name);
      this.#accepted.delete(name);
    }
    return gone.length > 0;
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
