import { TYPE_URL } from "../envoy/mod.ts";
import type { EnvoySnapshot, ResourceSet } from "./resource.ts";
import type { ImplicitWildcard } from "./subscription.ts";

/**
 * The resource types that are served, in the order in which they are pushed: what is referred to goes before what
 * refers to it ("make before break" of Envoy's xDS protocol page, under "Eventual consistency considerations").
 */
export const XDS_TYPES = ["cluster", "endpoint", "secret", "listener", "route", "virtualHost"] as const;
export type XdsType = (typeof XDS_TYPES)[number];

const BY_URL = new Map<string, XdsType>(XDS_TYPES.map((type) => [TYPE_URL[type], type]));

/** The type behind a type URL; undefined where Sluice serves no such type. */
export function xdsTypeOf(typeUrl: string): XdsType | undefined {
  return BY_URL.get(typeUrl);
}

/** The types that an EnvoySnapshot has; virtual hosts are parts of its routes. */
export type SnapshotType = Exclude<XdsType, "virtualHost">;

/** The types that have a service of their own. Virtual hosts go by the aggregated service alone. */
export const SERVICE_TYPES = XDS_TYPES.filter((type) => type !== "virtualHost");

/** The resources of one type. */
export function resourcesOf(snapshot: EnvoySnapshot, type: SnapshotType): ResourceSet {
  switch (type) {
    case "cluster":
      return snapshot.clusters;
    case "endpoint":
      return snapshot.endpoints;
    case "secret":
      return snapshot.secrets;
    case "listener":
      return snapshot.listeners;
    case "route":
      return snapshot.routes;
  }
}

/**
 * Types whose state-of-the-world response is the whole truth: what is absent is deleted. For the other types absence
 * means nothing. These are also the types for which a first request without names is a wildcard.
 */
export function isWholeSet(type: XdsType | undefined): boolean {
  return type === "cluster" || type === "listener";
}

/**
 * When a client of incremental xDS gets all of a type without asking for `*`. Envoy asks for virtual hosts once a stream and
 * names nothing, or (with its on-demand filter) single ones; it is sent those of all its route configurations in any case.
 */
export function implicitWildcard(type: XdsType | undefined): ImplicitWildcard {
  if (type === "virtualHost") return "always";
  return isWholeSet(type) ? "unnamed" : "never";
}

/** Whether Envoy refuses all of a response of this type for one fault in it; of other types it takes over what is good. */
export function isAllOrNothing(typeUrl: string): boolean {
  return typeUrl === TYPE_URL.route || typeUrl === TYPE_URL.virtualHost;
}
