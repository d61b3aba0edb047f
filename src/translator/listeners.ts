import { idKey, type Origin, type ProxyListener, type Ref } from "../api/mod.ts";
import type { Message } from "../envoy/mod.ts";
import type { ListenerProjection } from "../plugins/mod.ts";
import type { Report } from "../report/mod.ts";
import type { XdsResource } from "../xds/mod.ts";
import { isAddress, isPort } from "./addresses.ts";
import type { TranslationContext } from "./context.ts";
import { settleMatches } from "./filter_chain_matches.ts";
import { type ChainScope, type FilterChains, sectionChains } from "./filter_chains.ts";
import { callAndMerge, callHooks } from "./hooks.ts";
import { at, Faults, type Owner, ownerOf } from "./origins.ts";
import type { ClusterPiece, ListenerPiece } from "./pieces.ts";
import { encodeOrReport, withOrigin } from "./resources.ts";
import { type Section, sectionsOf, usesTls } from "./sections.ts";
import { unique } from "./unique.ts";

const LISTENER = "envoy.config.listener.v3.Listener";
/** As Gloo's Gateways have it: all addresses, IPv4 too. */
const EVERY_ADDRESS = "::";

/** A listener of a Proxy, and what its translation depends on besides Settings and lookups. */
export interface ListenerUnit {
  readonly proxyListener: ProxyListener;
  readonly owner: Owner;
  readonly projection: ListenerProjection;
  readonly sections: readonly Section[];
  readonly key: string;
  /** What is wrong with it beside its neighbours; it is rejected then. */
  readonly faults: readonly Report[];
}

export interface ListenerTranslation {
  readonly piece: ListenerPiece;
  readonly generated: { readonly listeners: readonly ListenerPiece[]; readonly clusters: readonly ClusterPiece[] };
  readonly secrets: readonly XdsResource[];
  readonly reports: readonly Report[];
}

/**
 * The listeners of a Proxy; `place` is the Proxy. Of two with one name or one address and port the first is kept (Gloo
 * rejects every listener of the Proxy).
 */
export function listenerUnits(listeners: readonly ProxyListener[], place: Origin, proxy: Ref): ListenerUnit[] {
  const names = new Set<string>();
  const binds = new Map<string, string>();
  const keys = new Set<string>();
  return listeners.map((proxyListener, i) => {
    const own = at(place, `listeners[${i}]`);
    const name = proxyListener.name ?? "";
    const owner = ownerOf(proxyListener.metadataStatic, own, `${idKey(place)}#${name}`);
    const { bindAddress = EVERY_ADDRESS, bindPort = 0 } = proxyListener;
    const faults = new Faults();
    // What gateway translation found invalid it has reported, and it takes nothing from anyone.
    if (proxyListener.invalid === undefined) {
      claimPlace({ name, bind: `${bindAddress}:${bindPort}`, names, binds, owner, faults });
    }
    const sections = sectionsOf(proxyListener, own);
    const projection = { name, bindAddress, bindPort, usesTls: sections.some(usesTls), proxy };
    return { proxyListener, owner, projection, sections, key: unique(owner.key, keys), faults: faults.reports };
  });
}

interface Claim {
  readonly name: string;
  readonly bind: string;
  readonly names: Set<string>;
  readonly binds: Map<string, string>;
  readonly owner: Owner;
  readonly faults: Faults;
}

function claimPlace({ name, bind, names, binds, owner, faults }: Claim): void {
  if (names.has(name)) faults.error("SLUICE-1310", owner.origin, `two listeners are called ${JSON.stringify(name)}`);
  names.add(name);
  const holder = binds.get(bind);
  if (holder !== undefined) {
    faults.error("SLUICE-1311", owner.origin, `${bind} is bound by listener ${JSON.stringify(holder)} already`);
  } else if (!faults.failed) {
    binds.set(bind, name);
  }
}

/**
 * Translates one listener without its routes. No virtual host or route has a say in it but through ssl configs, so that
 * no edit of routes drains connections. An error of a section rejects its filter chains, an error of the listener's own
 * options the frame. Yields after each filter chain.
 */
export function* translateListener(
  context: TranslationContext,
  unit: ListenerUnit,
): Generator<void, ListenerTranslation> {
  const { proxyListener, owner, projection, sections, key } = unit;
  const faults = new Faults();
  faults.add(unit.faults);
  if (sections.length === 0 && proxyListener.invalid === undefined) {
    faults.error("SLUICE-1313", owner.origin, "the listener has no http, tcp, hybrid or aggregate part");
  }
  const frame = frameOf(context, unit, faults);
  const bytes = encodeOrReport(LISTENER, frame, owner.origin, faults);
  const scope: ChainScope = {
    proxyListener,
    listener: projection,
    owner,
    mixed: sections.some(usesTls) && sections.some((section) => !usesTls(section)),
    keys: new Set(),
  };
  const chains: FilterChains[] = [];
  for (const section of sections) chains.push(yield* sectionChains(context, scope, section));
  const settled = settleMatches(chains.flatMap(({ pieces }) => pieces));
  const generated = generatedPieces(context, unit, faults);
  const faulty = faults.failed || proxyListener.invalid !== undefined || !bytes;
  const piece: ListenerPiece = {
    key,
    name: projection.name,
    origin: owner.origin,
    ...(faulty ? { rejected: "hold", bytes: undefined } : { bytes }),
    refs: {},
    filterChains: settled.pieces,
  };
  return {
    piece,
    generated,
    secrets: chains.flatMap(({ secrets }) => secrets),
    reports: [...faults.reports, ...chains.flatMap(({ reports }) => reports), ...settled.reports],
  };
}

function frameOf(context: TranslationContext, unit: ListenerUnit, faults: Faults): Message<typeof LISTENER> {
  const { proxyListener, owner, projection } = unit;
  const { name, bindAddress, bindPort } = projection;
  if (!isAddress(bindAddress)) {
    const message = `${JSON.stringify(bindAddress)} is no IP address to listen on`;
    faults.error("SLUICE-1312", at(owner.origin, "bindAddress"), message);
  }
  if (!isPort(bindPort)) {
    faults.error("SLUICE-1312", at(owner.origin, "bindPort"), `${bindPort} is no port; 1 to 65535 is wanted`);
  }
  const { value, reports } = callAndMerge(context, {
    hook: "listener",
    owner,
    options: [{ argument: "options", hole: "listener", value: proxyListener.options, owner, path: "options" }],
    input: { listener: projection },
  });
  faults.add(reports);
  const ipv4Compat = bindAddress === EVERY_ADDRESS;
  return {
    ...value,
    name,
    address: { socketAddress: { address: bindAddress, portValue: bindPort, ...(ipv4Compat && { ipv4Compat }) } },
    metadata: withOrigin(value.metadata, owner.origin),
  };
}

/** Clusters and listeners that plugins need for an http part. */
function generatedPieces(
  context: TranslationContext,
  { proxyListener, owner, projection, sections }: ListenerUnit,
  faults: Faults,
): ListenerTranslation["generated"] {
  const listeners: ListenerPiece[] = [];
  const clusters: ClusterPiece[] = [];
  for (const { http } of sections) {
    if (!http) continue;
    const { parts, reports } = callHooks(context, {
      hook: "generatedResources",
      owner: http.owner,
      options: [
        { argument: "options", hole: "httpListener", value: http.options, owner: http.owner, path: http.optionsPath },
        { argument: "listenerOptions", hole: "listener", value: proxyListener.options, owner, path: "options" },
      ],
      input: { listener: projection },
    });
    faults.add(reports);
    for (const { fragment } of parts) {
      for (const message of fragment.clusters ?? []) {
        const bytes = encodeOrReport("envoy.config.cluster.v3.Cluster", message, http.owner.origin, faults);
        const name = message.name ?? "";
        if (bytes) clusters.push({ key: name, name, origin: http.owner.origin, bytes, refs: {} });
      }
      for (const { filterChains = [], ...message } of fragment.listeners ?? []) {
        const bytes = encodeOrReport(LISTENER, message, http.owner.origin, faults);
        const name = message.name ?? "";
        if (!bytes) continue;
        const chains = filterChains.flatMap(({ filterChainMatch: match = {}, ...rest }, i) => {
          const chain = encodeOrReport("envoy.config.listener.v3.FilterChain", rest, http.owner.origin, faults);
          return chain ? [{ key: `${i}`, origin: http.owner.origin, match, bytes: chain, refs: {} }] : [];
        });
        listeners.push({ key: name, name, origin: http.owner.origin, bytes, refs: {}, filterChains: chains });
      }
    }
  }
  return { listeners, clusters };
}
