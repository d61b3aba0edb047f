import { type DelegateAction, type Lookup, refKey, resolveRef, type Resource } from "../api/mod.ts";
import type { Code, Severity } from "../report/mod.ts";
import { expressionsFault } from "./expressions.ts";

/** RouteTables that a route delegates to, or why there are none. `path` starts at the `delegateAction`. */
export type TableSelection =
  | { readonly tables: readonly Resource<"RouteTable">[] }
  | {
    readonly fault: { readonly severity: Severity; readonly code: Code; readonly path: string; readonly text: string };
  };

/**
 * The RouteTables of a delegateAction in a resource of `namespace`. The deprecated `name` and `namespace` win over
 * `ref`, `ref` over `selector`. What is not there (yet) is a warning; what can never select anything is an error.
 */
export function selectTables(action: DelegateAction, namespace: string, lookup: Lookup): TableSelection {
  const deprecated = Boolean(action.name || action.namespace);
  const given = deprecated ? action : action.ref;
  if (given) return tableByRef(given, deprecated ? "" : ".ref", namespace, lookup);
  if (action.selector) return tablesBySelector(action.selector, namespace, lookup);
  return fault("error", "SLUICE-1227", "", "delegateAction needs a ref or a selector");
}

function tableByRef(
  given: { readonly name?: string; readonly namespace?: string },
  path: string,
  namespace: string,
  lookup: Lookup,
): TableSelection {
  const ref = resolveRef(given, namespace);
  if (!ref) return fault("error", "SLUICE-1227", path, "the reference to a RouteTable has no name");
  const table = lookup.get("RouteTable", ref);
  return table
    ? { tables: [table] }
    : fault("warning", "SLUICE-1224", path, `RouteTable ${refKey(ref)} is not there; this route serves nothing`);
}

function tablesBySelector(
  selector: NonNullable<DelegateAction["selector"]>,
  namespace: string,
  lookup: Lookup,
): TableSelection {
  const { labels, expressions, namespaces = [] } = selector;
  const hasLabels = Object.keys(labels ?? {}).length > 0;
  if (hasLabels && expressions?.length) {
    return fault("error", "SLUICE-1228", ".selector", "a selector may have labels or expressions, not both");
  }
  const malformed = expressionsFault(expressions);
  if (malformed) {
    return fault("error", "SLUICE-1204", `.selector.expressions[${malformed.index}]`, malformed.fault);
  }
  const tables = lookup.select("RouteTable", {
    ...(namespaces.includes("*") ? {} : { namespaces: namespaces.length > 0 ? namespaces : [namespace] }),
    ...(hasLabels ? { labels } : {}),
    ...(expressions?.length ? { expressions } : {}),
  });
  if (tables.length > 0) return { tables };
  return fault("warning", "SLUICE-1225", ".selector", "no RouteTable matches the selector; this route serves nothing");
}

function fault(severity: Severity, code: Code, path: string, text: string): TableSelection {
  return { fault: { severity, code, path, text } };
}

/** Tables of one weight after those of lower weights (default 0); within a weight in the order given. */
export function groupByWeight(tables: readonly Resource<"RouteTable">[]): Resource<"RouteTable">[][] {
  const groups = Map.groupBy(tables, ({ spec }) => spec.weight ?? 0);
  return [...groups].sort(([a], [b]) => a - b).map(([, group]) => group);
}
