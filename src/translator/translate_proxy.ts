import { idKey, idOf, type Origin, type Resource, type Spec } from "../api/mod.ts";
import type { Revision } from "../incremental/mod.ts";
import type { AnyPlugin } from "../plugins/mod.ts";
import type { Report } from "../report/mod.ts";
import type { XdsResource } from "../xds/mod.ts";
import { translateAllUpstreams, translateServices, type UpstreamsTranslation } from "./all_upstreams.ts";
import type { TranslationContext } from "./context.ts";
import { faultyDestinations } from "./faulty_destinations.ts";
import { routeConfigurationName } from "./filter_chains.ts";
import { type ListenerUnit, listenerUnits } from "./listener_units.ts";
import { translateListener } from "./listeners.ts";
import { reportAt } from "./origins.ts";
import type { ClusterPiece, ListenerPiece, ProxyTranslation, RouteConfigurationPiece } from "./pieces.ts";
import { translateRouteConfiguration } from "./route_configurations.ts";

export interface TranslateProxyInput {
  readonly proxy: Resource<"Proxy">;
  readonly revision: Revision;
  readonly settings: Spec<"Settings">;
  readonly plugins: readonly AnyPlugin[];
  /** The clusters that this proxy was served last: what is held may lead to them. */
  readonly served?: readonly { readonly name: string }[];
}

/**
 * Translates one Proxy, together with all Upstreams (each becomes a cluster, as in Gloo) and the Services that it leads to
 * without one, to pieces and reports. Pure but
 * for what `revision` remembers: a piece is the same object while nothing that it is made of has changed. Yields between
 * units of work (an Upstream, a filter chain, a virtual host), so that the caller can slice it.
 */
export function* translateProxy(
  { proxy, revision, settings, plugins, served = [] }: TranslateProxyInput,
): Generator<void, ProxyTranslation> {
  const context: TranslationContext = { revision, lookup: revision.lookup, settings, plugins };
  const place: Origin = { ...idOf(proxy), path: "" };
  const result = new Result(context, idKey(place));
  if (proxy.spec.compressedSpec && !proxy.spec.listeners) {
    result.addReports([
      reportAt("error", "SLUICE-1304", { ...place, path: "compressedSpec" }, "compressed Proxies are not read yet"),
    ]);
  }
  result.addUpstreams(yield* translateAllUpstreams(context));
  for (const unit of listenerUnits(context, proxy.spec.listeners ?? [], place, proxy.metadata)) {
    yield* translateUnit(context, unit, result);
  }
  const { listeners, routes } = result;
  result.addUpstreams(yield* translateServices(context, result.proxy, routes, listeners, served));
  const clusters = result.joined("proxyClusters", result.clusters);
  result.addReports(faultyDestinations(context, result.proxy, { clusters, routes, listeners }));
  const { namespace, name } = proxy.metadata;
  return {
    proxy: { namespace, name },
    listeners,
    routes,
    clusters,
    endpoints: result.joined("proxyEndpoints", result.endpoints),
    secrets: [...result.secrets.values()],
    reports: result.distinctReports(),
  };
}

/** What has been translated so far. */
class Result {
  readonly listeners: ListenerPiece[] = [];
  readonly routes: RouteConfigurationPiece[] = [];
  /** Lists of clusters and of endpoints, to be joined. */
  readonly clusters: (readonly ClusterPiece[])[] = [];
  readonly endpoints: (readonly XdsResource[])[] = [];
  readonly secrets = new Map<string, XdsResource>();
  /** Names the Proxy. */
  readonly proxy: string;
  readonly #context: TranslationContext;
  /** None is empty. */
  readonly #reports: (readonly Report[])[] = [];

  constructor(context: TranslationContext, proxy: string) {
    this.#context = context;
    this.proxy = proxy;
  }

  addSecrets(secrets: readonly XdsResource[]): void {
    for (const secret of secrets) this.secrets.set(secret.name, secret);
  }

  addUpstreams({ clusters, endpoints, secrets, reports }: UpstreamsTranslation): void {
    this.clusters.push(clusters);
    this.endpoints.push(endpoints);
    this.addSecrets(secrets);
    for (const list of reports) this.addReports(list);
  }

  addReports(reports: readonly Report[]): void {
    if (reports.length > 0) this.#reports.push(reports);
  }

  /** One list, the same while those that it is made of are. */
  joined<T>(name: string, all: readonly (readonly T[])[]): readonly T[] {
    const lists = all.filter((list) => list.length > 0);
    if (lists.length === 1) return lists[0]!;
    return this.#joined(name, lists, () => lists.flat());
  }

  /** A VirtualService on two listeners, and a RouteTable of many, is translated more than once; a fault in it is told once. */
  distinctReports(): readonly Report[] {
    return this.#joined("proxyReports", this.#reports, () => distinct(this.#reports));
  }

  #joined<T>(name: string, lists: readonly (readonly T[])[], join: () => readonly T[]): readonly T[] {
    return this.#context.revision.table<string, readonly T[]>(name).recall(this.proxy, lists, join);
  }
}

function distinct(lists: readonly (readonly Report[])[]): readonly Report[] {
  const found = new Map<string, Report>();
  for (const report of lists.flat()) {
    const { severity, code, ref, path, message } = report;
    const key = [severity, code, ref.kind, ref.namespace, ref.name, path, message].join("\0");
    if (!found.has(key)) found.set(key, report);
  }
  return [...found.values()];
}

function* translateUnit(context: TranslationContext, unit: ListenerUnit, result: Result): Generator<void, void> {
  const { frame } = unit;
  const { piece, generated, secrets, reports } = yield* translateListener(context, frame);
  result.listeners.push(piece, ...generated.listeners);
  result.clusters.push(generated.clusters);
  result.addSecrets(secrets);
  result.addReports(reports);
  for (const [i, section] of frame.sections.entries()) {
    if (!section.http) continue;
    const translated = yield* translateRouteConfiguration(context, {
      name: routeConfigurationName(frame.projection.name, section),
      scope: `${result.proxy} ${frame.key}`,
      hosts: unit.hosts[i]!,
      routeOptions: frame.proxyListener.routeOptions,
      owner: frame.owner,
      listener: frame.projection,
      tls: section.ssl.length > 0,
    });
    result.routes.push(translated.piece);
    for (const list of translated.reports) result.addReports(list);
  }
}
