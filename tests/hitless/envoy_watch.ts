import type { RunningEnvoy } from "../envoy/harness.ts";
import type { Ledger } from "./ledger.ts";

/** Counters of Envoy that tell that a listener was changed, or that connections were told to go. */
export interface ListenerCounts {
  readonly modified: number;
  readonly inPlace: number;
  readonly added: number;
  readonly removed: number;
  /** Connections that were ended because of a drain, over all listeners. */
  readonly drainClosed: number;
  /** Listeners that drain at this moment. */
  readonly draining: number;
}

export async function listenerCounts(envoy: RunningEnvoy): Promise<ListenerCounts> {
  const text = await (await fetch(`${envoy.adminUrl}/stats?filter=${FILTER}`)).text();
  const stats = text.split("\n").map((line) => line.split(": ")).filter((pair) => pair.length === 2);
  const sum = (end: string): number =>
    stats.filter(([name]) => name!.endsWith(end)).reduce((all, [, value]) => all + Number(value), 0);
  return {
    modified: sum("listener_manager.listener_modified"),
    inPlace: sum("listener_manager.listener_in_place_updated"),
    added: sum("listener_manager.listener_added"),
    removed: sum("listener_manager.listener_removed"),
    drainClosed: sum(".downstream_cx_drain_close"),
    draining: sum("listener_manager.total_listeners_draining"),
  };
}

const FILTER = encodeURIComponent(
  "listener_manager.listener_(modified|in_place_updated|added|removed)|drain_close|total_listeners_draining",
);

/** A part of /config_dump. */
export interface Dump {
  readonly configs: readonly {
    readonly dynamic_active_clusters?: readonly { readonly cluster: { readonly name: string } }[];
    readonly static_clusters?: readonly { readonly cluster: { readonly name: string } }[];
    readonly dynamic_route_configs?: readonly { readonly route_config: unknown }[];
  }[];
}

/**
 * Looks at Envoy's configuration again and again, one moment's at a time, until `stopping`: no route may lead to a cluster
 * that is not there or does not serve yet.
 */
export async function watchConfiguration(
  envoy: RunningEnvoy,
  proxy: string,
  ledger: Ledger,
  stopping: () => boolean,
): Promise<void> {
  while (!stopping()) {
    const dump = await envoy.admin("config_dump") as Dump;
    const { active, used } = clustersIn(dump);
    ledger.count("looks at Envoy's configuration");
    const missing = [...used].filter((name) => !active.has(name));
    if (missing.length > 0) ledger.fault(proxy, "config_dump", `routes without a cluster that serves: ${missing}`);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

/** Clusters that serve, and those that routes lead to. */
export function clustersIn(dump: Dump): { active: ReadonlySet<string>; used: ReadonlySet<string> } {
  const active = new Set<string>();
  const used = new Set<string>();
  for (const section of dump.configs) {
    for (const { cluster } of section.dynamic_active_clusters ?? []) active.add(cluster.name);
    for (const { route_config } of section.dynamic_route_configs ?? []) collect(route_config, used);
  }
  return { active, used };
}

/** Every `cluster` and every name among `weighted_clusters`. */
function collect(value: unknown, used: Set<string>): void {
  if (Array.isArray(value)) return value.forEach((one) => collect(one, used));
  if (typeof value !== "object" || value === null) return;
  for (const [key, member] of Object.entries(value)) {
    if (key === "cluster" && typeof member === "string") used.add(member);
    else if (key === "weighted_clusters") {
      for (const { name } of (member as { clusters: { name: string }[] }).clusters) used.add(name);
    } else collect(member, used);
  }
}
