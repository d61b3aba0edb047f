import { joinFields, TYPE_URL } from "../envoy/mod.ts";
import { versionOfSet } from "./fingerprint.ts";
import type { ResourceOrigin, ResourceRefs, ResourceSet, RouteResource } from "./resource.ts";
import { versionOf } from "./version.ts";

/** Field number of `virtual_hosts` in envoy.config.route.v3.RouteConfiguration. */
const VIRTUAL_HOSTS = 2;

/** What a route configuration is made of; see RouteResource. */
export interface RouteParts {
  readonly name: string;
  readonly frame: Uint8Array;
  readonly frameOrigins: readonly ResourceOrigin[];
  readonly virtualHosts: ResourceSet;
}

/**
 * A route configuration of these parts. With `near`, an earlier form of it, its version costs no more than what is
 * different between the two.
 */
export function routeResource(parts: RouteParts, near?: RouteResource): RouteResource {
  if (near !== undefined) versionOfSet(parts.virtualHosts, near.virtualHosts);
  return new JoinedRoute(parts);
}

class JoinedRoute implements RouteResource {
  readonly typeUrl = TYPE_URL.route;
  readonly name: string;
  readonly frame: Uint8Array;
  readonly frameOrigins: readonly ResourceOrigin[];
  readonly virtualHosts: ResourceSet;
  #version: string | undefined;
  #origins: readonly ResourceOrigin[] | undefined;
  #refs: ResourceRefs | undefined;
  /** Weak, since the whole is large, many forms of it may live, and it is quickly joined again. */
  #bytes: WeakRef<Uint8Array> | undefined;

  constructor({ name, frame, frameOrigins, virtualHosts }: RouteParts) {
    this.name = name;
    this.frame = frame;
    this.frameOrigins = frameOrigins;
    this.virtualHosts = virtualHosts;
  }

  /** Of the frame and the versions of the virtual hosts: whatever their order, which means nothing to Envoy. */
  get version(): string {
    return this.#version ??= `${versionOf(this.frame)}-${versionOfSet(this.virtualHosts)}`;
  }

  get bytes(): Uint8Array {
    const known = this.#bytes?.deref();
    if (known !== undefined) return known;
    const bytes = joined(this.frame, this.virtualHosts);
    this.#bytes = new WeakRef(bytes);
    return bytes;
  }

  get origins(): readonly ResourceOrigin[] {
    return this.#origins ??= originsOf(this.frameOrigins, this.virtualHosts);
  }

  get refs(): ResourceRefs {
    return this.#refs ??= refsOf(this.virtualHosts);
  }
}

function joined(frame: Uint8Array, virtualHosts: ResourceSet): Uint8Array {
  return joinFields(VIRTUAL_HOSTS, [...virtualHosts.values()].map(({ bytes }) => bytes), frame);
}

function originsOf(own: readonly ResourceOrigin[], virtualHosts: ResourceSet): readonly ResourceOrigin[] {
  const all = new Map<string, ResourceOrigin>();
  const add = (origin: ResourceOrigin) => all.set(`${origin.kind}/${origin.namespace}/${origin.name}`, origin);
  own.forEach(add);
  for (const { origins } of virtualHosts.values()) origins.forEach(add);
  return [...all.values()];
}

function refsOf(virtualHosts: ResourceSet): ResourceRefs {
  const clusters = new Set<string>();
  for (const { refs } of virtualHosts.values()) {
    for (const name of refs.clusters ?? []) clusters.add(name);
  }
  return clusters.size > 0 ? { clusters: [...clusters] } : {};
}
