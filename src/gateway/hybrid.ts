import {
  type HttpGateway,
  type HybridGateway,
  idKey,
  idOf,
  type ListenerMatcher,
  type Lookup,
  type ProxySslConfig,
  refKey,
  resolveRef,
  type Resource,
} from "../api/mod.ts";
import { type Code, makeReport, type Report, type Severity } from "../report/mod.ts";
import { expressionsFault } from "./expressions.ts";
import { fillGaps } from "./merge.ts";
import { type Part, scopeOf, type TcpPart } from "./parts.ts";
import { optionSourceOf, type Provenance, provenance, sourceOf } from "./provenance.ts";
import { mergeSsl, proxySsl } from "./ssl.ts";
import type { TcpGatewayPlace } from "./tcp.ts";

type Matched = NonNullable<HybridGateway["matchedGateways"]>[number];
type DelegatedHttp = NonNullable<HybridGateway["delegatedHttpGateways"]>;
type Selector = Pick<DelegatedHttp, "ref" | "selector">;

/** A hybrid Gateway of one proxy. */
interface Hybrid {
  readonly gateway: Resource<"Gateway">;
  readonly proxy: string;
  readonly lookup: Lookup;
  /** Where faults are told; appended to. */
  readonly reports: Report[];
}

/**
 * The parts of a hybrid Gateway: its matchedGateways, or if it has none the MatchableHttpGateways and
 * MatchableTcpGateways that it delegates to. A faulty part is reported and left out; the others are served.
 */
export function hybridParts(hybrid: Hybrid, spec: HybridGateway): Part[] {
  const { matchedGateways = [] } = spec;
  if (matchedGateways.length === 0) return [...delegatedHttpParts(hybrid, spec), ...delegatedTcpParts(hybrid, spec)];
  for (const field of ["delegatedHttpGateways", "delegatedTcpGateways"] as const) {
    const text = `${field} has no effect beside matchedGateways; remove one of them`;
    if (spec[field]) tell(hybrid, hybrid.gateway, "warning", "SLUICE-1207", `hybridGateway.${field}`, text);
  }
  return matchedGateways.flatMap((matched, i) => matchedPart(hybrid, matched, `hybridGateway.matchedGateways[${i}]`));
}

function matchedPart(hybrid: Hybrid, { matcher: given, httpGateway, tcpGateway }: Matched, path: string): Part[] {
  const { gateway, proxy } = hybrid;
  const own = given?.sslConfig && proxySsl(gateway, `${path}.matcher.sslConfig`, given.sslConfig);
  const matcher = matcherFields(given, own);
  const key = `${idKey(idOf(gateway))} ${path}`;
  if (httpGateway) {
    const place = { owner: gateway, httpGateway, path: `${path}.httpGateway`, ssl: own !== undefined };
    const { options } = httpGateway;
    const metadataStatic = provenance(idKey(idOf(gateway)), [sourceOf(gateway, place.path)]);
    const scope = scopeOf(proxy, gateway, matcher);
    return [{ type: "http", key, scope, matcher, ...(options ? { options } : {}), metadataStatic, place }];
  }
  if (tcpGateway) return [tcpPart(hybrid, key, { owner: gateway, tcpGateway, path: `${path}.tcpGateway` }, matcher)];
  tell(hybrid, gateway, "error", "SLUICE-1201", path, "a matched gateway needs an httpGateway or a tcpGateway");
  return [];
}

function delegatedHttpParts(hybrid: Hybrid, { delegatedHttpGateways: http }: HybridGateway): Part[] {
  if (!http) return [];
  const path = "hybridGateway.delegatedHttpGateways";
  return selectGateways(hybrid, "MatchableHttpGateway", http, path).flatMap((child) => {
    // Gloo: a parent with TLS takes only children with TLS, and the other way round.
    if (Boolean(child.spec.matcher?.sslConfig) === Boolean(http.sslConfig)) {
      return delegatedHttpPart(hybrid, http, child);
    }
    const text = `MatchableHttpGateway ${refKey(child.metadata)} is not used: either both or none of ` +
      "delegatedHttpGateways and its matcher must have an sslConfig";
    if (http.ref) tell(hybrid, hybrid.gateway, "warning", "SLUICE-1206", `${path}.ref`, text);
    return [];
  });
}

function delegatedTcpParts(hybrid: Hybrid, { delegatedTcpGateways: tcp }: HybridGateway): Part[] {
  if (!tcp) return [];
  const path = "hybridGateway.delegatedTcpGateways";
  return selectGateways(hybrid, "MatchableTcpGateway", tcp, path).flatMap((child) => {
    const { tcpGateway, matcher } = child.spec;
    const fields = matcherFields(
      matcher,
      matcher?.sslConfig && proxySsl(child, "matcher.sslConfig", matcher.sslConfig),
    );
    const key = childKey(hybrid, child);
    if (tcpGateway) return [tcpPart(hybrid, key, { owner: child, tcpGateway, path: "tcpGateway" }, fields)];
    tell(hybrid, child, "error", "SLUICE-1201", "", "a MatchableTcpGateway needs a tcpGateway");
    return [];
  });
}

function childKey({ gateway }: Hybrid, child: Resource): string {
  return `${idKey(idOf(gateway))} ${idKey(idOf(child))}`;
}

function matcherFields(
  given: Omit<ListenerMatcher, "sslConfig"> | undefined,
  sslConfig: ProxySslConfig | undefined,
): ListenerMatcher {
  const { sourcePrefixRanges, passthroughCipherSuites } = given ?? {};
  return {
    ...(sslConfig ? { sslConfig } : {}),
    ...(sourcePrefixRanges?.length ? { sourcePrefixRanges } : {}),
    ...(passthroughCipherSuites?.length ? { passthroughCipherSuites } : {}),
  };
}

function tcpPart(
  { proxy, gateway }: Hybrid,
  key: string,
  place: Omit<TcpGatewayPlace, "admitted">,
  matcher: ListenerMatcher,
): TcpPart {
  const admitted = matcher.sslConfig?.sniDomains ?? [];
  return { type: "tcp", key, scope: scopeOf(proxy, gateway, matcher), matcher, place: { ...place, admitted } };
}

function delegatedHttpPart(hybrid: Hybrid, parent: DelegatedHttp, child: Resource<"MatchableHttpGateway">): Part[] {
  const { gateway, proxy } = hybrid;
  const { httpGateway, matcher: given } = child.spec;
  if (!httpGateway) {
    tell(hybrid, child, "error", "SLUICE-1201", "", "a MatchableHttpGateway needs an httpGateway");
    return [];
  }
  const matcher = matcherFields(given, delegatedSsl(gateway, parent, child));
  const place = { owner: child, httpGateway, path: "httpGateway", ssl: matcher.sslConfig !== undefined };
  const { options = httpGateway.options, metadataStatic } = delegatedOptions(gateway, parent, child, httpGateway);
  const key = childKey(hybrid, child);
  const scope = scopeOf(proxy, gateway, matcher);
  return [{ type: "http", key, scope, matcher, ...(options ? { options } : {}), metadataStatic, place }];
}

/**
 * The child's ssl config and the parent's: the child's fields win, or with `preventChildOverrides` the parent's. SNI
 * domains are the child's in any case, as they tell the children of a parent apart.
 */
function delegatedSsl(
  gateway: Resource<"Gateway">,
  parent: DelegatedHttp,
  child: Resource<"MatchableHttpGateway">,
): ProxySslConfig | undefined {
  const childConfig = child.spec.matcher?.sslConfig;
  if (!childConfig || !parent.sslConfig) return undefined;
  const own = proxySsl(child, "matcher.sslConfig", childConfig);
  const theirs = proxySsl(gateway, "hybridGateway.delegatedHttpGateways.sslConfig", parent.sslConfig);
  if (!parent.preventChildOverrides) return mergeSsl(own, theirs);
  const { sniDomains } = childConfig;
  return { ...mergeSsl(theirs, own), ...(sniDomains?.length ? { sniDomains } : {}) };
}

/** The child's http options with the connection manager settings of both, by the same rule. */
function delegatedOptions(
  gateway: Resource<"Gateway">,
  parent: DelegatedHttp,
  child: Resource<"MatchableHttpGateway">,
  { options }: HttpGateway,
): { readonly options?: HttpGateway["options"]; readonly metadataStatic: Provenance } {
  const field = "httpConnectionManagerSettings";
  const path = "hybridGateway.delegatedHttpGateways";
  const own = (options as Readonly<Record<string, unknown>> | undefined)?.[field] as object | undefined;
  const theirs = parent[field];
  const sources = [sourceOf(child, "httpGateway"), sourceOf(gateway, path)];
  const key = idKey(idOf(child));
  if (!theirs) return { metadataStatic: provenance(key, sources) };
  const wins = !own || parent.preventChildOverrides === true;
  const settings = !own ? theirs : wins ? fillGaps({ ...theirs }, { ...own }) : fillGaps({ ...own }, { ...theirs });
  return {
    options: { ...options, [field]: settings } as NonNullable<HttpGateway["options"]>,
    metadataStatic: provenance(key, sources, wins ? { [field]: optionSourceOf(gateway, path) } : {}),
  };
}

function selectGateways<K extends "MatchableHttpGateway" | "MatchableTcpGateway">(
  hybrid: Hybrid,
  kind: K,
  { ref: given, selector }: Selector,
  path: string,
): readonly Resource<K>[] {
  const { gateway, lookup } = hybrid;
  if (given) {
    const ref = resolveRef(given, gateway.metadata.namespace);
    const found = ref && lookup.get(kind, ref);
    if (found) return [found];
    const text = ref ? `${kind} ${refKey(ref)} is not there` : `the reference to a ${kind} has no name`;
    tell(hybrid, gateway, "warning", "SLUICE-1206", `${path}.ref`, text);
    return [];
  }
  const { namespaces = [], labels, expressions } = selector ?? {};
  const malformed = expressionsFault(expressions);
  if (malformed) {
    const at = `${path}.selector.expressions[${malformed.index}]`;
    tell(hybrid, gateway, "error", "SLUICE-1204", at, malformed.fault);
    return [];
  }
  const found = lookup.select(kind, {
    ...(namespaces.length > 0 && !namespaces.includes("*") ? { namespaces } : {}),
    ...(labels ? { labels } : {}),
    ...(expressions?.length ? { expressions } : {}),
  });
  if (found.length === 0) tell(hybrid, gateway, "warning", "SLUICE-1206", path, `no ${kind} is selected`);
  return found;
}

function tell({ reports }: Hybrid, owner: Resource, severity: Severity, code: Code, path: string, text: string): void {
  reports.push(makeReport(severity, code, idOf(owner), path, text));
}
