import type { Message } from "../envoy/mod.ts";
import type { Report } from "../report/mod.ts";
import type { XdsResource } from "../xds/mod.ts";
import { isAddress, isPort } from "./addresses.ts";
import type { TranslationContext } from "./context.ts";
import { settleMatches } from "./filter_chain_matches.ts";
import { type FilterChain, sectionChains } from "./filter_chains.ts";
import { callAndMerge, callHooks } from "./hooks.ts";
import { EVERY_ADDRESS, type ListenerFrame } from "./listener_units.ts";
import { at, Faults } from "./origins.ts";
import type { ClusterPiece, ListenerPiece } from "./pieces.ts";
import { encodeOrReport, withOrigin } from "./resources.ts";

const LISTENER = "envoy.config.listener.v3.Listener";

export interface ListenerTranslation {
  readonly piece: ListenerPiece;
  readonly generated: { readonly listeners: readonly ListenerPiece[]; readonly clusters: readonly ClusterPiece[] };
  readonly secrets: readonly XdsResource[];
  readonly reports: readonly Report[];
}

/**
 * Translates one listener without its routes. No virtual host or route has a say in it but through ssl configs, so that
 * no edit of routes drains connections. An error of a section rejects its filter chains, an error of the listener's own
 * options the frame. Yields after each filter chain.
 */
export function* translateListener(
  context: TranslationContext,
  unit: ListenerFrame,
): Generator<void, ListenerTranslation> {
  const { revision, settings, plugins } = context;
  return yield* revision.table<string, ListenerTranslation>("listener", unit.proxy).recallInSlices(
    unit.key,
    [unit, settings, plugins],
    () => makeListener(context, unit),
  );
}

function* makeListener(context: TranslationContext, unit: ListenerFrame): Generator<void, ListenerTranslation> {
  const { proxyListener, owner, projection, sections, key } = unit;
  const faults = new Faults();
  faults.add(unit.faults);
  if (sections.length === 0 && proxyListener.invalid === undefined) {
    faults.error("SLUICE-1313", owner.origin, "the listener has no http, tcp, hybrid or aggregate part");
  }
  const bytes = encodeOrReport(LISTENER, frameOf(context, unit, faults), owner.origin, faults);
  const chains: FilterChain[] = [];
  const sectionReports: (readonly Report[])[] = [];
  const keys = new Set<string>();
  for (const section of sections) {
    const made = yield* sectionChains(context, unit, section, keys);
    for (const chain of made.chains) chains.push(chain);
    sectionReports.push(made.reports);
  }
  const settled = settleMatches(chains);
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
    reports: [...faults.reports, ...sectionReports.flat(), ...settled.reports],
  };
}

function frameOf(context: TranslationContext, unit: ListenerFrame, faults: Faults): Message<typeof LISTENER> {
  const { proxyListener, owner, projection } = unit;
  const { name, bindAddress, bindPort } = projection;
  if (name === "") {
    // Envoy would make one up, another with each update, and then finds the port taken.
    faults.error("SLUICE-1313", at(owner.origin, "name"), "a listener needs a name, by which Envoy knows it again");
  }
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
  { proxyListener, owner, projection, sections }: ListenerFrame,
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
