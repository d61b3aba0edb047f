/** What the translator hands over and streams send: resources as data. */

/** Whose YAML an xDS resource comes from. */
export interface ResourceOrigin {
  readonly kind: string;
  readonly namespace: string;
  readonly name: string;
}

/** Names of the xDS resources that a resource needs in order to work. */
export interface ResourceRefs {
  readonly clusters?: readonly string[];
  readonly endpoints?: readonly string[];
  readonly secrets?: readonly string[];
  readonly routes?: readonly string[];
}

/** One encoded xDS resource. Immutable; shared by every stream, view and snapshot that holds it. */
export interface XdsResource {
  readonly typeUrl: string;
  readonly name: string;
  /** Hash of the bytes: equal bytes, equal version. */
  readonly version: string;
  readonly bytes: Uint8Array;
  readonly origins: readonly ResourceOrigin[];
  readonly refs: ResourceRefs;
}

/**
 * Lets a resource have its bytes in memory that something else keeps anyway: `bytes` are equal to its own, so nobody can
 * tell, and its own are free.
 */
export function shareBytes(resource: XdsResource, bytes: Uint8Array): void {
  (resource as { bytes: Uint8Array }).bytes = bytes;
}

/** Resources of one type by name. */
export type ResourceSet<R extends XdsResource = XdsResource> = ReadonlyMap<string, R>;

/**
 * A RouteConfiguration in parts: `frame` is everything but its virtual hosts, encoded; each virtual host is a resource
 * of its own, named `<route configuration>/<virtual host>`, with the routes' needs in its refs. What is of the whole
 * (`bytes`, `version`, `origins`, `refs`) is made when somebody asks for it, as clients with VHDS never need it; see
 * {@link routeResource}. Not plain data: a structured clone loses those.
 */
export interface RouteResource extends XdsResource {
  readonly frame: Uint8Array;
  /** Whose YAML the frame comes from. */
  readonly frameOrigins: readonly ResourceOrigin[];
  /** In the order in which they stand in the whole. */
  readonly virtualHosts: ResourceSet;
}

/**
 * The output of translation for one proxy (Gloo's EnvoySnapshot, with secrets): internally consistent, that is, every
 * EDS cluster has its endpoints and every RDS reference its route configuration.
 */
export interface EnvoySnapshot {
  readonly endpoints: ResourceSet;
  readonly clusters: ResourceSet;
  readonly routes: ResourceSet<RouteResource>;
  readonly listeners: ResourceSet;
  readonly secrets: ResourceSet;
}

export const EMPTY_ENVOY_SNAPSHOT: EnvoySnapshot = {
  endpoints: new Map(),
  clusters: new Map(),
  routes: new Map(),
  listeners: new Map(),
  secrets: new Map(),
};
