import type { ProxyVirtualHost } from "../api/mod.ts";
import { encode, type Message } from "../envoy/mod.ts";
import type { ListenerProjection } from "../plugins/mod.ts";
import type { Report } from "../report/mod.ts";
import type { TranslationContext } from "./context.ts";
import { callAndMerge } from "./hooks.ts";
import { Faults, type Owner } from "./origins.ts";
import { routesSummary, type VirtualHostPiece } from "./pieces.ts";
import { encodeOrReport, withOrigin } from "./resources.ts";
import { hasManyRoutes, translateRoutes } from "./host_routes.ts";
import { rejection, standInForAll } from "./stand_ins.ts";
import { packVirtualHost } from "./virtual_host_bytes.ts";

type VirtualHost = Message<"envoy.config.route.v3.VirtualHost">;
const VIRTUAL_HOST = "envoy.config.route.v3.VirtualHost";

/** What all virtual hosts of a route configuration share. One object while it is the same. */
export interface HostScope {
  readonly routeConfiguration: string;
  /** Tells route configurations of one name in several Proxies apart. */
  readonly scope: string;
  readonly listener: ListenerProjection;
  /** True where its listener terminates TLS. */
  readonly tls: boolean;
  readonly maxBodyBytes: number;
  /** Of the context. */
  readonly settings: TranslationContext["settings"];
  readonly plugins: TranslationContext["plugins"];
}

/** A virtual host and all that its translation depends on besides Settings and lookups. */
export interface VirtualHostUnit extends HostScope {
  readonly virtualHost: ProxyVirtualHost;
  readonly owner: Owner;
  /** The domains it gets. */
  readonly domains: readonly string[];
  /** Names it among the pieces of the route configuration. */
  readonly key: string;
}

export interface VirtualHostTranslation {
  readonly piece: VirtualHostPiece;
  readonly reports: readonly Report[];
}

/**
 * Translates one virtual host with its routes. An error in its own options rejects it as a whole: the stand-in keeps its
 * domains and answers every request, so that none falls through to the `*` host. Yields between routes where they are many.
 */
export function* translateVirtualHost(
  context: TranslationContext,
  unit: VirtualHostUnit,
): Generator<void, VirtualHostTranslation> {
  const { virtualHost, owner, key, domains } = unit;
  const faults = new Faults();
  const name = `${unit.routeConfiguration}/${virtualHost.name ?? ""}`;
  const frame = frameOf(context, unit, name, faults);
  const bytes = encodeOrReport(VIRTUAL_HOST, frame, owner.origin, faults);
  const faulty = faults.failed || virtualHost.invalid !== undefined || domains.length === 0;
  const { pieces: routes, reports } = yield* translateRoutes(context, unit);
  const all = [...faults.reports, ...reports];
  const common = { key, origin: owner.origin, name, domains, refs: {}, ...routesSummary(routes) };
  if (!faulty && bytes) {
    const someRejected = routes.some(({ rejected }) => rejected);
    // Routes that are remembered one by one have memory of their own.
    if (hasManyRoutes(virtualHost)) return { piece: { ...common, routes, bytes, faulty: someRejected }, reports: all };
    const { frame: packed, ...rest } = packVirtualHost(bytes, domains, routes);
    return { piece: { ...common, ...rest, bytes: packed, faulty: someRejected }, reports: all };
  }
  const standIn = domains.length === 0 ? undefined : encode(VIRTUAL_HOST, {
    name,
    ...tlsRequirement(unit),
    metadata: withOrigin(undefined, owner.origin),
    routes: [standInForAll(context.settings)],
  });
  const rejected = rejection(context.settings);
  return { piece: { ...common, routes, faulty: true, rejected, bytes: standIn }, reports: all };
}

function frameOf(context: TranslationContext, unit: VirtualHostUnit, name: string, faults: Faults): VirtualHost {
  const { virtualHost, owner, listener } = unit;
  const { value, reports } = callAndMerge(context, {
    hook: "virtualHost",
    owner,
    options: [{ argument: "options", hole: "virtualHost", value: virtualHost.options, owner, path: "options" }],
    input: { virtualHost, listener },
  });
  faults.add(reports);
  return { ...value, name, ...tlsRequirement(unit), metadata: withOrigin(value.metadata, owner.origin) };
}

/** As in Gloo; it matters where TLS ends in front of a tcp gateway. */
function tlsRequirement({ tls }: VirtualHostUnit): VirtualHost {
  return tls ? { requireTls: "ALL" } : {};
}
