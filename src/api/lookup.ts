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
 * is what the result depends on (src/incremental).
 */
export interface Lookup {
  get<K extends Kind>(kind: K, ref: Ref): Resource<K> | undefined;
  /** In order of namespace, then name. */
  select<K extends Kind>(kind: K, selection: Selection): readonly Resource<K>[];
}

/** True where the resource is in the selection. */
export function isSelected(resource: Resource, selection: Selection): boolean {
  const { namespaces, labels, expressions } = selection;
  if (namespaces && !namespaces.includes(resource.metadata.namespace)) return false;
  return matchesLabels(resource.metadata.labels ?? {}, labels, expressions);
}
