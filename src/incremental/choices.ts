import { type Change, isSelected, type Resource, type Selection } from "../api/mod.ts";

/**
 * Selections of one kind, found by a resource that might be in them: thousands that each ask for another label (the
 * EndpointSlices of a Service) are not all looked at for one changed resource.
 */
export class Choices<C extends { readonly selection: Selection }> {
  /** By one of the labels that they ask for, else by namespace; what asks for neither is in `#others`. */
  readonly #buckets = new Map<string, Set<C>>();
  readonly #others = new Set<C>();

  add(choice: C): void {
    const places = placesOf(choice.selection);
    if (!places) this.#others.add(choice);
    for (const place of places ?? []) {
      const bucket = this.#buckets.get(place);
      if (bucket) bucket.add(choice);
      else this.#buckets.set(place, new Set([choice]));
    }
  }

  delete(choice: C): void {
    this.#others.delete(choice);
    for (const place of placesOf(choice.selection) ?? []) {
      const bucket = this.#buckets.get(place);
      if (bucket?.delete(choice) && bucket.size === 0) this.#buckets.delete(place);
    }
  }

  /** Those in which a changed resource is, or was before. One may come more than once. */
  *concernedBy({ before, after }: Change): Generator<C, void> {
    for (const resource of [before, after]) {
      if (!resource) continue;
      for (const choice of this.#others) if (isSelected(resource, choice.selection)) yield choice;
      for (const place of placesWith(resource)) {
        for (const choice of this.#buckets.get(place) ?? []) if (isSelected(resource, choice.selection)) yield choice;
      }
    }
  }
}

/** Where a selection is kept: a resource that is in it is found at one of these places. */
function placesOf({ namespaces, labels = {} }: Selection): readonly string[] | undefined {
  for (const [key, value] of Object.entries(labels)) return [labelPlace(key, value)];
  return namespaces?.map(namespacePlace);
}

function placesWith({ metadata: { namespace, labels = {} } }: Resource): readonly string[] {
  return [namespacePlace(namespace), ...Object.entries(labels).map(([key, value]) => labelPlace(key, value))];
}

const namespacePlace = (namespace: string): string => namespace;
/** No namespace has an equals sign. */
const labelPlace = (key: string, value: string): string => `${key}=${value}`;
