import {
  type HttpGateway,
  type HybridGateway,
  idKey,
  idOf,
  type ListenerMatcher,
  type ProxySslConfig,
  refKey,
  resolveRef,
  type Resource,
} from "../api/mod.ts";
import { type Code, makeReport, type Severity } from "../report/mod.ts";
import { expressionsFault } from "./expressions.ts";
import { fillGaps } from "./merge.ts";
import { httpPart, type Part, type Run, scopeOf } from "./parts.ts";
import { optionSourceOf, type Provenance, provenance, sourceOf } from "./provenance.ts";
import { mergeSsl, proxySsl } from "./ssl.ts";
import { translateTcpGateway } from "./tcp.ts";

type Matched = NonNullable<HybridGateway["matchedGateways"]>[number];
type DelegatedHttp = NonNullable<HybridGateway["delegatedHttpGateways"]>;
type Selector = Pick<DelegatedHttp, "ref" | "selector">;

/**
 * The parts of a hybrid Gateway: its matchedGateways, or if it has none the MatchableHttpGateways and
 * MatchableTcpGateways that it delegates to. A faulty part is reported and left out; the others are served.
 */
export function* hybridParts(run: Run, gateway: Resource<"Gateway">, hybrid: HybridGateway): Generator<void, Part[]> {
  const { matchedGateways = [], delegatedHttpGateways: http, delegatedTcpGateways: tcp } = hybrid;
  const parts: Part[] = [];
  for (const [i, matched] of matchedGateways.entries()) {
    const part = yield* matchedPart(run, gateway, matched, `hybridGateway.matchedGateways[${i}]`);
    if (part) parts.push(part);
  }
  if (matchedGateways.length > 0) {
    for (const field of ["delegatedHttpGateways", "delegatedTcpGateways"] as const) {
      const text = `${field} has no effect beside matchedGateways; remove one of them`;
      if (hybrid[field]) tell(run, gateway, "warning", "SLUICE-1207", `hybridGateway.${field}`, text);
    }
    return parts;
  }
  const delegations = { http: "hybridGateway.delegatedHttpGateways", tcp: "hybridGateway.delegatedTcpGateways" };
  for (const child of http ? selectGateways(run, gateway, "MatchableHttpGateway", http, delegations.http) : []) {
    // Gloo: a parent with TLS takes only children with TLS, and the other way round.
    if (Boolean(child.spec.matcher?.sslConfig) !== Boolean(http?.sslConfig)) {
      const text = `MatchableHttpGateway ${refKey(child.metadata)} is not used: either both or none of ` +
        "delegatedHttpGateways and its matcher must have an sslConfig";
      if (http?.ref) tell(run, gateway, "warning", "SLUICE-1206", `${delegations.http}.ref`, text);
      continue;
    }
    const part = yield* delegatedHttpPart(run, gateway, http!, child);
    if (part) parts.push(part);
  }
  for (const child of tcp ? selectGateways(run, gateway, "MatchableTcpGateway", tcp, delegations.tcp) : []) {
    const { tcpGateway, matcher } = child.spec;
    const fields = matcherFields(
      matcher,
      matcher?.sslConfig && proxySsl(child, "matcher.sslConfig", matcher.sslConfig),
    );
    if (tcpGateway) parts.push(tcpPart(run, gateway, { owner: child, tcpGateway, path: "tcpGateway" }, fields));
    else tell(run, child, "error", "SLUICE-1201", "", "a MatchableTcpGateway needs a tcpGateway");
  }
  return parts;
}

function* matchedPart(
  run: Run,
  gateway: Resource<"Gateway">,
  { matcher: given, httpGateway, tcpGateway }: Matched,
  path: string,
): Generator<void, Part | undefined> {
  const own = given?.sslConfig && proxySsl(gateway, `${path}.matcher.sslConfig`, given.sslConfig);
  const matcher = matcherFields(given, own);
  if (httpGateway) {
    const place = { owner: gateway, httpGateway, path: `${path}.httpGateway`, ssl: own !== undefined };
    return yield* httpPart(run, gateway, place, { matcher });
  }
  if (tcpGateway) return tcpPart(run, gateway, { owner: gateway, tcpGateway, path: `${path}.tcpGateway` }, matcher);
  tell(run, gateway, "error", "SLUICE-1201", path, "a matched gateway needs an httpGateway or a tcpGateway");
  return undefined;
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
  run: Run,
  gateway: Resource<"Gateway">,
  place: Omit<Parameters<typeof translateTcpGateway>[0], "admitted">,
  matcher: ListenerMatcher,
): Part {
  const admitted = matcher.sslConfig?.sniDomains ?? [];
  const scope = scopeOf(run, gateway, matcher);
  const tcpListener = translateTcpGateway({ ...place, admitted }, scope, run.book, run.reports);
  return { type: "tcp", matcher, tcpListener };
}

function* delegatedHttpPart(
  run: Run,
  gateway: Resource<"Gateway">,
  parent: DelegatedHttp,
  child: Resource<"MatchableHttpGateway">,
): Generator<void, Part | undefined> {
  const { httpGateway, matcher: given } = child.spec;
  if (!httpGateway) {
    tell(run, child, "error", "SLUICE-1201", "", "a MatchableHttpGateway needs an httpGateway");
    return undefined;
  }
  const matcher = matcherFields(given, delegatedSsl(gateway, parent, child));
  const place = { owner: child, httpGateway, path: "httpGateway", ssl: matcher.sslConfig !== undefined };
  return yield* httpPart(run, gateway, place, { matcher, ...delegatedOptions(gateway, parent, child, httpGateway) });
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
  run: Run,
  gateway: Resource<"Gateway">,
  kind: K,
  { ref: given, selector }: Selector,
  path: string,
): readonly Resource<K>[] {
  if (given) {
    const ref = resolveRef(given, gateway.metadata.namespace);
    const found = ref && run.lookup.get(kind, ref);
    if (found) return [found];
    const text = ref ? `${kind} ${refKey(ref)} is not there` : `the reference to a ${kind} has no name`;
    tell(run, gateway, "warning", "SLUICE-1206", `${path}.ref`, text);
    return [];
  }
  const { namespaces = [], labels, expressions } = selector ?? {};
  const malformed = expressionsFault(expressions);
  if (malformed) {
    const at = `${path}.selector.expressions[${malformed.index}]`;
    tell(run, gateway, "error", "SLUICE-1204", at, malformed.fault);
    return [];
  }
  const found = run.lookup.select(kind, {
    ...(namespaces.length > 0 && !namespaces.includes("*") ? { namespaces } : {}),
    ...(labels ? { labels } : {}),
    ...(expressions?.length ? { expressions } : {}),
  });
  if (found.length === 0) tell(run, gateway, "warning", "SLUICE-1206", path, `no ${kind} is selected`);
  return found;
}

function tell(run: Run, owner: Resource, severity: Severity, code: Code, path: string, text: string): void {
  run.reports.push(makeReport(severity, code, idOf(owner), path, text));
}
