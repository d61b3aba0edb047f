import { sameItems, sameValue } from "../api/mod.ts";
import { encode } from "../envoy/mod.ts";
import type { ListenerProjection } from "../plugins/mod.ts";
import type { Report } from "../report/mod.ts";
import { keepEqual, type TranslationContext } from "./context.ts";
import { callAndMerge } from "./hooks.ts";
import { Faults, type Owner } from "./origins.ts";
import type { RouteConfigurationPiece, VirtualHostPiece } from "./pieces.ts";
import { encodeOrReport } from "./resources.ts";
import type { SectionHosts } from "./section_hosts.ts";
import { hostOwner, type SettledHost, type SettledHosts, settleHosts } from "./settled_hosts.ts";
import { type HostScope, translateVirtualHost, type VirtualHostTranslation } from "./virtual_hosts.ts";

const ROUTE_CONFIGURATION = "envoy.config.route.v3.RouteConfiguration";
/** Envoy's default for the body of a direct response, in bytes. */
const MAX_BODY_BYTES = 4096;
/** Between so many virtual hosts that did not change work is given up once. */
const UNCHANGED_HOSTS = 250;

/** The virtual hosts of one http part of a listener. */
export interface RouteConfigurationUnit {
  readonly name: string;
  /** Names Proxy and listener. */
  readonly scope: string;
  readonly hosts: SectionHosts;
  readonly routeOptions: object | undefined;
  /** The owner of the listener, whose `routeOptions` they are. */
  readonly owner: Owner;
  readonly listener: ListenerProjection;
  readonly tls: boolean;
}

export interface RouteConfigurationTranslation {
  readonly piece: RouteConfigurationPiece;
  /** None of the lists is empty. */
  readonly reports: readonly (readonly Report[])[];
}

/** A route configuration without its virtual hosts. */
interface Frame {
  readonly rejected: boolean;
  readonly bytes: Uint8Array;
  readonly maxBodyBytes: number;
  readonly reports: readonly Report[];
}

/**
 * Translates a route configuration; yields after each virtual host that is made. An error in the `routeOptions` rejects
 * the frame alone; its stand-in is the frame without what is faulty.
 */
export function* translateRouteConfiguration(
  context: TranslationContext,
  unit: RouteConfigurationUnit,
): Generator<void, RouteConfigurationTranslation> {
  const { revision, settings, plugins } = context;
  const { name, scope: listenerScope, owner, listener, tls, routeOptions } = unit;
  const frame = revision.table<string, Frame>("routeConfigurationFrame", listenerScope)
    .recall(name, [routeOptions, owner, listener, settings, plugins], () => frameOf(context, unit), sameValue);
  const scope = keepEqual<HostScope>(context, "hostScope", listenerScope, name, {
    routeConfiguration: name,
    scope: listenerScope,
    listener,
    tls,
    maxBodyBytes: frame.maxBodyBytes,
    settings,
    plugins,
  });
  const settled = yield* settleHosts(context, unit);
  const { virtualHosts, reports } = yield* translateHosts(context, unit, scope, settled);
  const piece = revision.table<string, RouteConfigurationPiece>("routeConfiguration", listenerScope)
    .recall(name, [frame, owner, virtualHosts], () => pieceOf(unit, frame, virtualHosts), sameHosts);
  return { piece, reports: [frame.reports, settled.reports, ...reports].filter((list) => list.length > 0) };
}

interface HostsTranslation {
  readonly virtualHosts: readonly VirtualHostPiece[];
  readonly reports: readonly (readonly Report[])[];
}

/** This runs over all virtual hosts at every edit: what is not made anew must cost next to nothing. */
function* translateHosts(
  context: TranslationContext,
  unit: RouteConfigurationUnit,
  scope: HostScope,
  { hosts: settled }: SettledHosts,
): Generator<void, HostsTranslation> {
  const { virtualHosts: given } = unit.hosts;
  const table = context.revision.table<string, VirtualHostTranslation>("virtualHost", `${unit.scope} ${unit.name}`);
  const virtualHosts: VirtualHostPiece[] = [];
  const reports: (readonly Report[])[] = [];
  // One list for all: V8 puts lists that were once kept where only a full collection finds them.
  const inputs: unknown[] = [];
  let i = 0;
  const make = () => translateHost(context, unit, scope, i, settled[i]!);
  for (; i < given.length; i++) {
    const { key, domains, invalid, path } = settled[i]!;
    inputs[0] = given[i];
    inputs[1] = domains;
    inputs[2] = invalid;
    inputs[3] = path;
    inputs[4] = scope;
    const known = table.find(key, inputs, sameLists);
    const translated = known ?? (yield* table.recallInSlices(key, [...inputs], make, sameLists));
    virtualHosts.push(translated.piece);
    if (translated.reports.length > 0) reports.push(translated.reports);
    if (!known || i % UNCHANGED_HOSTS === UNCHANGED_HOSTS - 1) yield;
  }
  return { virtualHosts, reports };
}

function sameLists(a: unknown, b: unknown): boolean {
  return Array.isArray(a) && sameValue(a, b);
}

function sameHosts(a: unknown, b: unknown): boolean {
  return Array.isArray(a) && Array.isArray(b) && sameItems(a, b);
}

function pieceOf(
  { name, owner }: RouteConfigurationUnit,
  { rejected, bytes }: Frame,
  virtualHosts: readonly VirtualHostPiece[],
): RouteConfigurationPiece {
  const { origin } = owner;
  return { key: name, name, origin, ...(rejected && { rejected: "hold" as const }), bytes, refs: {}, virtualHosts };
}

function frameOf(
  context: TranslationContext,
  { name, owner, listener, routeOptions }: RouteConfigurationUnit,
): Frame {
  const faults = new Faults();
  const { value, reports } = callAndMerge(context, {
    hook: "routeConfiguration",
    owner,
    options: [{
      argument: "options",
      hole: "routeConfiguration",
      value: routeOptions,
      owner,
      path: "routeOptions",
    }],
    input: { listener },
  });
  faults.add(reports);
  // A missing cluster answers 503; it is no reason to refuse all routes. RDS has it so anyway, inline routes have not.
  const message = { validateClusters: { value: false }, ...value, name };
  const bytes = encodeOrReport(ROUTE_CONFIGURATION, message, owner.origin, faults);
  return {
    rejected: faults.failed,
    bytes: bytes ?? encode(ROUTE_CONFIGURATION, { name }),
    maxBodyBytes: value.maxDirectResponseBodySizeBytes?.value ?? MAX_BODY_BYTES,
    reports: faults.reports,
  };
}

function translateHost(
  context: TranslationContext,
  unit: RouteConfigurationUnit,
  scope: HostScope,
  index: number,
  { key, domains, invalid }: SettledHost,
): Generator<void, VirtualHostTranslation> {
  const virtualHost = unit.hosts.virtualHosts[index]!;
  return translateVirtualHost(context, {
    ...scope,
    virtualHost: invalid === undefined ? virtualHost : { ...virtualHost, invalid },
    owner: hostOwner(virtualHost, unit.hosts.placeOf(index), unit.name),
    domains,
    key,
  });
}
