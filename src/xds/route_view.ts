import { encode, TYPE_URL } from "../envoy/mod.ts";
import type { ResourceSet, RouteResource, XdsResource } from "./resource.ts";
import { versionOf } from "./version.ts";

/**
 * The form in which a stream is shown route configurations: inline, that is with their virtual hosts, or without them
 * ("apart"), so that virtual hosts come one by one (VHDS). A stream keeps its view for good: an Envoy whose route
 * configuration goes from one form to the other answers 404 in between.
 */
export interface RouteView {
  /** Whether the virtual hosts of this route configuration go apart. */
  isApart(name: string): boolean;
  /** What RDS tells of these. The same set gives the same set. */
  shown(routes: ResourceSet<RouteResource>): ResourceSet;
}

/** Every route configuration with its virtual hosts: for the state of the world, and for clients that are no Envoy. */
export const INLINE: RouteView = { isApart: () => false, shown: (routes) => routes };

/** Stands for all names. */
const ALL = "*";

/**
 * VHDS for all route configurations but those named; `*` names all. Streams that share the view share what is made for it.
 */
export function vhdsExcept(inline: readonly string[]): RouteView {
  const names = new Set(inline);
  if (names.has(ALL)) return INLINE;
  const known = new WeakMap<ResourceSet<RouteResource>, ResourceSet>();
  const isApart = (name: string): boolean => !names.has(name);
  return {
    isApart,
    shown(routes) {
      let set = known.get(routes);
      if (set === undefined) {
        const shown = [...routes.values()].map((route) => isApart(route.name) ? withVhds(route) : route);
        known.set(routes, set = new Map(shown.map((route) => [route.name, route])));
      }
      return set;
    },
  };
}

/**
 * `vhds` of a RouteConfiguration. Until its virtual hosts are there the listener is not opened, rather than answer 404; 15 s
 * is Envoy's own bound for that, said aloud.
 */
const VHDS = encode("envoy.config.route.v3.RouteConfiguration", {
  vhds: { configSource: { ads: {}, resourceApiVersion: "V3", initialFetchTimeout: { seconds: 15 } } },
});

/** The route configuration without its virtual hosts: its frame, and that the rest comes by VHDS. */
function withVhds({ name, frame, frameOrigins }: RouteResource): XdsResource {
  const bytes = new Uint8Array(frame.length + VHDS.length);
  bytes.set(frame);
  bytes.set(VHDS, frame.length);
  return { typeUrl: TYPE_URL.route, name, version: versionOf(bytes), bytes, origins: frameOrigins, refs: {} };
}
