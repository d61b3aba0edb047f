import { TYPE_URL } from "../envoy/mod.ts";
import { editedNames, type ResourceSet, type XdsResource } from "../xds/mod.ts";
import type { StateRecord } from "./frames.ts";
import { clusterForm, hostForm, listenerForm, type PieceForm, resourceForm } from "./piece_records.ts";

/** Parts of a key are joined by what is in no name. */
export const SEPARATOR = "\0";

/** How the parts of what a proxy is served are kept, by the letter that their keys begin with. */
export const FORMS = {
  l: listenerForm(TYPE_URL.listener),
  c: clusterForm(TYPE_URL.cluster),
  e: resourceForm(TYPE_URL.endpoint),
  s: resourceForm(TYPE_URL.secret),
  h: hostForm(TYPE_URL.virtualHost),
} as const;

/** Pieces of one sort with the resources that they are served as. Of several pieces of one name the first counts. */
export interface Section<P> {
  readonly pieces: readonly P[];
  readonly set: ResourceSet;
}

interface Named {
  readonly name: string;
}

/**
 * What leads from one state of a section to the next: a record for each name whose piece or resource is another object. With
 * `servedOnly` a piece that is another does not count where its resource is the same.
 */
export function* sectionChanges<P extends Named>(
  prefix: string,
  form: PieceForm<P, XdsResource>,
  before: Section<P>,
  after: Section<P>,
  servedOnly: boolean,
): Generator<StateRecord, void> {
  const names = changedResources(before.set, after.set);
  const changed = servedOnly ? new Map<string, P | undefined>() : changedPieces(before.pieces, after.pieces);
  for (const name of changed.keys()) names.add(name);
  let byName: ReadonlyMap<string, P> | undefined;
  for (const name of names) {
    const piece = changed.get(name) ?? (byName ??= firstByName(after.pieces)).get(name);
    const resource = after.set.get(name);
    yield [prefix + name, piece || resource ? form.write(piece, resource) : undefined];
  }
}

function changedResources(before: ResourceSet, after: ResourceSet): Set<string> {
  if (before === after) return new Set();
  const edited = editedNames(before, after);
  if (edited) return new Set([...edited].filter((name) => before.get(name) !== after.get(name)));
  const names = new Set<string>();
  after.forEach((resource, name) => {
    if (before.get(name) !== resource) names.add(name);
  });
  for (const name of before.keys()) if (!after.has(name)) names.add(name);
  return names;
}

function changedPieces<P extends Named>(before: readonly P[], after: readonly P[]): Map<string, P | undefined> {
  return (before.length === after.length ? replacedPieces(before, after) : undefined) ?? otherPieces(before, after);
}

/** Where names and order stayed; else undefined. (The loop of `api` would have all kinds loaded before anything is served.) */
function replacedPieces<P extends Named>(
  before: readonly P[],
  after: readonly P[],
): Map<string, P | undefined> | undefined {
  const changed = new Map<string, P | undefined>();
  for (let i = 0; i < after.length; i++) {
    const piece = after[i]!;
    if (piece === before[i]) continue;
    if (piece.name !== before[i]!.name || changed.has(piece.name)) return undefined;
    changed.set(piece.name, piece);
  }
  return changed;
}

function otherPieces<P extends Named>(before: readonly P[], after: readonly P[]): Map<string, P | undefined> {
  const [old, now] = [firstByName(before), firstByName(after)];
  const changed = new Map<string, P | undefined>();
  for (const [name, piece] of now) if (old.get(name) !== piece) changed.set(name, piece);
  for (const name of old.keys()) if (!now.has(name)) changed.set(name, undefined);
  return changed;
}

export function firstByName<P extends Named>(pieces: readonly P[]): ReadonlyMap<string, P> {
  const found = new Map<string, P>();
  for (const piece of pieces) if (!found.has(piece.name)) found.set(piece.name, piece);
  return found;
}
