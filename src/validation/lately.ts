import {
  type AnyResource,
  idKey,
  idOf,
  type Kind,
  refKey,
  type Resource,
  type ResourceId,
  sameResource,
} from "../api/mod.ts";
import type { ApiSnapshot } from "../snapshot/mod.ts";
import type { Change } from "./verdict.ts";

/**
 * For how long a change that was let through is believed in, in milliseconds, until it shows: another webhook may have
 * refused it. An ApiSnapshot comes once a second.
 */
const BELIEVED_MS = 5_000;

interface Awaited {
  readonly id: ResourceId;
  /** Undefined where it was removed. */
  readonly resource: AnyResource | undefined;
  readonly until: number;
}

/** By kind, then `namespace/name`; what {@link ApiSnapshot.with} takes. */
type Overlay = ReadonlyMap<Kind, ReadonlyMap<string, Resource | undefined>>;

/**
 * What was let through and is not in the ApiSnapshot yet: whoever applies an Upstream and then a VirtualService that
 * refers to it asks for the second before the first has come round.
 */
export class Lately {
  /** By {@link idKey}. */
  readonly #awaited = new Map<string, Awaited>();

  add({ put, removed }: Change, now: number): void {
    for (const resource of put) this.#put({ id: idOf(resource), resource, until: now + BELIEVED_MS });
    for (const id of removed) this.#put({ id, resource: undefined, until: now + BELIEVED_MS });
  }

  /** When the first of it is no longer believed in. */
  get until(): number {
    const [first] = this.#awaited.values();
    return first?.until ?? Infinity;
  }

  /** What is still awaited now that this is what is known; the rest is forgotten. */
  missingIn(snapshot: ApiSnapshot, now: number): Overlay {
    for (const [key, { id, resource, until }] of this.#awaited) {
      const known = snapshot.get(id.kind, id);
      const shows = known && resource ? sameResource(known, resource) || isLater(known, resource) : known === resource;
      if (shows || until <= now) this.#awaited.delete(key);
    }
    return overlayOf([...this.#awaited.values()]);
  }

  #put(awaited: Awaited): void {
    const key = idKey(awaited.id);
    // In the order in which they are no longer believed in.
    this.#awaited.delete(key);
    this.#awaited.set(key, awaited);
  }
}

/** True where Kubernetes counts it as a later spec: somebody has changed it since. */
function isLater({ metadata: known }: Resource, { metadata: awaited }: Resource): boolean {
  return Number(known.generation ?? 0) > Number(awaited.generation ?? Infinity);
}

/** A change as {@link ApiSnapshot.with} takes it; equal resources of the ApiSnapshot stay the same objects. */
export function overlay({ put, removed }: Change, snapshot: ApiSnapshot): Overlay {
  return overlayOf([
    ...removed.map((id) => ({ id, resource: undefined })),
    ...put.map((resource) => {
      const known = snapshot.get(resource.kind, resource.metadata) as AnyResource | undefined;
      return { id: idOf(resource), resource: known && sameResource(known, resource) ? known : resource };
    }),
  ]);
}

function overlayOf(items: readonly Pick<Awaited, "id" | "resource">[]): Overlay {
  const kinds = new Map<Kind, Map<string, Resource | undefined>>();
  for (const { id, resource } of items) {
    let ofKind = kinds.get(id.kind);
    if (!ofKind) kinds.set(id.kind, ofKind = new Map());
    ofKind.set(refKey(id), resource);
  }
  return kinds;
}
