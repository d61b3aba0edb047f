/**
 * The result of Envoy translation, in pieces. A piece is the smallest part that can be good or bad by itself; the hold
 * stage (src/holds) swaps a rejected one for its last good form and then joins the pieces to an EnvoySnapshot.
 */
import type { Origin, Ref } from "../api/mod.ts";
import type { Message } from "../envoy/mod.ts";
import type { Report } from "../report/mod.ts";
import type { ResourceOrigin, ResourceRefs, XdsResource } from "../xds/mod.ts";

/** What all pieces have. */
export interface Piece {
  /** Names the piece across edits; unique within its parent. */
  readonly key: string;
  /** Whose YAML it is, and where in it; for a held piece the place of the faulty form. */
  readonly origin: Origin;
  /**
   * Set where a report of severity error concerns the piece: its `bytes` are then a stand-in (an answer of 500), or
   * undefined where there is nothing that could stand in. `replace` says that Settings want the stand-in
   * (`invalidConfigPolicy.replaceInvalidRoutes`) even where a last good form is known.
   */
  readonly rejected?: "hold" | "replace";
  /** Encoded, without the parts that are pieces of their own. */
  readonly bytes: Uint8Array | undefined;
  readonly refs: ResourceRefs;
}

/** An `envoy.config.route.v3.Route`. */
export interface RoutePiece extends Piece {
  /**
   * What to answer instead where none of the clusters in `refs` is served; set where Settings ask for a replacement of
   * invalid routes and the route's Upstream is faulty.
   */
  readonly withoutClusters?: Uint8Array;
}

/** An `envoy.config.route.v3.VirtualHost`; `bytes` holds everything but its domains and its routes. */
export interface VirtualHostPiece extends Piece {
  /** `<route configuration>/<virtual host>`: name of the resource and of the message in it. */
  readonly name: string;
  /** Good ones only: what is malformed or belongs to another virtual host is reported and left out. */
  readonly domains: readonly string[];
  readonly routes: readonly RoutePiece[];
  /** True where it or one of its routes is rejected. */
  readonly faulty: boolean;
  /** The clusters that its routes lead to, each once. */
  readonly clusters: readonly string[];
  /** True where one of its routes is answered otherwise when its clusters are missing. */
  readonly replaceable: boolean;
  /** The whole resource, where it is known already: a good one with all these routes and domains. */
  readonly joined?: Uint8Array;
}

/** An `envoy.config.route.v3.RouteConfiguration`; `bytes` holds everything but its virtual hosts, and is always there. */
export interface RouteConfigurationPiece extends Piece {
  readonly name: string;
  readonly virtualHosts: readonly VirtualHostPiece[];
  /** Those of them that are `faulty`. */
  readonly faultyHosts: readonly VirtualHostPiece[];
}

/**
 * An `envoy.config.listener.v3.FilterChain`; `bytes` holds everything but its match, and a rejected one has none. Pieces
 * that differ in their server names alone become one filter chain.
 */
export interface FilterChainPiece extends Piece {
  readonly match: Message<"envoy.config.listener.v3.FilterChainMatch">;
}

/**
 * An `envoy.config.listener.v3.Listener`; `bytes` holds everything but its filter chains, and a rejected one has none.
 * One without filter chains is not served (as in Gloo).
 */
export interface ListenerPiece extends Piece {
  readonly name: string;
  readonly filterChains: readonly FilterChainPiece[];
}

/** An `envoy.config.cluster.v3.Cluster`. A rejected one without a last good form is left out (Gloo: UpstreamRemoving). */
export interface ClusterPiece extends Piece {
  readonly name: string;
}

/** Everything that one Proxy translates to. Pieces stand in the order in which Envoy gets them. */
export interface ProxyTranslation {
  readonly proxy: Ref;
  readonly listeners: readonly ListenerPiece[];
  readonly routes: readonly RouteConfigurationPiece[];
  readonly clusters: readonly ClusterPiece[];
  readonly endpoints: readonly XdsResource[];
  readonly secrets: readonly XdsResource[];
  readonly reports: readonly Report[];
}

/** What a virtual host tells of its routes. */
export function routesSummary(routes: readonly RoutePiece[]): Pick<VirtualHostPiece, "clusters" | "replaceable"> {
  const clusters = new Set<string>();
  let replaceable = false;
  for (const { refs, withoutClusters } of routes) {
    for (const cluster of refs.clusters ?? []) clusters.add(cluster);
    replaceable ||= withoutClusters !== undefined;
  }
  return { clusters: [...clusters], replaceable };
}

/** The origin as streams and Envoy's metadata know it. */
export function resourceOrigin({ kind, namespace, name }: Origin): ResourceOrigin {
  return { kind, namespace, name };
}
