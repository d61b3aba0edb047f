import type {
  AggregateListener,
  HttpListener,
  ListenerMatcher,
  MatchedListener,
  Origin,
  ProxyListener,
  ProxySslConfig,
  ProxyTcpHost,
  TcpListener,
} from "../api/mod.ts";
import { versionOf } from "../xds/mod.ts";
import { at, type Owner, ownerOf } from "./origins.ts";
import { stableText } from "./stable_text.ts";
import { textBytes } from "./text_bytes.ts";

/** An ssl config and whose it is; the owner's path is that of the config. */
export interface OwnedSsl {
  readonly config: ProxySslConfig;
  readonly owner: Owner;
}

/** Its virtual hosts are not in it (see {@link sectionHosts}). */
export interface HttpPart {
  readonly options: object | undefined;
  /** Whose options they are; they are at `options` below the owner's path. */
  readonly owner: Owner;
  readonly optionsPath: string;
  readonly statPrefix: string;
}

export interface TcpPart {
  readonly hosts: readonly { readonly host: ProxyTcpHost; readonly place: Origin }[];
  readonly options: object | undefined;
  readonly owner: Owner;
  readonly statPrefix: string;
}

/** One http or tcp part of a listener, with what connections it is for. A plain http or tcp listener is one section. */
export interface Section {
  /** Tells the sections of a listener apart: "" for the only one, else a hash of the matcher. */
  readonly id: string;
  readonly matcher: ListenerMatcher | undefined;
  /** Where the matcher stands. */
  readonly place: Origin;
  readonly ssl: readonly OwnedSsl[];
  readonly http?: HttpPart;
  readonly tcp?: TcpPart;
}

/** True where connections of the section are, or may be, TLS that Envoy has to look into. */
export function usesTls({ ssl, tcp }: Section): boolean {
  return ssl.length > 0 || (tcp?.hosts.some(({ host }) => host.sslConfig !== undefined) ?? false);
}

/**
 * The sections of a listener of any type; `place` is the listener's in its Proxy. Empty for one without a type. Does not
 * look at virtual hosts.
 */
export function sectionsOf(listener: ProxyListener, place: Origin): Section[] {
  if (listener.hybridListener) {
    const matched = listener.hybridListener.matchedListeners ?? [];
    return distinct(matched.map((one, i) => matchedSection(one, at(place, `hybridListener.matchedListeners[${i}]`))));
  }
  if (listener.aggregateListener) {
    return distinct(aggregateSections(listener.aggregateListener, at(place, "aggregateListener")));
  }
  const ssl = (listener.sslConfigurations ?? []).map((config, i) =>
    owned(config, at(place, `sslConfigurations[${i}]`))
  );
  const common = { id: "", matcher: undefined, place, ssl };
  if (listener.httpListener) return [{ ...common, http: httpPart(listener.httpListener, at(place, "httpListener")) }];
  if (listener.tcpListener) return [{ ...common, tcp: tcpPart(listener.tcpListener, at(place, "tcpListener")) }];
  return [];
}

function matchedSection(
  { matcher, httpListener, tcpListener, sslConfigurations }: MatchedListener,
  place: Origin,
): Section {
  const ssl = sslConfigurations?.length
    ? sslConfigurations.map((config, i) => owned(config, at(place, `sslConfigurations[${i}]`)))
    : sslOfMatcher(matcher, place);
  return {
    id: matcherId(matcher),
    matcher,
    place: at(place, "matcher"),
    ssl,
    ...(httpListener && { http: httpPart(httpListener, at(place, "httpListener")) }),
    ...(tcpListener && { tcp: tcpPart(tcpListener, at(place, "tcpListener")) }),
  };
}

function aggregateSections(aggregate: AggregateListener, place: Origin): Section[] {
  const { httpResources, httpFilterChains = [], tcpListeners = [] } = aggregate;
  const http = httpFilterChains.map((chain, i): Section => {
    const chainPlace = at(place, `httpFilterChains[${i}]`);
    const owner = ownerOf(
      chain.metadataStatic,
      () => at(place, `httpResources.httpOptions.${chain.httpOptionsRef ?? ""}`),
    );
    const options = httpResources?.httpOptions?.[chain.httpOptionsRef ?? ""];
    const optionsPath = chain.metadataStatic ? "options" : "";
    return {
      ...matched(chain.matcher, chainPlace),
      http: { options, owner, optionsPath, statPrefix: "http" },
    };
  });
  const tcp = tcpListeners.map(({ matcher, tcpListener }, i): Section => {
    const chainPlace = at(place, `tcpListeners[${i}]`);
    return { ...matched(matcher, chainPlace), tcp: tcpPart(tcpListener ?? {}, at(chainPlace, "tcpListener")) };
  });
  return [...http, ...tcp];
}

function matched(matcher: ListenerMatcher | undefined, place: Origin): Omit<Section, "http" | "tcp"> {
  return { id: matcherId(matcher), matcher, place: at(place, "matcher"), ssl: sslOfMatcher(matcher, place) };
}

function sslOfMatcher(matcher: ListenerMatcher | undefined, place: Origin): OwnedSsl[] {
  return matcher?.sslConfig ? [owned(matcher.sslConfig, at(place, "matcher.sslConfig"))] : [];
}

function owned(config: ProxySslConfig, place: Origin): OwnedSsl {
  return { config, owner: ownerOf(config.metadataStatic, () => place) };
}

function httpPart({ options, statPrefix, metadataStatic }: HttpListener, place: Origin): HttpPart {
  return {
    options,
    owner: ownerOf(metadataStatic, () => place),
    optionsPath: "options",
    statPrefix: statPrefix || "http",
  };
}

function tcpPart({ tcpHosts = [], options, statPrefix, metadataStatic }: TcpListener, place: Origin): TcpPart {
  return {
    hosts: tcpHosts.map((host, i) => ({ host, place: at(place, `tcpHosts[${i}]`) })),
    options,
    owner: ownerOf(metadataStatic, () => place),
    statPrefix: statPrefix || "tcp",
  };
}

/** Whose config it is does not tell matchers apart, what it says does. */
function matcherId(matcher: ListenerMatcher | undefined): string {
  const { sslConfig, ...rest } = matcher ?? {};
  const { metadataStatic: _, ...ssl } = sslConfig ?? {};
  const text = stableText({ ...rest, ...(sslConfig && { sslConfig: ssl }) });
  return versionOf(textBytes(text)).slice(0, 12);
}

/** Two sections with one matcher must not share the name of a route configuration. */
function distinct(sections: readonly Section[]): Section[] {
  const counts = new Map<string, number>();
  return sections.map((section) => {
    const count = (counts.get(section.id) ?? 0) + 1;
    counts.set(section.id, count);
    return count === 1 ? section : { ...section, id: `${section.id}-${count}` };
  });
}
