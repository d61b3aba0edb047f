import {
  type HttpGateway,
  idKey,
  idOf,
  type ListenerMatcher,
  type Lookup,
  type ProxySslConfig,
  type Resource,
  type Spec,
  type TcpListener,
} from "../api/mod.ts";
import type { Report } from "../report/mod.ts";
import type { ClaimBook } from "./claims.ts";
import { claimantOf, type Member, type Scope } from "./domains.ts";
import { stableText } from "./merge.ts";
import { addressOf, listenerName } from "./names.ts";
import { type Provenance, provenance, sourceOf } from "./provenance.ts";
import { type HttpGatewayPlace, selectVirtualServices } from "./selection.ts";
import { translateVirtualService, warnsOfShadowing } from "./virtual_host.ts";

/** One translation of the Gateways of one proxy. */
export interface Run {
  readonly lookup: Lookup;
  readonly settings: Spec<"Settings">;
  readonly proxy: string;
  readonly book: ClaimBook;
  /** Where faults are told; the translation appends to it. */
  readonly reports: Report[];
}

/** The http part of a listener before domains and SNI domains are settled. */
export interface HttpPart {
  readonly type: "http";
  readonly scope: Scope;
  /** Which connections; absent where the Gateway is not a hybrid one. Its sslConfig is the gateway's own. */
  readonly matcher?: ListenerMatcher;
  readonly ssl: boolean;
  readonly options?: HttpGateway["options"];
  readonly metadataStatic: Provenance;
  readonly members: readonly Member[];
}

/** The tcp part of a listener. */
export interface TcpPart {
  readonly type: "tcp";
  readonly matcher?: ListenerMatcher;
  readonly tcpListener: TcpListener;
}

export type Part = HttpPart | TcpPart;

/** The set of virtual hosts or TCP hosts under a Gateway's address and, in a hybrid one, under one matcher. */
export function scopeOf(run: Run, gateway: Resource<"Gateway">, matcher?: ListenerMatcher): Scope {
  const address = `${run.proxy} ${addressOf(gateway)}`;
  const text = `${listenerName(gateway)} of proxy ${run.proxy}`;
  return { key: matcher ? `${address} ${stableText(withoutProvenance(matcher))}` : address, text };
}

function withoutProvenance({ sslConfig, ...rest }: ListenerMatcher): ListenerMatcher {
  if (!sslConfig) return rest;
  const { metadataStatic: _, ...config }: ProxySslConfig = sslConfig;
  return { ...rest, sslConfig: config };
}

/** The http part that a gateway makes with the VirtualServices that join it; `undefined` if its selection is malformed. */
export function* httpPart(
  run: Run,
  gateway: Resource<"Gateway">,
  place: HttpGatewayPlace,
  overrides: Pick<HttpPart, "matcher" | "options"> & { readonly metadataStatic?: Provenance },
): Generator<void, HttpPart | undefined> {
  const { lookup, settings, proxy, reports } = run;
  const { owner, path, ssl, httpGateway } = place;
  const virtualServices = selectVirtualServices(place, lookup, reports);
  if (!virtualServices) return undefined;
  const input = { gateway: gateway.metadata.name, proxy, warnsOfShadowing: warnsOfShadowing(settings), lookup };
  const members: Member[] = [];
  for (const virtualService of virtualServices) {
    const { virtualHost, reports: own } = translateVirtualService({ ...input, virtualService });
    reports.push(...own);
    if (virtualHost) members.push({ virtualService, virtualHost, claimant: claimantOf(virtualService) });
    yield;
  }
  const { matcher, options = httpGateway.options, metadataStatic } = overrides;
  return {
    type: "http",
    scope: scopeOf(run, gateway, matcher),
    ...(matcher ? { matcher } : {}),
    ssl,
    ...(options ? { options } : {}),
    metadataStatic: metadataStatic ?? provenance(idKey(idOf(owner)), [sourceOf(owner, path)]),
    members,
  };
}

/**
 * True where the part opens its port. Gloo opens none for a gateway that nothing joins, unless `translateEmptyGateways`
 * says so; with TLS there would be no certificate to open it with. No report: a fresh installation has such gateways.
 */
export function isServed(part: Part, settings: Spec<"Settings">): boolean {
  if (part.type === "tcp" || part.members.length > 0) return true;
  return !part.ssl && settings.gateway?.translateEmptyGateways === true;
}
