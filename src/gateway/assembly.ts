import type { AggregateListener, MatchedListener, ProxyListener, ProxyVirtualHost } from "../api/mod.ts";
import { compareText } from "./claims.ts";
import { BATCH, type Member, settleDomains } from "./domains.ts";
import { stableText } from "./merge.ts";
import type { HttpPart, Part, Run, TcpPart } from "./parts.ts";
import { settleSni, type TlsMember } from "./sni.ts";
import { certificateText, mergeSsl, uniteSsl, virtualServiceSsl } from "./ssl.ts";

type ListenerType = Pick<
  ProxyListener,
  "httpListener" | "tcpListener" | "hybridListener" | "aggregateListener" | "sslConfigurations"
>;

/** The one part of a Gateway that is not a hybrid one. */
export function* plainListener(run: Run, part: Part): Generator<void, ListenerType> {
  return part.type === "tcp" ? { tcpListener: part.tcpListener } : yield* httpListener(run, part);
}

/** All parts of a hybrid Gateway as matched listeners. */
export function* hybridListener(run: Run, parts: readonly Part[]): Generator<void, ListenerType> {
  const matchedListeners: MatchedListener[] = [];
  for (const part of parts) {
    const type = part.type === "tcp" ? { tcpListener: part.tcpListener } : yield* httpListener(run, part);
    matchedListeners.push({ ...(part.matcher ? { matcher: part.matcher } : {}), ...type });
  }
  return { hybridListener: { matchedListeners } };
}

/**
 * One http part with all its ssl configs in one list: any certificate serves any of its virtual hosts, as in Gloo without
 * isolateVirtualHostsBySslConfig.
 */
function* httpListener(
  run: Run,
  part: HttpPart,
): Generator<void, Pick<MatchedListener, "httpListener" | "sslConfigurations">> {
  const { scope, members, options, metadataStatic, ssl } = part;
  const virtualHosts = hostsOf(yield* settleDomains(scope, members, run.book, run.reports));
  const tls = ssl ? yield* settleSni(scope, yield* tlsMembers(run, part), run.book, run.reports) : [];
  return {
    httpListener: { virtualHosts, ...(options ? { options } : {}), metadataStatic },
    ...(ssl ? { sslConfigurations: tls.map((member) => member.ssl) } : {}),
  };
}

/**
 * Gloo's AggregateListener: for each distinct ssl config (SNI domains apart) one filter chain that holds only the virtual
 * hosts of its VirtualServices. Chains stand in the order of their first VirtualService.
 */
export function* aggregateListener(run: Run, parts: readonly Part[]): Generator<void, ListenerType> {
  const virtualHosts: Record<string, ProxyVirtualHost> = {};
  const httpOptions: Record<string, NonNullable<HttpPart["options"]>> = {};
  const httpFilterChains: NonNullable<AggregateListener["httpFilterChains"]>[number][] = [];
  for (const part of parts.filter((part): part is HttpPart => part.type === "http")) {
    const httpOptionsRef = placeText(part);
    httpOptions[httpOptionsRef] = part.options ?? {};
    for (const { matcher, members } of yield* chainsOf(run, part)) {
      const virtualHostRefs = hostsOf(members).map((host) => keep(virtualHosts, host));
      const { metadataStatic } = part;
      httpFilterChains.push({ ...(matcher ? { matcher } : {}), httpOptionsRef, virtualHostRefs, metadataStatic });
    }
  }
  const tcpListeners = parts.filter((part): part is TcpPart => part.type === "tcp")
    .map(({ matcher, tcpListener }) => ({ ...(matcher ? { matcher } : {}), tcpListener }));
  return {
    aggregateListener: {
      httpResources: { virtualHosts, httpOptions },
      httpFilterChains,
      ...(tcpListeners.length > 0 ? { tcpListeners } : {}),
    },
  };
}

/** Names the options of a part by where they are written. */
function placeText({ metadataStatic: { key, sources } }: HttpPart): string {
  return `${key}#${sources?.[0]?.path ?? ""}`;
}

interface Chain {
  readonly matcher?: HttpPart["matcher"];
  readonly members: readonly Member[];
}

function* chainsOf(run: Run, part: HttpPart): Generator<void, Chain[]> {
  const { scope, matcher, members, ssl } = part;
  const { book, reports } = run;
  if (!ssl) return [{ ...(matcher ? { matcher } : {}), members: yield* settleDomains(scope, members, book, reports) }];
  const groups = new Map<string, TlsMember[]>();
  for (const member of yield* settleSni(scope, yield* tlsMembers(run, part), book, reports)) {
    const certificate = certificateText(member.ssl);
    const group = groups.get(certificate);
    if (group) group.push(member);
    else groups.set(certificate, [member]);
    yield;
  }
  const chains: Chain[] = [];
  for (const [certificate, group] of groups) {
    const [first, ...others] = group.map((member) => member.ssl);
    const chain = { key: `${scope.key} ${certificate}`, text: scope.text };
    chains.push({
      matcher: { ...matcher, sslConfig: uniteSsl([first!, ...others]) },
      members: yield* settleDomains(chain, group, book, reports),
    });
    yield;
  }
  return chains;
}

/** Members with their ssl configs; the gateway's own is the default for what they leave out. */
function* tlsMembers(run: Run, { members, matcher }: HttpPart): Generator<void, TlsMember[]> {
  const secure: TlsMember[] = [];
  for (const member of members) {
    const own = virtualServiceSsl(member.virtualService, run.settings);
    if (own) secure.push({ ...member, ssl: mergeSsl(own, matcher?.sslConfig) });
    if (secure.length % BATCH === 0) yield;
  }
  return secure;
}

/** Gloo keeps virtual hosts sorted by name. */
function hostsOf(members: readonly Member[]): ProxyVirtualHost[] {
  return members.map(({ virtualHost }) => virtualHost).sort((a, b) => compareText(a.name ?? "", b.name ?? ""));
}

/** Keeps a virtual host under its name; where another chain gave it other domains, under the name with these. */
function keep(hosts: Record<string, ProxyVirtualHost>, host: ProxyVirtualHost): string {
  const { name = "", domains = [] } = host;
  const same = (other: ProxyVirtualHost) => stableText(other.domains) === stableText(domains);
  const key = !(name in hosts) || same(hosts[name]!) ? name : `${name} ${domains.join(" ")}`;
  hosts[key] ??= host;
  return key;
}
