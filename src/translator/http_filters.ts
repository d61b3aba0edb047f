import { any, decode, type Message } from "../envoy/mod.ts";
import { FILTER_STAGES, type FilterPlace, type StagedHttpFilter } from "../plugins/mod.ts";
import type { HookOutcome } from "./hooks.ts";
import { sameValue } from "../api/mod.ts";
import { type Faults, type Owner, reportAt } from "./origins.ts";

type HttpFilter = Message<"envoy.extensions.filters.network.http_connection_manager.v3.HttpFilter">;

const ROUTER = "envoy.filters.http.router";
const ROUTER_CONFIG = "envoy.extensions.filters.http.router.v3.Router";
const SIDES = ["before", "during", "after"] as const;

/** What a plugin's place is in the chain, as a number; stages first, then sides. */
function rank({ stage, side }: FilterPlace): number {
  return FILTER_STAGES.indexOf(stage) * SIDES.length + SIDES.indexOf(side);
}

/**
 * The filters of all plugins in the order of the chain. Two filters of one name are one if they are equal, and else a
 * conflict; the first is kept.
 */
export function orderedFilters(
  outcome: HookOutcome<readonly StagedHttpFilter[]>,
  owner: Owner,
  faults: Faults,
): StagedHttpFilter[] {
  const byName = new Map<string, { filter: StagedHttpFilter; plugin: string }>();
  for (const { plugin, fragment } of outcome.parts) {
    for (const filter of fragment) {
      const before = byName.get(filter.name);
      if (!before) byName.set(filter.name, { filter, plugin });
      else if (!sameValue(before.filter, filter)) {
        const message = `plugins ${before.plugin} and ${plugin} both make an HTTP filter ${filter.name}`;
        faults.add([reportAt("error", "SLUICE-1302", owner.origin, message)]);
      }
    }
  }
  return [...byName.values()].map(({ filter }) => filter).sort((a, b) =>
    rank(a.place) - rank(b.place) || (a.place.weight ?? 0) - (b.place.weight ?? 0) || (a.name < b.name ? -1 : 1)
  );
}

/** The HTTP filter chain: filters in order, the router last. `upstream` are the filters that run towards back ends. */
export function httpFilterChain(
  filters: readonly StagedHttpFilter[],
  upstream: readonly StagedHttpFilter[],
): HttpFilter[] {
  // A plugin may set the router up; where it stands is not its choice.
  const router = filters.find(({ name }) => name === ROUTER);
  return [...filters.filter((filter) => filter !== router).map(envoyFilter), routerFilter(router, upstream)];
}

function envoyFilter({ name, config, disabled }: StagedHttpFilter): HttpFilter {
  return { name, typedConfig: config, ...(disabled && { disabled: true }) };
}

function routerFilter(router: StagedHttpFilter | undefined, upstream: readonly StagedHttpFilter[]): HttpFilter {
  if (router && upstream.length === 0) return { name: ROUTER, typedConfig: router.config };
  const codec: HttpFilter = {
    name: "envoy.filters.http.upstream_codec",
    typedConfig: {
      typeUrl: "type.googleapis.com/envoy.extensions.filters.http.upstream_codec.v3.UpstreamCodec",
      value: new Uint8Array(),
    },
  };
  const upstreamHttpFilters = upstream.length === 0 ? [] : [...upstream.map(envoyFilter), codec];
  const settings = router?.config.value ? decode(ROUTER_CONFIG, router.config.value) : {};
  return {
    name: ROUTER,
    typedConfig: any(ROUTER_CONFIG, {
      ...settings,
      ...(upstreamHttpFilters.length > 0 && { upstreamHttpFilters }),
    }),
  };
}
