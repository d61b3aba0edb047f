import type { Origin } from "../api/mod.ts";
import type {
  ClusterPiece,
  FilterChainPiece,
  ListenerPiece,
  RouteConfigurationPiece,
  RoutePiece,
  VirtualHostPiece,
} from "../translator/mod.ts";
import type { ResourceRefs, RouteResource, XdsResource } from "../xds/mod.ts";
import { BlobWriter, type Range, type ReadValue, valueOf } from "./record.ts";

/** How one sort of piece is kept, together with the resource that it is served as. */
export interface PieceForm<P, R> {
  write(piece: P | undefined, resource: R | undefined): readonly Uint8Array[];
  /** Undefined where nothing is served of it. */
  resource(name: string, value: ReadValue): R | undefined;
  /** Undefined where the resource is served and no piece of it is known. */
  piece(name: string, value: ReadValue): P | undefined;
}

type WrittenResource = readonly [version: string, bytes: Range, origins: XdsResource["origins"], refs: ResourceRefs];

function writtenResource(resource: XdsResource | undefined, blob: BlobWriter): WrittenResource | undefined {
  return resource && [resource.version, blob.add(resource.bytes), resource.origins, resource.refs];
}

/** The form of what has bytes of its own: `toText` and `toPiece` tell how the piece becomes JSON, and is made of it. */
function formOf<P>(
  typeUrl: string,
  toText: (piece: P, blob: BlobWriter) => unknown,
  toPiece: (text: never, value: ReadValue, name: string) => P,
): PieceForm<P, XdsResource> {
  return {
    write(piece, resource) {
      const blob = new BlobWriter();
      const first = writtenResource(resource, blob);
      return valueOf(first, piece && toText(piece, blob), blob.parts);
    },
    resource(name, value) {
      const written = value.first as WrittenResource | null;
      if (!written) return undefined;
      const [version, bytes, origins, refs] = written;
      return { typeUrl, name, version, bytes: value.bytes(bytes), origins, refs };
    },
    piece(name, value) {
      const text = value.second;
      return text === null ? undefined : toPiece(text as never, value, name);
    },
  };
}

/** `T` in JSON: bytes are ranges. */
type Written<T> = Omit<T, "bytes" | "joined" | "name"> & { readonly bytes?: Range; readonly joined?: Range };

/** Endpoints and secrets are resources already when they are pieces, whether or not they are served. */
export function resourceForm(typeUrl: string): PieceForm<XdsResource, XdsResource> {
  return formOf<XdsResource>(
    typeUrl,
    (piece, blob) => writtenResource(piece, blob),
    ([version, bytes, origins, refs]: WrittenResource, value, name) => ({
      ...{ typeUrl, name, version, origins, refs },
      bytes: value.bytes(bytes),
    }),
  );
}

export function clusterForm(typeUrl: string): PieceForm<ClusterPiece, XdsResource> {
  return formOf<ClusterPiece>(
    typeUrl,
    ({ name: _, ...piece }, blob) => ({ ...piece, bytes: blob.addAny(piece.bytes) }),
    (written: Written<ClusterPiece>, value, name) => ({ ...written, name, bytes: value.anyBytes(written.bytes) }),
  );
}

/** Bytes of filter chains are copied into those of the listener, so they are kept twice. */
export function listenerForm(typeUrl: string): PieceForm<ListenerPiece, XdsResource> {
  type Chain = Omit<FilterChainPiece, "bytes"> & { readonly bytes?: Range };
  type Text = Omit<Written<ListenerPiece>, "filterChains"> & { readonly filterChains: readonly Chain[] };
  return formOf<ListenerPiece>(
    typeUrl,
    ({ name: _, ...piece }, blob) => ({
      ...piece,
      bytes: blob.addAny(piece.bytes),
      filterChains: piece.filterChains.map((chain) => ({ ...chain, bytes: blob.addAny(chain.bytes) })),
    }),
    (text: Text, value, name) => ({
      ...text,
      name,
      bytes: value.anyBytes(text.bytes),
      filterChains: text.filterChains.map((chain) => ({ ...chain, bytes: value.anyBytes(chain.bytes) })),
    }),
  );
}

/**
 * A route: its key and its origin (the path alone where it is of the host's resource), both without what they have in common
 * with the host's; bytes; refs, or the numbers of its clusters among the host's; rejected; bytes without clusters.
 */
type WrittenRoute = readonly [
  key: string,
  origin: string | Origin,
  bytes: Range | null | undefined,
  refs: ResourceRefs | readonly number[],
  rejected?: RoutePiece["rejected"] | null,
  withoutClusters?: Range,
];

/** Stands for the beginning that a text shares with the host's. */
const SAME = "=";
/** Says that a text is all there is. */
const WHOLE = ":";

const shortened = (text: string, start: string): string =>
  text.startsWith(start) ? SAME + text.slice(start.length) : WHOLE + text;
const lengthened = (text: string, start: string): string => (text[0] === SAME ? start : "") + text.slice(1);

/** The bytes of routes are most often part of those of the host. */
export function hostForm(typeUrl: string): PieceForm<VirtualHostPiece, XdsResource> {
  type Text = Omit<Written<VirtualHostPiece>, "routes"> & { readonly routes: readonly WrittenRoute[] };
  return formOf<VirtualHostPiece>(
    typeUrl,
    ({ name: _, ...piece }, blob) => ({
      ...piece,
      joined: blob.addAny(piece.joined),
      bytes: blob.addAny(piece.bytes),
      routes: piece.routes.map((route) => writtenRoute(route, piece, blob)),
    }),
    (text: Text, value, name) => {
      const { joined, ...rest } = text;
      return {
        ...rest,
        name,
        ...(joined && { joined: value.bytes(joined) }),
        bytes: value.anyBytes(text.bytes),
        routes: text.routes.map((route) => readRoute(route, text, value)),
      };
    },
  );
}

type OfHost = Pick<VirtualHostPiece, "key" | "origin" | "clusters">;

function writtenRoute(route: RoutePiece, host: OfHost, blob: BlobWriter): WrittenRoute {
  const { kind, namespace, name, path } = route.origin;
  const of = host.origin;
  const isOfHost = kind === of.kind && namespace === of.namespace && name === of.name;
  const start = [
    shortened(route.key, host.key),
    isOfHost ? shortened(path, of.path) : route.origin,
    blob.addAny(route.bytes),
    numbered(route.refs, host.clusters),
  ] as const;
  if (route.rejected === undefined && route.withoutClusters === undefined) return start;
  return [...start, route.rejected, blob.addAny(route.withoutClusters)];
}

function numbered(refs: ResourceRefs, clusters: readonly string[]): ResourceRefs | readonly number[] {
  if (Object.keys(refs).some((sort) => sort !== "clusters")) return refs;
  // A host of very many clusters would be looked through for each.
  if (clusters.length > 100) return refs;
  const numbers = refs.clusters?.map((cluster) => clusters.indexOf(cluster)) ?? [];
  return numbers.includes(-1) ? refs : numbers;
}

const refsOf = (clusters: readonly string[]): ResourceRefs => clusters.length > 0 ? { clusters } : {};

function isNumbers(refs: ResourceRefs | readonly number[]): refs is readonly number[] {
  return Array.isArray(refs);
}

function readRoute(
  [key, origin, bytes, refs, rejected, withoutClusters]: WrittenRoute,
  host: OfHost,
  value: ReadValue,
): RoutePiece {
  const { kind, namespace, name, path } = host.origin;
  return {
    key: lengthened(key, host.key),
    origin: typeof origin === "string" ? { kind, namespace, name, path: lengthened(origin, path) } : origin,
    bytes: value.anyBytes(bytes),
    refs: isNumbers(refs) ? refsOf(refs.map((number) => host.clusters[number]!)) : refs,
    ...(rejected && { rejected }),
    ...(withoutClusters && { withoutClusters: value.bytes(withoutClusters) }),
  };
}

/** A route configuration without its virtual hosts, which are kept by themselves. */
export type Frame = Omit<RouteConfigurationPiece, "virtualHosts" | "faultyHosts">;
export type ServedFrame = Pick<RouteResource, "frame" | "frameOrigins">;

export const frameForm: PieceForm<Frame, ServedFrame> = {
  write(piece, served) {
    const blob = new BlobWriter();
    const first = served && [blob.add(served.frame), served.frameOrigins];
    if (!piece) return valueOf(first, undefined, blob.parts);
    const { key, origin, rejected, refs } = piece;
    return valueOf(first, { key, origin, rejected, refs, bytes: blob.addAny(piece.bytes) }, blob.parts);
  },
  resource(_, value) {
    const written = value.first as readonly [Range, RouteResource["frameOrigins"]] | null;
    return written ? { frame: value.bytes(written[0]), frameOrigins: written[1] } : undefined;
  },
  piece(name, value) {
    const text = value.second as Written<Frame> | null;
    return text ? { ...text, name, bytes: value.anyBytes(text.bytes) } : undefined;
  },
};
