import { type HttpGateway, idOf, type Lookup, refKey, resolveRef, type Resource } from "../api/mod.ts";
import { makeReport, type Report } from "../report/mod.ts";
import { expressionsFault } from "./expressions.ts";

/** The VirtualServices that an http gateway selects; `undefined` where its selection is malformed, which is then reported. */
export type VirtualServices = readonly Resource<"VirtualService">[] | undefined;

/** An http gateway in the resource that holds it. */
export interface HttpGatewayPlace {
  readonly owner: Resource<"Gateway"> | Resource<"MatchableHttpGateway">;
  readonly httpGateway: HttpGateway;
  /** Path of the http gateway in the owner's spec. */
  readonly path: string;
  /** Whether it has TLS; see {@link joins}. */
  readonly ssl: boolean;
}

/**
 * The VirtualServices that an http gateway selects. Gloo's precedence: expressions, then labels (both within
 * `virtualServiceNamespaces`), then refs, then all of those namespaces; no namespaces or `*` means every watched one.
 */
export function selectVirtualServices(place: HttpGatewayPlace, lookup: Lookup, reports: Report[]): VirtualServices {
  const { owner, httpGateway, path } = place;
  const { virtualServiceSelector: labels, virtualServiceNamespaces: namespaces = [] } = httpGateway;
  const { virtualServices: refs = [] } = httpGateway;
  const expressions = httpGateway.virtualServiceExpressions?.expressions ?? [];
  const malformed = expressionsFault(expressions);
  if (malformed) {
    const at = `${path}.virtualServiceExpressions.expressions[${malformed.index}]`;
    reports.push(makeReport("error", "SLUICE-1204", idOf(owner), at, malformed.fault));
    return undefined;
  }
  const hasLabels = Object.keys(labels ?? {}).length > 0;
  const bySelector = expressions.length > 0 || hasLabels;
  reports.push(...unusedFields(place, expressions.length > 0, hasLabels));
  if (refs.length > 0 && !bySelector) return byRefs(place, lookup, reports);
  return lookup.select("VirtualService", {
    ...(namespaces.length > 0 && !namespaces.includes("*") ? { namespaces } : {}),
    ...(expressions.length > 0 ? { expressions } : hasLabels ? { labels } : {}),
  });
}

/** Whether a selected VirtualService joins: those with an sslConfig where there is TLS, the others where there is none. */
export function joins({ spec }: Resource<"VirtualService">, { ssl }: HttpGatewayPlace): boolean {
  return (spec.sslConfig !== undefined) === ssl;
}

function byRefs(
  { owner, httpGateway, path }: HttpGatewayPlace,
  lookup: Lookup,
  reports: Report[],
): VirtualServices {
  const found = new Map<string, Resource<"VirtualService">>();
  (httpGateway.virtualServices ?? []).forEach((given, i) => {
    const ref = resolveRef(given, owner.metadata.namespace);
    const virtualService = ref && lookup.get("VirtualService", ref);
    if (virtualService) {
      found.set(refKey(virtualService.metadata), virtualService);
      return;
    }
    const text = ref ? `VirtualService ${refKey(ref)} is not there` : "the reference to a VirtualService has no name";
    reports.push(makeReport("error", "SLUICE-1203", idOf(owner), `${path}.virtualServices[${i}]`, text));
  });
  return [...found].sort(([a], [b]) => a < b ? -1 : 1).map(([, virtualService]) => virtualService);
}

function unusedFields(place: HttpGatewayPlace, hasExpressions: boolean, hasLabels: boolean): Report[] {
  const { owner, httpGateway, path } = place;
  const winner = hasExpressions ? "virtualServiceExpressions" : hasLabels ? "virtualServiceSelector" : undefined;
  if (!winner) return [];
  const losers = [
    ...(hasExpressions && hasLabels ? ["virtualServiceSelector"] : []),
    ...(httpGateway.virtualServices?.length ? ["virtualServices"] : []),
  ];
  return losers.map((field) => {
    const text = `${field} has no effect beside ${winner}; remove one of them`;
    return makeReport("warning", "SLUICE-1207", idOf(owner), `${path}.${field}`, text);
  });
}
