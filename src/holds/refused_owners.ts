import { idKey, type Origin } from "../api/mod.ts";
import {
  type FilterChainPiece,
  type ListenerPiece,
  type Piece,
  sameBytes,
  type VirtualHostPiece,
} from "../translator/mod.ts";
import { type ClientHold, withoutMatch, type XdsResource } from "../xds/mod.ts";
import type { ServedPieces } from "./served.ts";

/**
 * Whose YAML it is that a client refuses, and where in it; each place once. Empty where nothing that is served now is what is
 * refused.
 */
export function ownersOf(pieces: ServedPieces, hold: ClientHold): readonly Origin[] {
  const found = new Map<string, Origin>();
  for (const { origin } of guiltyPieces(pieces, hold)) found.set(`${idKey(origin)} ${origin.path}`, origin);
  const origins = [...found.values()];
  // Where a place in a resource is known, the resource as a whole says no more.
  const isPlaced = (one: Origin) => origins.some((other) => other.path !== "" && idKey(other) === idKey(one));
  return origins.filter((origin) => origin.path !== "" || !isPlaced(origin));
}

function guiltyPieces(pieces: ServedPieces, hold: ClientHold): readonly Pick<Piece, "origin">[] {
  const ofName = <P extends { readonly name: string }>(list: readonly P[]) =>
    list.filter(({ name }) => name === hold.name);
  switch (hold.type) {
    case "cluster":
      return ofName(pieces.clusters);
    case "listener":
      return ofName(pieces.listeners).flatMap((listener) => guiltyChains(listener, hold));
    case "route":
      return ofName(pieces.routes);
    case "virtualHost":
      return pieces.routes.flatMap(({ name, virtualHosts }) => name === hold.configuration ? ofName(virtualHosts) : [])
        .flatMap((host) => guiltyRoutes(host, hold));
    case "endpoint":
      return ofName(pieces.endpoints).flatMap(placesOf);
    case "secret": {
      const places = ofName(pieces.secrets).flatMap(placesOf);
      return places.length > 0 ? places : usersOf(pieces, hold.name);
    }
  }
}

function placesOf({ origins }: XdsResource): { readonly origin: Origin }[] {
  return origins.map((origin) => ({ origin: { ...origin, path: "" } as Origin }));
}

/** Files of certificates are nobody's resource: it is the fault of who names them. */
function usersOf({ clusters, listeners }: ServedPieces, secret: string): readonly Pick<Piece, "origin">[] {
  const all = [...clusters, ...listeners.flatMap((listener) => [listener, ...listener.filterChains])];
  return all.filter(({ refs }) => refs.secrets?.includes(secret));
}

function guiltyRoutes(host: VirtualHostPiece, hold: ClientHold): readonly Pick<Piece, "origin">[] {
  if (hold.what !== "part") return [host];
  return host.routes.filter(({ bytes }) => bytes && hold.parts.some((part) => sameBytes(part, bytes)));
}

/** Of a listener with one filter chain it cannot be told which of the two is refused. */
function guiltyChains(listener: ListenerPiece, hold: ClientHold): readonly Pick<Piece, "origin">[] {
  const { filterChains } = listener;
  if (hold.what !== "part") return filterChains.length === 1 ? [listener, ...filterChains] : [listener];
  const chains = hold.parts.map(withoutMatch);
  const guilty = filterChains.filter(({ bytes }: FilterChainPiece) =>
    bytes && chains.some((chain) => sameBytes(chain, bytes))
  );
  return guilty.length === filterChains.length ? [listener, ...guilty] : guilty;
}
