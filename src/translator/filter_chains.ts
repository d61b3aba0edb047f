import type { ProxyListener } from "../api/mod.ts";
import type { Message } from "../envoy/mod.ts";
import type { ListenerProjection } from "../plugins/mod.ts";
import type { Report } from "../report/mod.ts";
import type { ResourceRefs, XdsResource } from "../xds/mod.ts";
import type { TranslationContext } from "./context.ts";
import { downstreamTls } from "./downstream_tls.ts";
import { sectionMatch, serverNames } from "./filter_chain_matches.ts";
import { callAndMerge } from "./hooks.ts";
import { httpNetworkFilters } from "./http_connection_manager.ts";
import { mergeFragments } from "./merge.ts";
import { Faults, type Owner, ownerOf, reportAt } from "./origins.ts";
import type { FilterChainPiece } from "./pieces.ts";
import { encodeOrReport } from "./resources.ts";
import type { OwnedSsl, Section } from "./sections.ts";
import { tcpNetworkFilters } from "./tcp_filter_chains.ts";
import { unique } from "./unique.ts";

type FilterChain = Message<typeof FILTER_CHAIN>;
type FilterChainMatch = Message<"envoy.config.listener.v3.FilterChainMatch">;
const FILTER_CHAIN = "envoy.config.listener.v3.FilterChain";

/** What the filter chains of a listener share. */
export interface ChainScope {
  readonly proxyListener: ProxyListener;
  readonly listener: ListenerProjection;
  readonly owner: Owner;
  /** True where some sections terminate TLS and others take plain text: the former then have to say so. */
  readonly mixed: boolean;
  /** Keys given out; they are unique within the listener. */
  readonly keys: Set<string>;
}

export interface FilterChains {
  readonly pieces: readonly FilterChainPiece[];
  readonly secrets: readonly XdsResource[];
  readonly reports: readonly Report[];
}

/** The name of the route configuration of a section (Gloo's). */
export function routeConfigurationName(listener: string, { id }: Section): string {
  return id === "" ? `${listener}-routes` : `${listener}-routes-${id}`;
}

/**
 * The filter chains of one section, one for each ssl config or TCP host; those that can be one are joined later. Yields
 * after each.
 */
export function* sectionChains(
  context: TranslationContext,
  scope: ChainScope,
  section: Section,
): Generator<void, FilterChains> {
  const shared = new Faults();
  const match = sectionMatch(section, shared);
  const chains = section.tcp
    ? tcpChains(context, scope, section, match)
    : httpChains(context, scope, section, match, shared);
  const built: ReturnType<typeof buildChain>[] = [];
  for (const chain of chains) {
    built.push(buildChain(context, scope, section, chain, shared.failed));
    yield;
  }
  return {
    pieces: built.map(({ piece }) => piece),
    secrets: built.flatMap(({ secrets }) => secrets),
    reports: [...shared.reports, ...built.flatMap(({ reports }) => reports)],
  };
}

/** A filter chain in the making. */
interface Chain {
  readonly key: string;
  readonly owner: Owner;
  readonly match: FilterChainMatch;
  readonly filters: FilterChain["filters"];
  /** TLS to terminate. */
  readonly ssl?: OwnedSsl;
  readonly faults: Faults;
  readonly refs: ResourceRefs;
  readonly invalid?: boolean;
}

function httpChains(
  context: TranslationContext,
  { proxyListener, listener, owner }: ChainScope,
  section: Section,
  match: FilterChainMatch,
  shared: Faults,
): Chain[] {
  const part = section.http;
  if (!part) {
    shared.error("SLUICE-1313", section.place, "neither an http nor a tcp part is given");
    return [];
  }
  const routes = routeConfigurationName(listener.name, section);
  const { filters, faults } = httpNetworkFilters(context, part, routes, listener, owner, proxyListener.options);
  shared.add(faults.reports);
  const refs = { routes: [routes] };
  if (section.ssl.length === 0) {
    return [{ key: "http", owner: part.owner, match, filters, faults: new Faults(), refs }];
  }
  return section.ssl.map((ssl) => {
    const own = new Faults();
    const names = serverNames(ssl, own);
    const chainMatch = { ...match, ...(names.length > 0 && { serverNames: names }) };
    return { key: ssl.owner.key, owner: ssl.owner, match: chainMatch, filters, ssl, faults: own, refs };
  });
}

function tcpChains(context: TranslationContext, scope: ChainScope, section: Section, match: FilterChainMatch): Chain[] {
  const part = section.tcp!;
  const names = new Set<string>();
  return part.hosts.map(({ host, place }) => {
    const owner = ownerOf(host.metadataStatic, place);
    const faults = new Faults();
    const { proxyListener, listener, owner: listenerOwner } = scope;
    const { filters, clusters } = tcpNetworkFilters(
      context,
      part,
      host,
      owner,
      listener,
      listenerOwner,
      proxyListener.options,
      faults,
    );
    if (host.name && names.has(host.name)) {
      faults.error(
        "SLUICE-1340",
        owner.origin,
        `two TCP hosts of the listener are called ${JSON.stringify(host.name)}`,
      );
    }
    names.add(host.name ?? "");
    const ssl = hostSsl(section, host.sslConfig, owner);
    const sni = ssl ? serverNames(ssl, faults) : [];
    const passesThrough = ssl && !ssl.config.secretRef && !ssl.config.sslFiles && !ssl.config.sds;
    return {
      key: owner.key,
      owner,
      match: { ...match, ...(sni.length > 0 && { serverNames: sni }) },
      filters,
      ...(ssl && !passesThrough && { ssl }),
      faults,
      refs: clusters.length > 0 ? { clusters } : {},
      invalid: host.invalid !== undefined,
    };
  });
}

/** The ssl config of a TCP host, else that of the section's matcher. With SNI domains only, TLS passes through. */
function hostSsl(section: Section, own: OwnedSsl["config"] | undefined, owner: Owner): OwnedSsl | undefined {
  if (!own) return section.ssl[0];
  return { config: own, owner: { ...owner, origin: { ...owner.origin, path: `${owner.origin.path}.sslConfig` } } };
}

function buildChain(
  context: TranslationContext,
  scope: ChainScope,
  section: Section,
  chain: Chain,
  sectionFailed: boolean,
): { readonly piece: FilterChainPiece; readonly secrets: readonly XdsResource[]; readonly reports: readonly Report[] } {
  const { faults, owner, ssl } = chain;
  const tls = ssl && downstreamTls(context, ssl.config, ssl.owner, faults);
  const mutated = callAndMerge(context, {
    hook: "filterChainMutator",
    owner: scope.owner,
    options: [{
      argument: "listenerOptions",
      hole: "listener",
      value: scope.proxyListener.options,
      owner: scope.owner,
      path: "options",
    }],
    input: { listener: scope.listener, proxyListener: scope.proxyListener },
  });
  faults.add(mutated.reports);
  const merged = mergeFragments<FilterChain>([
    { plugin: "translator", fragment: { filters: chain.filters, ...tls?.filterChain, filterChainMatch: chain.match } },
    { plugin: "a plugin", fragment: mutated.value },
  ]);
  faults.add(
    merged.conflicts.map(({ path }) =>
      reportAt("error", "SLUICE-1302", owner.origin, `a plugin sets ${path} of a filter chain, which is set already`)
    ),
  );
  const { filterChainMatch = {}, ...rest } = merged.value;
  const bytes = encodeOrReport(FILTER_CHAIN, rest, owner.origin, faults);
  const secrets = tls?.secrets.map(({ name }) => name) ?? [];
  const match: FilterChainMatch = { ...filterChainMatch, ...(tls && scope.mixed && { transportProtocol: "tls" }) };
  const key = unique(section.id === "" ? chain.key : `${chain.key}|${section.id}`, scope.keys);
  const faulty = sectionFailed || chain.invalid || faults.failed || !bytes;
  const piece: FilterChainPiece = {
    key,
    origin: owner.origin,
    match,
    ...(faulty ? { rejected: "hold", bytes: undefined } : { bytes }),
    refs: { ...chain.refs, ...(secrets.length > 0 && { secrets }) },
  };
  return { piece, secrets: faulty ? [] : tls?.secrets ?? [], reports: faults.reports };
}
