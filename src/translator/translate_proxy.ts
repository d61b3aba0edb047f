import { idOf, type Origin, refKey, type Resource, type Spec } from "../api/mod.ts";
import type { Revision } from "../incremental/mod.ts";
import type { AnyPlugin } from "../plugins/mod.ts";
import type { Report } from "../report/mod.ts";
import type { XdsResource } from "../xds/mod.ts";
import { translateUpstream } from "./clusters.ts";
import type { TranslationContext } from "./context.ts";
import { routeConfigurationName } from "./filter_chains.ts";
import { type ListenerUnit, listenerUnits, translateListener } from "./listeners.ts";
import { Faults, reportAt } from "./origins.ts";
import type { ClusterPiece, ListenerPiece, ProxyTranslation, RouteConfigurationPiece } from "./pieces.ts";
import { translateRouteConfiguration } from "./route_configurations.ts";
import { endpointsByUpstream } from "./upstream_endpoints.ts";
import { checkUpstreamGroup } from "./upstream_groups.ts";

export interface TranslateProxyInput {
  readonly proxy: Resource<"Proxy">;
  readonly revision: Revision;
  readonly settings: Spec<"Settings">;
  readonly plugins: readonly AnyPlugin[];
}

/**
 * Translates one Proxy, together with all Upstreams (each becomes a cluster, as in Gloo), to pieces and reports. Pure;
 * yields between units of work (an Upstream, a filter chain, a virtual host), so that the caller can slice it.
 */
export function* translateProxy({ proxy, revision, settings, plugins }: TranslateProxyInput): Generator<
  void,
  ProxyTranslation
> {
  const context: TranslationContext = { revision, lookup: revision.lookup, settings, plugins };
  const result = new Result();
  const place: Origin = { ...idOf(proxy), path: "" };
  if (proxy.spec.compressedSpec && !proxy.spec.listeners) {
    result.addReports([
      reportAt("error", "SLUICE-1304", { ...place, path: "compressedSpec" }, "compressed Proxies are not read yet"),
    ]);
  }
  yield* translateUpstreams(context, result);
  for (const unit of listenerUnits(proxy.spec.listeners ?? [], place, proxy.metadata)) {
    yield* translateUnit(context, unit, result);
  }
  result.addReports(faultyDestinations(result));
  const { namespace, name } = proxy.metadata;
  return {
    proxy: { namespace, name },
    listeners: result.listeners,
    routes: result.routes,
    clusters: result.clusters,
    endpoints: result.endpoints,
    secrets: [...result.secrets.values()],
    reports: result.reports,
  };
}

/** What has been translated so far. */
class Result {
  readonly listeners: ListenerPiece[] = [];
  readonly routes: RouteConfigurationPiece[] = [];
  readonly clusters: ClusterPiece[] = [];
  readonly endpoints: XdsResource[] = [];
  readonly secrets = new Map<string, XdsResource>();
  readonly #reports = new Map<string, Report>();

  get reports(): readonly Report[] {
    return [...this.#reports.values()];
  }

  addSecrets(secrets: readonly XdsResource[]): void {
    for (const secret of secrets) this.secrets.set(secret.name, secret);
  }

  /** A VirtualService on two listeners, and a RouteTable of many, is translated more than once; a fault in it is told once. */
  addReports(reports: readonly Report[]): void {
    for (const report of reports) {
      const { severity, code, ref, path, message } = report;
      const key = [severity, code, ref.kind, ref.namespace, ref.name, path, message].join("\0");
      if (!this.#reports.has(key)) this.#reports.set(key, report);
    }
  }
}

function* translateUpstreams(context: TranslationContext, result: Result): Generator<void, void> {
  const discovered = endpointsByUpstream(context.lookup.select("Endpoint", {}));
  for (const upstream of context.lookup.select("Upstream", {})) {
    const translated = translateUpstream(context, upstream, discovered.get(refKey(upstream.metadata)) ?? []);
    result.clusters.push(translated.cluster);
    if (translated.endpoints) result.endpoints.push(translated.endpoints);
    result.addSecrets(translated.secrets);
    result.addReports(translated.reports);
    yield;
  }
  for (const group of context.lookup.select("UpstreamGroup", {})) {
    result.addReports(checkUpstreamGroup(context, group));
  }
}

function* translateUnit(context: TranslationContext, unit: ListenerUnit, result: Result): Generator<void, void> {
  const { piece, generated, secrets, reports } = yield* translateListener(context, unit);
  result.listeners.push(piece, ...generated.listeners);
  result.clusters.push(...generated.clusters);
  result.addSecrets(secrets);
  result.addReports(reports);
  for (const section of unit.sections) {
    if (!section.http) continue;
    const translated = yield* translateRouteConfiguration(context, {
      name: routeConfigurationName(unit.projection.name, section),
      virtualHosts: section.http.virtualHosts,
      routeOptions: unit.proxyListener.routeOptions,
      owner: unit.owner,
      listener: unit.projection,
      tls: section.ssl.length > 0,
    });
    result.routes.push(translated.piece);
    result.addReports(translated.reports);
  }
}

/** A warning for each route that leads to an Upstream which is faulty, as in Gloo. */
function faultyDestinations({ clusters, routes, listeners }: Result): readonly Report[] {
  const faulty = new Map(clusters.filter(({ rejected }) => rejected).map((cluster) => [cluster.name, cluster.origin]));
  if (faulty.size === 0) return [];
  const faults = new Faults();
  const told = new Set<string>();
  const pieces = [
    ...routes.flatMap(({ virtualHosts }) => virtualHosts.flatMap((host) => host.routes)),
    ...listeners.flatMap(({ filterChains }) => filterChains),
  ];
  for (const { origin, refs } of pieces) {
    for (const name of refs.clusters ?? []) {
      const upstream = faulty.get(name);
      const key = `${refKey(origin)} ${origin.kind} ${origin.path} ${name}`;
      if (!upstream || told.has(key)) continue;
      told.add(key);
      faults.warning("SLUICE-1333", origin, `Upstream ${refKey(upstream)} is faulty; its status says why`);
    }
  }
  return faults.reports;
}
