import { type ProxyTcpHost, sameValue } from "../api/mod.ts";
import type { Message } from "../envoy/mod.ts";
import type { Report } from "../report/mod.ts";
import type { XdsResource } from "../xds/mod.ts";
import type { TranslationContext } from "./context.ts";
import { makeFilterChain } from "./filter_chain.ts";
import { type MatchedChain, sectionMatch } from "./filter_chain_matches.ts";
import { callAndMerge } from "./hooks.ts";
import { httpNetworkFilters } from "./http_connection_manager.ts";
import type { ListenerFrame } from "./listener_units.ts";
import { Faults, type Owner, ownerOf } from "./origins.ts";
import { type OwnedSsl, type Section, type TcpPart, usesTls } from "./sections.ts";
import { unique } from "./unique.ts";

type EnvoyFilterChain = Message<"envoy.config.listener.v3.FilterChain">;

/** What the filter chains of a section share. One object while it is the same. */
export interface SectionParts {
  readonly listener: ListenerFrame["projection"];
  readonly match: Message<"envoy.config.listener.v3.FilterChainMatch">;
  /** True where all chains of the section are rejected. */
  readonly failed: boolean;
  /** True where other sections take plain text: chains with TLS have to say that they want it. */
  readonly mixed: boolean;
  /** Of plugins. */
  readonly mutation: Partial<EnvoyFilterChain>;
  readonly mutationReports: readonly Report[];
  /** Of an http section. */
  readonly http?: { readonly filters: EnvoyFilterChain["filters"]; readonly routes: string };
  /** Of a tcp section, without its hosts. */
  readonly tcp?: TcpPart;
  readonly listenerOwner: Owner;
  readonly listenerOptions: object | undefined;
  readonly reports: readonly Report[];
}

/** One filter chain, and what it depends on beside the parts of its section, Settings and lookups. */
export interface ChainUnit {
  readonly key: string;
  readonly owner: Owner;
  /** TLS to terminate, or to pass through. */
  readonly ssl?: OwnedSsl;
  readonly host?: ProxyTcpHost;
  /** True where a TCP host before it has its name. */
  readonly duplicate?: boolean;
}

export interface FilterChain extends MatchedChain {
  readonly secrets: readonly XdsResource[];
  readonly reports: readonly Report[];
}

export interface SectionChains {
  readonly chains: readonly FilterChain[];
  readonly reports: readonly Report[];
}

/** The name of the route configuration of a section (Gloo's). */
export function routeConfigurationName(listener: string, { id }: Section): string {
  return id === "" ? `${listener}-routes` : `${listener}-routes-${id}`;
}

/**
 * The filter chains of one section, one for each ssl config or TCP host; those that can be one are joined later. `keys`
 * are those that the listener's chains have; they are unique within it. Yields after each.
 */
export function* sectionChains(
  context: TranslationContext,
  frame: ListenerFrame,
  section: Section,
  keys: Set<string>,
): Generator<void, SectionChains> {
  const { revision, settings, plugins } = context;
  const scope = `${frame.proxy} ${frame.key}`;
  const shared = withoutMembers(section);
  const mixed = frame.sections.some(usesTls) && frame.sections.some((other) => !usesTls(other));
  const { proxyListener: { options }, owner, projection } = frame;
  const parts = revision.table<string, SectionParts>("filterChainSection", scope).recall(
    section.id,
    [shared, mixed, options, owner, projection, settings, plugins],
    () => sectionParts(context, frame, shared, mixed),
    sameValue,
  );
  const table = revision.table<string, FilterChain>("filterChain", scope);
  const chains: FilterChain[] = [];
  const reports = [...parts.reports];
  for (const unit of chainUnits(section, keys)) {
    const inputs = [unit.key, unit.owner, unit.ssl, unit.host, unit.duplicate, parts, settings, plugins];
    const chain = table.recall(unit.key, inputs, () => makeFilterChain(context, parts, unit), sameValue);
    chains.push(chain);
    reports.push(...chain.reports);
    yield;
  }
  return { chains, reports };
}

/** What does not come and go with single filter chains. */
function withoutMembers(section: Section): Section {
  const { tcp } = section;
  return { ...section, ssl: [], ...(tcp && { tcp: { ...tcp, hosts: [] } }) };
}

function sectionParts(
  context: TranslationContext,
  { proxyListener, projection: listener, owner }: ListenerFrame,
  section: Section,
  mixed: boolean,
): SectionParts {
  const faults = new Faults();
  const match = sectionMatch(section, faults);
  const { options: listenerOptions } = proxyListener;
  const routes = routeConfigurationName(listener.name, section);
  const http = section.http &&
    httpNetworkFilters(context, section.http, routes, listener, owner, listenerOptions, faults);
  if (!section.http && !section.tcp) {
    faults.error("SLUICE-1313", section.place, "neither an http nor a tcp part is given");
  }
  const mutated = callAndMerge(context, {
    hook: "filterChainMutator",
    owner,
    options: [
      { argument: "listenerOptions", hole: "listener", value: listenerOptions, owner, path: "options" },
    ],
    input: { listener },
  });
  return {
    listener,
    match,
    failed: faults.failed,
    mixed,
    mutation: mutated.value,
    mutationReports: mutated.reports,
    ...(http && { http: { filters: http, routes } }),
    ...(section.tcp && { tcp: section.tcp }),
    listenerOwner: owner,
    listenerOptions,
    reports: faults.reports,
  };
}

function chainUnits(section: Section, keys: Set<string>): ChainUnit[] {
  const keyOf = (key: string) => unique(section.id === "" ? key : `${key}|${section.id}`, keys);
  if (section.tcp) return tcpUnits(section, keyOf);
  if (!section.http) return [];
  if (section.ssl.length === 0) return [{ key: keyOf("http"), owner: section.http.owner }];
  return section.ssl.map((ssl) => ({ key: keyOf(ssl.owner.key), owner: ssl.owner, ssl }));
}

function tcpUnits(section: Section, keyOf: (key: string) => string): ChainUnit[] {
  const names = new Set<string>();
  return section.tcp!.hosts.map(({ host, place }) => {
    const owner = ownerOf(host.metadataStatic, () => place);
    const name = host.name ?? "";
    const duplicate = name !== "" && names.has(name);
    names.add(name);
    const ssl = hostSsl(section, host.sslConfig, owner);
    return { key: keyOf(owner.key), owner, host, duplicate, ...(ssl && { ssl }) };
  });
}

/** The ssl config of a TCP host, else that of the section's matcher. With SNI domains only, TLS passes through. */
function hostSsl(section: Section, own: OwnedSsl["config"] | undefined, owner: Owner): OwnedSsl | undefined {
  if (!own) return section.ssl[0];
  return { config: own, owner: { ...owner, origin: { ...owner.origin, path: `${owner.origin.path}.sslConfig` } } };
}
