import { TYPE_URL } from "../envoy/mod.ts";
import type { EnvoySnapshot, ResourceSet } from "./resource.ts";

/**
 * The resource types that are served, in the order in which they are pushed: what is referred to goes before what
 * refers to it ("make before break" of Envoy's xDS protocol page, under "Eventual consistency considerations").
 */
export const XDS_TYPES = ["cluster", "endpoint", "secret", "listener", "route"] as const;
export type XdsType = (typeof XDS_TYPES)[number];

const BY_URL = new Map<string, XdsType>(XDS_TYPES.map((type) => [TYPE_URL[type], type]));

/** The type behind a type URL; undefined where Sluice serves no such type. */
export function xdsTypeOf(typeUrl: string): XdsType | undefined {
  return BY_URL.get(typeUrl);
}

/** The resources of one type. */
export function resourcesOf(snapshot: EnvoySnapshot, type: XdsType): ResourceSet {
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
export function isWholeSet(type: XdsType): boolean {
  return type === "cluster" || type === "listener";
}
