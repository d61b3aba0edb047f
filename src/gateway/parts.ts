import type { HttpGateway, ListenerMatcher, ProxySslConfig, Resource, Spec, TcpListener } from "../api/mod.ts";
import type { Revision } from "../incremental/mod.ts";
import type { Report } from "../report/mod.ts";
import type { ClaimBook } from "./claims.ts";
import type { Member, Scope } from "./domains.ts";
import { stableText } from "./merge.ts";
import { addressOf, listenerName } from "./names.ts";
import type { Provenance } from "./provenance.ts";
import type { HttpGatewayPlace } from "./selection.ts";
import type { TcpGatewayPlace } from "./tcp.ts";

/** One translation of the Gateways of one proxy. */
export interface Run {
  readonly revision: Revision;
  readonly settings: Spec<"Settings">;
  readonly proxy: string;
  readonly book: ClaimBook;
  /** Where faults are told: lists of them, to which the translation appends. */
  readonly reports: (readonly Report[])[];
}

/** What Gateways alone say of the http part of a listener: the same object for as long as they are the same. */
export interface HttpPart {
  readonly type: "http";
  /** Unique among the parts of the proxy. */
  readonly key: string;
  readonly scope: Scope;
  /** Which connections; absent where the Gateway is not a hybrid one. Its sslConfig is the gateway's own. */
  readonly matcher?: ListenerMatcher;
  readonly options?: HttpGateway["options"];
  readonly metadataStatic: Provenance;
  readonly place: HttpGatewayPlace;
}

/** What Gateways say of a tcp part. */
export interface TcpPart {
  readonly type: "tcp";
  readonly key: string;
  readonly scope: Scope;
  readonly matcher?: ListenerMatcher;
  readonly place: TcpGatewayPlace;
}

export type Part = HttpPart | TcpPart;

/** An http part with the VirtualServices that joined it, before domains and SNI domains are settled. */
export interface JoinedHttpPart {
  readonly part: HttpPart;
  readonly members: readonly Member[];
}

/** A tcp part with its hosts settled. */
export interface SettledTcpPart {
  readonly part: TcpPart;
  readonly tcpListener: TcpListener;
}

/** The set of virtual hosts or TCP hosts under a Gateway's address and, in a hybrid one, under one matcher. */
export function scopeOf(proxy: string, gateway: Resource<"Gateway">, matcher?: ListenerMatcher): Scope {
  const address = `${proxy} ${addressOf(gateway)}`;
  const text = `${listenerName(gateway)} of proxy ${proxy}`;
  return { key: matcher ? `${address} ${stableText(withoutProvenance(matcher))}` : address, text };
}

function withoutProvenance({ sslConfig, ...rest }: ListenerMatcher): ListenerMatcher {
  if (!sslConfig) return rest;
  const { metadataStatic: _, ...config }: ProxySslConfig = sslConfig;
  return { ...rest, sslConfig: config };
}

/**
 * True where the part opens its port. Gloo opens none for a gateway that nothing joins, unless `translateEmptyGateways`
 * says so; with TLS there would be no certificate to open it with. No report: a fresh installation has such gateways.
 */
export function isServed(joined: JoinedHttpPart | SettledTcpPart, settings: Spec<"Settings">): boolean {
  if (!("members" in joined) || joined.members.length > 0) return true;
  return !joined.part.place.ssl && settings.gateway?.translateEmptyGateways === true;
}
