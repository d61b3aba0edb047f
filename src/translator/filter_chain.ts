import type { Message } from "../envoy/mod.ts";
import type { ResourceRefs } from "../xds/mod.ts";
import type { TranslationContext } from "./context.ts";
import { downstreamTls } from "./downstream_tls.ts";
import { matchKeys, serverNames } from "./filter_chain_matches.ts";
import type { ChainUnit, FilterChain, SectionParts } from "./filter_chains.ts";
import { layOver } from "./lay_over.ts";
import { Faults } from "./origins.ts";
import type { FilterChainPiece } from "./pieces.ts";
import { encodeOrReport } from "./resources.ts";
import type { OwnedSsl } from "./sections.ts";
import { tcpNetworkFilters } from "./tcp_filter_chains.ts";

type EnvoyFilterChain = Message<typeof FILTER_CHAIN>;
type FilterChainMatch = Message<"envoy.config.listener.v3.FilterChainMatch">;
const FILTER_CHAIN = "envoy.config.listener.v3.FilterChain";

/** Translates one filter chain. */
export function makeFilterChain(context: TranslationContext, parts: SectionParts, unit: ChainUnit): FilterChain {
  const { owner, ssl, host } = unit;
  const faults = new Faults();
  const { filters, refs } = host ? tcpTarget(context, parts, unit, faults) : httpTarget(parts);
  const names = ssl ? serverNames(ssl, faults) : [];
  const terminated = ssl && !(host && passesThrough(ssl)) ? ssl : undefined;
  const tls = terminated && downstreamTls(context, terminated.config, terminated.owner, faults);
  faults.add(parts.mutationReports);
  const filterChainMatch = { ...parts.match, ...(names.length > 0 && { serverNames: names }) };
  const own: EnvoyFilterChain = { filters, ...tls?.filterChain, filterChainMatch };
  const told = (path: string) => `a plugin sets ${path} of a filter chain, which is set already`;
  const { filterChainMatch: mergedMatch = {}, ...rest } = layOver(own, parts.mutation, owner.origin, faults, told);
  const bytes = encodeOrReport(FILTER_CHAIN, rest, owner.origin, faults);
  const secrets = tls?.secrets.map(({ name }) => name) ?? [];
  const match: FilterChainMatch = { ...mergedMatch, ...(tls && parts.mixed && { transportProtocol: "tls" }) };
  const faulty = parts.failed || host?.invalid !== undefined || faults.failed || !bytes;
  const piece: FilterChainPiece = {
    key: unit.key,
    origin: owner.origin,
    match,
    ...(faulty ? { rejected: "hold", bytes: undefined } : { bytes }),
    refs: { ...refs, ...(secrets.length > 0 && { secrets }) },
  };
  const keys = faulty ? [] : matchKeys(match);
  return { piece, keys, secrets: faulty ? [] : tls?.secrets ?? [], reports: faults.reports };
}

interface Target {
  readonly filters: EnvoyFilterChain["filters"];
  readonly refs: ResourceRefs;
}

function httpTarget({ http }: SectionParts): Target {
  return { filters: http!.filters, refs: { routes: [http!.routes] } };
}

function tcpTarget(context: TranslationContext, parts: SectionParts, unit: ChainUnit, faults: Faults): Target {
  const { owner, duplicate } = unit;
  const host = unit.host!;
  const { tcp, listener, listenerOwner, listenerOptions } = parts;
  const { filters, clusters } = tcpNetworkFilters(
    context,
    tcp!,
    host,
    owner,
    listener,
    listenerOwner,
    listenerOptions,
    faults,
  );
  if (duplicate) {
    const message = `two TCP hosts of the listener are called ${JSON.stringify(host.name)}`;
    faults.error("SLUICE-1340", owner.origin, message);
  }
  return { filters, refs: clusters.length > 0 ? { clusters } : {} };
}

/** True for a TCP host's ssl config that has server names only. */
function passesThrough({ config }: OwnedSsl): boolean {
  return !config.secretRef && !config.sslFiles && !config.sds;
}
