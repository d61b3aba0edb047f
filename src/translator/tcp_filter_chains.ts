import { type Origin, type ProxyTcpHost, refKey, resolveRef, type WeightedDestination } from "../api/mod.ts";
import { any, type Message } from "../envoy/mod.ts";
import type { ListenerProjection } from "../plugins/mod.ts";
import type { TranslationContext } from "./context.ts";
import { groupDestinations, resolveDestination, resolveWeights } from "./destinations.ts";
import { callHooks } from "./hooks.ts";
import { mergeFragments } from "./merge.ts";
import { clusterName } from "./names.ts";
import { at, type Faults, type Owner, reportAt } from "./origins.ts";
import { encodeOrReport } from "./resources.ts";
import type { TcpPart } from "./sections.ts";
import { typeUrlOf } from "../envoy/mod.ts";

type TcpProxy = Message<typeof TCP_PROXY>;
type Filter = Message<"envoy.config.listener.v3.Filter">;
const TCP_PROXY = "envoy.extensions.filters.network.tcp_proxy.v3.TcpProxy";
const SNI_CLUSTER = "envoy.filters.network.sni_cluster";

export interface TcpNetworkFilters {
  readonly filters: readonly Filter[];
  readonly clusters: readonly string[];
}

/**
 * The network filters of one TCP host. A missing Upstream is a warning: Envoy closes the connections of this host, and
 * other hosts on the port work.
 */
export function tcpNetworkFilters(
  context: TranslationContext,
  part: Omit<TcpPart, "hosts">,
  host: ProxyTcpHost,
  owner: Owner,
  listener: ListenerProjection,
  listenerOwner: Owner,
  listenerOptions: object | undefined,
  faults: Faults,
): TcpNetworkFilters {
  const target = targetOf(context, host, at(owner.origin, "destination"), faults);
  const { parts, reports } = callHooks(context, {
    hook: "tcpFilterChain",
    owner: part.owner,
    options: [
      { argument: "options", hole: "tcpListener", value: part.options, owner: part.owner, path: "options" },
      { argument: "listenerOptions", hole: "listener", value: listenerOptions, owner: listenerOwner, path: "options" },
    ],
    input: { listener, host },
  });
  faults.add(reports);
  const merged = mergeFragments<TcpProxy>([
    { plugin: "translator", fragment: { statPrefix: part.statPrefix, ...target.fields } },
    ...parts.map(({ plugin, fragment }) => ({ plugin, fragment: fragment.tcpProxy ?? {} })),
  ]);
  faults.add(
    merged.conflicts.map(({ path, plugins: [first, second] }) =>
      reportAt(
        "error",
        "SLUICE-1302",
        owner.origin,
        `${first} and ${second} both set Envoy's field ${path} of tcp_proxy`,
      )
    ),
  );
  const value = encodeOrReport(TCP_PROXY, merged.value, owner.origin, faults);
  const staged = parts.flatMap(({ fragment }) => fragment.filters ?? [])
    .toSorted((a, b) => a.weight - b.weight || (a.name < b.name ? -1 : 1));
  return {
    filters: [
      ...staged.map(({ name, config }) => ({ name, typedConfig: config })),
      ...target.before,
      {
        name: "envoy.filters.network.tcp_proxy",
        typedConfig: { typeUrl: typeUrlOf(TCP_PROXY), ...(value && { value }) },
      },
    ],
    clusters: target.clusters,
  };
}

interface Target {
  readonly fields: TcpProxy;
  readonly clusters: readonly string[];
  readonly before: readonly Filter[];
}

function targetOf(context: TranslationContext, { destination }: ProxyTcpHost, origin: Origin, faults: Faults): Target {
  if (destination?.single) {
    const resolved = resolveDestination(context, destination.single, at(origin, "single"), faults);
    return toClusters(resolved ? { ...resolved } : {}, resolved ? [resolved.cluster] : []);
  }
  if (destination?.multi) {
    return weighted(context, destination.multi.destinations ?? [], at(origin, "multi.destinations"), faults);
  }
  if (destination?.upstreamGroup) {
    return groupTarget(context, destination.upstreamGroup, at(origin, "upstreamGroup"), faults);
  }
  if (destination?.forwardSniClusterName) {
    const typedConfig = any("envoy.extensions.filters.network.sni_cluster.v3.SniCluster", {});
    return { fields: { cluster: "" }, clusters: [], before: [{ name: SNI_CLUSTER, typedConfig }] };
  }
  const message = "the TCP host has no destination; single, multi, upstreamGroup or forwardSniClusterName is needed";
  faults.error("SLUICE-1341", origin, message);
  return toClusters({}, []);
}

function groupTarget(
  context: TranslationContext,
  group: { readonly name?: string; readonly namespace?: string },
  origin: Origin,
  faults: Faults,
): Target {
  const ref = resolveRef(group, origin.namespace);
  if (!ref) {
    faults.error("SLUICE-1341", origin, "an upstreamGroup needs a name");
    return toClusters({}, []);
  }
  const found = context.lookup.get("UpstreamGroup", ref);
  if (found) return weighted(context, groupDestinations(found), origin, faults);
  const message = `UpstreamGroup ${refKey(ref)} does not exist; connections are closed until it does`;
  faults.warning("SLUICE-1332", origin, message);
  return toClusters({ cluster: clusterName(ref) }, [clusterName(ref)]);
}

/** Destinations without weight are left out: tcp_proxy wants at least 1. */
function weighted(
  context: TranslationContext,
  destinations: readonly WeightedDestination[],
  origin: Origin,
  faults: Faults,
): Target {
  const resolved = resolveWeights(context, destinations, origin, faults).filter(({ weight }) => weight > 0);
  const clusters = resolved.map(({ cluster, weight, metadataMatch }) => ({
    name: cluster,
    weight,
    ...(metadataMatch && { metadataMatch }),
  }));
  return toClusters({ weightedClusters: { clusters } }, [...new Set(resolved.map(({ cluster }) => cluster))]);
}

function toClusters(fields: TcpProxy, clusters: readonly string[]): Target {
  return { fields, clusters, before: [] };
}
