import { sameValue } from "../api/mod.ts";
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
  const hosts = yield* translateHosts(context, unit, scope, settled);
  const virtualHosts = revision.table<string, VirtualHostPiece>("virtualHostPieces", listenerScope)
    .flatMap(name, hosts, ({ piece }) => [piece]);
  const reports = revision.table<string, Report>("virtualHostReports", listenerScope)
    .flatMap(name, hosts, ({ reports }) => reports);
  const faulty = revision.table<string, VirtualHostPiece>("faultyHosts", listenerScope)
    .flatMap(name, virtualHosts, (host) => host.faulty ? [host] : []);
  const piece = revision.table<string, RouteConfigurationPiece>("routeConfiguration", listenerScope)
    .recall(name, [frame, owner, virtualHosts], () => pieceOf(unit, frame, virtualHosts, faulty));
  return { piece, reports: [frame.reports, settled.reports, reports].filter((list) => list.length > 0) };
}

/** The virtual hosts, translated; the same list while none is another. */
function* translateHosts(
  context: TranslationContext,
  unit: RouteConfigurationUnit,
  scope: HostScope,
  { hosts: settled }: SettledHosts,
): Generator<void, readonly VirtualHostTranslation[]> {
  const { virtualHosts: items } = unit.hosts;
  const make = (index: number) => translateHost(context, unit, scope, index, settled[index]!);
  return yield* context.revision.table<string, VirtualHostTranslation>("virtualHost", unit.scope)
    .recallEach(unit.name, { items, beside: settled }, [scope], make, sameValue);
}

function pieceOf(
  { name, owner }: RouteConfigurationUnit,
  { rejected, bytes }: Frame,
  virtualHosts: readonly VirtualHostPiece[],
  faultyHosts: readonly VirtualHostPiece[],
): RouteConfigurationPiece {
  const { origin } = owner;
  const common = { key: name, name, origin, bytes, refs: {}, virtualHosts, faultyHosts };
  return rejected ? { ...common, rejected: "hold" } : common;
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
    owner: hostOwner(virtualHost, () => unit.hosts.placeOf(index), unit.name),
    domains,
    key,
  });
}
