import type { Kind } from "./kinds.ts";
import type { Ref, Resource } from "./resource.ts";
import { matchesLabels } from "./selector.ts";
import type { LabelExpression } from "./selector.ts";

/** Which resources of a kind; an absent part does not restrict. */
export interface Selection {
  /** Namespaces to look in. */
  readonly namespaces?: readonly string[];
  /** Labels that must be there with these values. */
  readonly labels?: Readonly<Record<string, string>>;
  readonly expressions?: readonly LabelExpression[];
}

/**
 * The only way in which translation reaches resources other than the one at hand. What was asked, found or not found,
 * is what the result depends on (see {@link recordLookups}).
 */
export interface Lookup {
  get<K extends Kind>(kind: K, ref: Ref): Resource<K> | undefined;
  /** In order of namespace, then name. */
  select<K extends Kind>(kind: K, selection: Selection): readonly Resource<K>[];
}

/** One question that was put to a lookup, with the identity of its answer. */
export type LookupRead =
  | { readonly type: "get"; readonly kind: Kind; readonly ref: Ref; readonly found: Resource | undefined }
  | {
    readonly type: "select";
    readonly kind: Kind;
    readonly selection: Selection;
    readonly found: readonly Resource[];
  };

/** A lookup that answers from `inner` and appends every question to `reads`. */
export function recordLookups(inner: Lookup, reads: LookupRead[]): Lookup {
  return {
    get(kind, ref) {
      const found = inner.get(kind, ref);
      reads.push({ type: "get", kind, ref, found });
      return found;
    },
    select(kind, selection) {
      const found = inner.select(kind, selection);
      reads.push({ type: "select", kind, selection, found });
      return found;
    },
  };
}

/** True where the resource is in the selection. */
export function isSelected(resource: Resource, selection: Selection): boolean {
  const { namespaces, labels, expressions } = selection;
  if (namespaces && !namespaces.includes(resource.metadata.namespace)) return false;
  return matchesLabels(resource.metadata.labels ?? {}, labels, expressions);
}
