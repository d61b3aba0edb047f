import type { Origin, ProxyVirtualHost } from "../api/mod.ts";
import { encode, type Message } from "../envoy/mod.ts";
import type { ListenerProjection } from "../plugins/mod.ts";
import type { Report } from "../report/mod.ts";
import type { TranslationContext } from "./context.ts";
import { callAndMerge } from "./hooks.ts";
import { at, Faults, type Owner, ownerOf } from "./origins.ts";
import type { RoutePiece, VirtualHostPiece } from "./pieces.ts";
import { encodeOrReport, withOrigin } from "./resources.ts";
import { routeKeys } from "./route_keys.ts";
import { translateRoute } from "./routes.ts";
import type { RouteScope } from "./route_scope.ts";
import { rejection, standInForAll } from "./stand_ins.ts";

type VirtualHost = Message<"envoy.config.route.v3.VirtualHost">;
const VIRTUAL_HOST = "envoy.config.route.v3.VirtualHost";

/** A virtual host and all that its translation depends on besides Settings and lookups. */
export interface VirtualHostUnit {
  readonly virtualHost: ProxyVirtualHost;
  readonly owner: Owner;
  /** Where it stands in the Proxy; the place of routes that do not know whose they are. */
  readonly place: Origin;
  readonly routeConfiguration: string;
  /** The domains it gets. */
  readonly domains: readonly string[];
  readonly listener: ListenerProjection;
  /** True where its listener terminates TLS. */
  readonly tls: boolean;
  readonly maxBodyBytes: number;
  /** Names it among the pieces of the route configuration. */
  readonly key: string;
}

export interface VirtualHostTranslation {
  readonly piece: VirtualHostPiece;
  readonly reports: readonly Report[];
}

/**
 * Translates one virtual host with its routes. An error in its own options rejects it as a whole: the stand-in keeps its
 * domains and answers every request, so that none falls through to the `*` host.
 */
export function translateVirtualHost(context: TranslationContext, unit: VirtualHostUnit): VirtualHostTranslation {
  const { virtualHost, owner, key, domains } = unit;
  const faults = new Faults();
  const name = `${unit.routeConfiguration}/${virtualHost.name ?? ""}`;
  const frame = frameOf(context, unit, name, faults);
  const bytes = encodeOrReport(VIRTUAL_HOST, frame, owner.origin, faults);
  const faulty = faults.failed || virtualHost.invalid !== undefined || domains.length === 0;
  const { pieces: routes, reports } = translateRoutes(context, unit);
  const all = [...faults.reports, ...reports];
  const common = { key, origin: owner.origin, name, domains, routes, refs: {} };
  if (!faulty) return { piece: { ...common, bytes }, reports: all };
  const standIn = domains.length === 0 ? undefined : encode(VIRTUAL_HOST, {
    name,
    ...tlsRequirement(unit),
    metadata: withOrigin(undefined, owner.origin),
    routes: [standInForAll(context.settings)],
  });
  return { piece: { ...common, rejected: rejection(context.settings), bytes: standIn }, reports: all };
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

function translateRoutes(
  context: TranslationContext,
  unit: VirtualHostUnit,
): { readonly pieces: readonly RoutePiece[]; readonly reports: readonly Report[] } {
  const { virtualHost, owner, place, listener, maxBodyBytes } = unit;
  const routes = virtualHost.routes ?? [];
  const keys = routeKeys(routes, unit.key);
  const scope: RouteScope = { listener, hostOwner: owner, hostOptions: virtualHost.options, maxBodyBytes };
  const pieces: RoutePiece[] = [];
  const reports: Report[] = [];
  routes.forEach((route, i) => {
    const routeOwner = ownerOf(route.metadataStatic, at(place, `routes[${i}]`), keys[i]!);
    const given = route.name ? `-${route.name}` : "";
    const name = `${virtualHost.name ?? ""}-route-${i}${given}`;
    const result = translateRoute(context, scope, route, routeOwner, name);
    pieces.push(...result.pieces);
    reports.push(...result.reports);
  });
  return { pieces, reports };
}
