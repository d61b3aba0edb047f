import { nextDifference } from "../api/mod.ts";
import { editedNames, editedSet, type ResourceSet, type XdsResource } from "../xds/mod.ts";

/** The pieces that a set of resources was made of, and the set. */
export interface MadeSet<P, R extends XdsResource> {
  readonly pieces: readonly P[];
  readonly set: ResourceSet<R>;
}

export interface SetInput<P, R extends XdsResource> {
  readonly pieces: readonly P[];
  readonly last: MadeSet<P, R>;
  /** The resource of a piece, undefined where it is not served; `like` is what the resource of this name was. */
  readonly make: (piece: P, like: R | undefined) => R | undefined;
  /** False for a piece whose resource may be another one though the piece is the same. Default: there is none. */
  readonly lasts?: (piece: P) => boolean;
}

/** Between so many resources work is given up once. */
const BATCH = 50;

/**
 * Resources by name; of several pieces of one name the first counts. The resource of a piece that was there before is that
 * of before, and the set is the one of before where nothing in it is another. Yields between resources.
 */
export function* resourceSet<P extends { readonly name: string }, R extends XdsResource>(
  input: SetInput<P, R>,
): Generator<void, ResourceSet<R>> {
  const { pieces, last } = input;
  if (pieces.length === last.pieces.length && next(input, 0) === pieces.length) return last.set;
  return (yield* patched(input)) ?? (yield* renewed(input));
}

/** The set of before with what is another now; undefined where names or their order changed too. */
function* patched<P extends { readonly name: string }, R extends XdsResource>(
  input: SetInput<P, R>,
): Generator<void, ResourceSet<R> | undefined> {
  const { pieces, last, make } = input;
  // Else some piece has no resource.
  if (pieces.length !== last.pieces.length || pieces.length !== last.set.size) return undefined;
  const edits = new Map<string, R>();
  let made = 0;
  for (let i = next(input, 0); i < pieces.length; i = next(input, i + 1)) {
    const piece = pieces[i]!;
    const like = last.set.get(piece.name);
    if (!like || piece.name !== last.pieces[i]!.name) return undefined;
    const resource = make(piece, like);
    if (!resource) return undefined;
    if (resource !== like) edits.set(piece.name, resource);
    if (++made % BATCH === 0) yield;
  }
  return editedSet(last.set, edits);
}

/** The next piece, at `from` or after it, whose resource may be another one. */
function next<P extends object, R extends XdsResource>({ pieces, last, lasts }: SetInput<P, R>, from: number): number {
  const differs = nextDifference(pieces, last.pieces, from);
  if (!lasts) return differs;
  for (let i = from; i < differs; i++) if (!lasts(pieces[i]!)) return i;
  return differs;
}

function* renewed<P extends { readonly name: string }, R extends XdsResource>(
  { pieces, last, make, lasts = () => true }: SetInput<P, R>,
): Generator<void, ResourceSet<R>> {
  const before = byName(last.pieces);
  const set = new Map<string, R>();
  let count = 0;
  for (const piece of pieces) {
    if (set.has(piece.name)) continue;
    const like = last.set.get(piece.name);
    const resource = like && before.get(piece.name) === piece && lasts(piece) ? like : make(piece, like);
    if (resource) set.set(piece.name, resource);
    if (++count % BATCH === 0) yield;
  }
  return sameSet(set, last.set) ? last.set : set;
}

/** Pieces by name. Of several with one name it is not known which of them was served: there is none. */
export function byName<P extends { readonly name: string }>(pieces: readonly P[]): ReadonlyMap<string, P | undefined> {
  const found = new Map<string, P | undefined>();
  for (const piece of pieces) found.set(piece.name, found.has(piece.name) ? undefined : piece);
  return found;
}

/** True where both hold the same resources in one order. */
export function sameSet<R extends XdsResource>(a: ResourceSet<R>, b: ResourceSet<R>): boolean {
  if (a.size !== b.size) return false;
  const names = editedNames(a, b);
  if (names) return names.values().every((name) => a.get(name) === b.get(name));
  let same = true;
  // Not for-of: it makes a pair for each of maybe thousands. Most often one differs, and order need not be looked at.
  a.forEach((resource, name) => same &&= b.get(name) === resource);
  if (!same) return false;
  const others = b.keys();
  return a.keys().every((name) => name === others.next().value);
}
