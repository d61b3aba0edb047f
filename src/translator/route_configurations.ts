import { idKey, type Origin, type ProxyVirtualHost } from "../api/mod.ts";
import { encode } from "../envoy/mod.ts";
import type { ListenerProjection } from "../plugins/mod.ts";
import type { Report } from "../report/mod.ts";
import type { TranslationContext } from "./context.ts";
import { settleDomains, type TakenDomains } from "./domains.ts";
import { callAndMerge } from "./hooks.ts";
import { Faults, type Owner, ownerOf } from "./origins.ts";
import type { RouteConfigurationPiece, VirtualHostPiece } from "./pieces.ts";
import { encodeOrReport } from "./resources.ts";
import { unique } from "./unique.ts";
import { translateVirtualHost, type VirtualHostUnit } from "./virtual_hosts.ts";

const ROUTE_CONFIGURATION = "envoy.config.route.v3.RouteConfiguration";
/** Envoy's default for the body of a direct response, in bytes. */
const MAX_BODY_BYTES = 4096;

/** The virtual hosts of one http part of a listener. */
export interface RouteConfigurationUnit {
  readonly name: string;
  readonly virtualHosts: readonly PlacedVirtualHost[];
  readonly routeOptions: object | undefined;
  /** The owner of the listener, whose `routeOptions` they are. */
  readonly owner: Owner;
  readonly listener: ListenerProjection;
  readonly tls: boolean;
}

export interface PlacedVirtualHost {
  readonly virtualHost: ProxyVirtualHost;
  /** Where it stands in the Proxy. */
  readonly place: Origin;
}

export interface RouteConfigurationTranslation {
  readonly piece: RouteConfigurationPiece;
  readonly reports: readonly Report[];
}

/**
 * Translates a route configuration; yields after each virtual host. An error in the `routeOptions` rejects the frame
 * alone; its stand-in is the frame without what is faulty.
 */
export function* translateRouteConfiguration(
  context: TranslationContext,
  unit: RouteConfigurationUnit,
): Generator<void, RouteConfigurationTranslation> {
  const { name, owner, listener, tls } = unit;
  const faults = new Faults();
  const { value, reports } = callAndMerge(context, {
    hook: "routeConfiguration",
    owner,
    options: [{
      argument: "options",
      hole: "routeConfiguration",
      value: unit.routeOptions,
      owner,
      path: "routeOptions",
    }],
    input: { listener },
  });
  faults.add(reports);
  // A missing cluster answers 503; it is no reason to refuse all routes. RDS has it so anyway, inline routes have not.
  const frame = { validateClusters: { value: false }, ...value, name };
  const bytes = encodeOrReport(ROUTE_CONFIGURATION, frame, owner.origin, faults);
  const maxBodyBytes = value.maxDirectResponseBodySizeBytes?.value ?? MAX_BODY_BYTES;
  const virtualHosts: VirtualHostPiece[] = [];
  const all = faults.reports;
  for (const host of settleHosts(unit, faults)) {
    const translated = translateVirtualHost(context, {
      ...host,
      routeConfiguration: name,
      listener,
      tls,
      maxBodyBytes,
    });
    virtualHosts.push(translated.piece);
    all.push(...translated.reports);
    yield;
  }
  const rejected = reports.some(({ severity }) => severity === "error") || !bytes;
  const piece: RouteConfigurationPiece = {
    key: name,
    name,
    origin: owner.origin,
    ...(rejected && { rejected: "hold" as const }),
    bytes: bytes ?? encode(ROUTE_CONFIGURATION, { name }),
    refs: {},
    virtualHosts,
  };
  return { piece, reports: all };
}

type SettledHost = Pick<VirtualHostUnit, "virtualHost" | "owner" | "place" | "domains" | "key">;

/** Who gets which name and domain. A host whose name another has is invalid; the first of them stays as it is. */
function settleHosts(
  { name: routeConfiguration, virtualHosts }: RouteConfigurationUnit,
  faults: Faults,
): SettledHost[] {
  const names = new Set<string>();
  const keys = new Set<string>();
  const taken: TakenDomains = new Map();
  return virtualHosts.map(({ virtualHost, place }) => {
    const name = virtualHost.name ?? "";
    const owner = ownerOf(virtualHost.metadataStatic, place, `${idKey(place)}#${routeConfiguration}/${name}`);
    const key = unique(owner.key, keys);
    if (names.has(name)) {
      const message = `two virtual hosts of the listener are called ${JSON.stringify(name)}; this one is not served`;
      faults.error("SLUICE-1320", owner.origin, message);
      return { virtualHost: { ...virtualHost, invalid: message }, owner, place, domains: [], key };
    }
    names.add(name);
    const domains = settleDomains(virtualHost, owner.origin, taken, faults);
    return { virtualHost, owner, place, domains, key };
  });
}
