import { sameItems } from "../api/mod.ts";
import type {
  AggregateListener,
  MatchedListener,
  ProxyListener,
  ProxySslConfig,
  ProxyVirtualHost,
} from "../api/mod.ts";
import { settleDomains } from "./domains.ts";
import { keep, sameFields } from "./keep.ts";
import { stableText } from "./merge.ts";
import type { HttpPart, JoinedHttpPart, Run, SettledTcpPart } from "./parts.ts";
import { settleSni, type TlsMember } from "./sni.ts";
import { certificateText, uniteSsl } from "./ssl.ts";

/** The parts of a listener make one of these. Each object in it is the same as before while nothing in it changed. */
export type ListenerType = Pick<
  ProxyListener,
  "httpListener" | "tcpListener" | "hybridListener" | "aggregateListener" | "sslConfigurations"
>;

type JoinedPart = JoinedHttpPart | SettledTcpPart;

/** The one part of a Gateway that is not a hybrid one. */
export function* plainListener(run: Run, joined: JoinedPart): Generator<void, ListenerType> {
  return "members" in joined ? yield* httpListener(run, joined) : { tcpListener: joined.tcpListener };
}

/** All parts of a hybrid Gateway as matched listeners. */
export function* hybridListener(run: Run, key: string, parts: readonly JoinedPart[]): Generator<void, ListenerType> {
  const made: MatchedListener[] = [];
  for (const joined of parts) {
    const { key, matcher } = joined.part;
    const matched: MatchedListener = { ...(matcher ? { matcher } : {}), ...yield* plainListener(run, joined) };
    made.push(keep(run.revision, `matched listener ${run.proxy}`, key, matched, sameFields));
  }
  const matchedListeners = keep(run.revision, `matched listeners ${run.proxy}`, key, made, sameItems);
  return { hybridListener: keep(run.revision, `hybrid ${run.proxy}`, key, { matchedListeners }, sameFields) };
}

/**
 * One http part with all its ssl configs in one list: any certificate serves any of its virtual hosts, as in Gloo
 * without isolateVirtualHostsBySslConfig.
 */
function* httpListener(
  run: Run,
  { part, members }: JoinedHttpPart,
): Generator<void, Pick<MatchedListener, "httpListener" | "sslConfigurations">> {
  const { revision, proxy } = run;
  const { key, scope, options, metadataStatic, place } = part;
  const virtualHosts = yield* settleDomains(run, key, scope, members);
  const listener = { virtualHosts, ...(options ? { options } : {}), metadataStatic };
  const httpListener = keep(revision, `http listener ${proxy}`, key, listener, sameFields);
  if (!place.ssl) return { httpListener };
  const configs = (yield* settleSni(run, part, members)).map(({ ssl }) => ssl);
  return { httpListener, sslConfigurations: keep(revision, `ssl configs ${proxy}`, key, configs, sameItems) };
}

/** One filter chain of an AggregateListener. */
interface Chain {
  readonly part: HttpPart;
  readonly matcher?: HttpPart["matcher"];
  readonly hosts: readonly ProxyVirtualHost[];
}

/**
 * Gloo's AggregateListener: for each distinct ssl config (SNI domains apart) one filter chain that holds only the
 * virtual hosts of its VirtualServices. Chains stand in the order of their first VirtualService.
 */
export function* aggregateListener(run: Run, key: string, parts: readonly JoinedPart[]): Generator<void, ListenerType> {
  const http: HttpPart[] = [];
  const chains: Chain[] = [];
  const tcp: SettledTcpPart[] = [];
  for (const joined of parts) {
    if ("members" in joined) {
      http.push(joined.part);
      for (const chain of yield* chainsOf(run, joined)) chains.push(chain);
    } else tcp.push(joined);
  }
  const inputs = [
    ...http,
    ...chains.flatMap(({ part, matcher, hosts }) => [part, matcher, hosts]),
    ...tcp.flatMap(({ part, tcpListener }) => [part, tcpListener]),
  ];
  const aggregateListener = run.revision.table<string, AggregateListener>("aggregate listener", run.proxy)
    .recall(key, inputs, () => aggregate(http, chains, tcp));
  return { aggregateListener };
}

function aggregate(
  http: readonly HttpPart[],
  chains: readonly Chain[],
  tcp: readonly SettledTcpPart[],
): AggregateListener {
  const virtualHosts: Record<string, ProxyVirtualHost> = {};
  const httpOptions = Object.fromEntries(http.map((part) => [placeText(part), part.options ?? {}]));
  const httpFilterChains = chains.map(({ part, matcher, hosts }) => {
    const { metadataStatic } = part;
    const virtualHostRefs = hosts.map((host) => register(virtualHosts, host));
    return { ...(matcher ? { matcher } : {}), httpOptionsRef: placeText(part), virtualHostRefs, metadataStatic };
  });
  const tcpListeners = tcp.map(({ part: { matcher }, tcpListener }) => ({
    ...(matcher ? { matcher } : {}),
    tcpListener,
  }));
  return {
    httpResources: { virtualHosts, httpOptions },
    httpFilterChains,
    ...(tcpListeners.length > 0 ? { tcpListeners } : {}),
  };
}

/** Names the options of a part by where they are written. */
function placeText({ metadataStatic: { key, sources } }: HttpPart): string {
  return `${key}#${sources?.[0]?.path ?? ""}`;
}

/** Keeps a virtual host under its name; where another chain gave it other domains, under the name with these. */
function register(hosts: Record<string, ProxyVirtualHost>, host: ProxyVirtualHost): string {
  const { name = "", domains = [] } = host;
  const same = (other: ProxyVirtualHost) => stableText(other.domains) === stableText(domains);
  const key = !(name in hosts) || same(hosts[name]!) ? name : `${name} ${domains.join(" ")}`;
  hosts[key] ??= host;
  return key;
}

function* chainsOf(run: Run, { part, members }: JoinedHttpPart): Generator<void, Chain[]> {
  const { revision, proxy } = run;
  const { key, scope, matcher, place } = part;
  if (!place.ssl) {
    const hosts = yield* settleDomains(run, key, scope, members);
    return [{ part, ...(matcher ? { matcher } : {}), hosts }];
  }
  const matchers = revision.table<string, NonNullable<HttpPart["matcher"]>>("chain matcher", proxy);
  const chains: Chain[] = [];
  for (const [certificate, group] of byCertificate(run, yield* settleSni(run, part, members))) {
    const chainKey = `${key} ${certificate}`;
    const chainScope = { key: `${scope.key} ${certificate}`, text: scope.text };
    const [first, ...others] = group.map(({ ssl }) => ssl);
    const united = matchers.recall(
      chainKey,
      [matcher, first, ...others],
      () => ({ ...matcher, sslConfig: uniteSsl([first!, ...others]) }),
    );
    const hosts = yield* settleDomains(run, chainKey, chainScope, group.map(({ member }) => member));
    chains.push({ part, matcher: united, hosts });
    yield;
  }
  return chains;
}

function byCertificate({ revision }: Run, members: readonly TlsMember[]): Map<string, TlsMember[]> {
  const texts = revision.table<ProxySslConfig, string>("certificate text");
  const groups = new Map<string, TlsMember[]>();
  for (const member of members) {
    const { ssl } = member;
    const certificate = texts.recall(ssl, [], () => certificateText(ssl));
    const group = groups.get(certificate);
    if (group) group.push(member);
    else groups.set(certificate, [member]);
  }
  return groups;
}
