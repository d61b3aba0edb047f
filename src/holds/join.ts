import { idKey, type Origin, sameValue } from "../api/mod.ts";
import { TYPE_URL } from "../envoy/mod.ts";
import { type ClusterPiece, type Piece, resourceOrigin, sameBytes } from "../translator/mod.ts";
import { type ResourceOrigin, shareBytes, versionOf, type XdsResource } from "../xds/mod.ts";

type Parts = Omit<XdsResource, "version">;

/** The resource of these parts; `before` itself where it has the same. Bytes that are equal are in memory once: the parts'. */
export function resourceLike(before: XdsResource | undefined, parts: Parts): XdsResource {
  if (!before || !sameBytes(before.bytes, parts.bytes)) return { ...parts, version: versionOf(parts.bytes) };
  if (!sameValue(before.refs, parts.refs) || !sameValue(before.origins, parts.origins)) {
    return { ...parts, version: before.version };
  }
  shareBytes(before, parts.bytes);
  return before;
}

/** A cluster; undefined where it is rejected. */
export function clusterResource(
  { name, origin, bytes, refs, rejected }: ClusterPiece,
  before: XdsResource | undefined,
): XdsResource | undefined {
  if (!bytes || rejected) return undefined;
  return resourceLike(before, {
    typeUrl: TYPE_URL.cluster,
    name,
    bytes,
    origins: [resourceOrigin(origin)],
    refs,
  });
}

/** Whose YAML the pieces come from, each once. */
export function originsOf(pieces: readonly Piece[]): readonly ResourceOrigin[] {
  const found = new Map<string, ResourceOrigin>();
  let last: Origin | undefined;
  for (const { origin } of pieces) {
    // Most often the next is of the same resource.
    if (last && origin.kind === last.kind && origin.name === last.name && origin.namespace === last.namespace) continue;
    last = origin;
    found.set(idKey(origin), resourceOrigin(origin));
  }
  return [...found.values()];
}

/** What the pieces refer to, each name once. */
export function refsOf(pieces: readonly Piece[]): XdsResource["refs"] {
  const refs: Record<string, readonly string[]> = {};
  for (const sort of ["clusters", "endpoints", "secrets", "routes"] as const) {
    const names = [...new Set(pieces.flatMap((piece) => piece.refs[sort] ?? []))];
    if (names.length > 0) refs[sort] = names;
  }
  return refs;
}
