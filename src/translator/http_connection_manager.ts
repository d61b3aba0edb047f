import { type Message, typeUrlOf } from "../envoy/mod.ts";
import type { ListenerProjection } from "../plugins/mod.ts";
import { ROUTES_SOURCE } from "./config_source.ts";
import type { TranslationContext } from "./context.ts";
import { callAndMerge, callHooks, type OptionsArgument } from "./hooks.ts";
import { httpFilterChain, orderedFilters } from "./http_filters.ts";
import type { Faults, Owner } from "./origins.ts";
import { encodeOrReport } from "./resources.ts";
import type { HttpPart } from "./sections.ts";

type Hcm = Message<typeof MANAGER>;
type Filter = Message<"envoy.config.listener.v3.Filter">;
const MANAGER = "envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager";

/**
 * Builds the network filters of an http part: those of plugins, then the connection manager. They hang on the Gateway's options and Settings alone: no virtual host and
 * no route changes them, as a changed filter chain drains its connections.
 */
export function httpNetworkFilters(
  context: TranslationContext,
  part: HttpPart,
  routeConfiguration: string,
  listener: ListenerProjection,
  listenerOwner: Owner,
  listenerOptions: object | undefined,
  faults: Faults,
): readonly Filter[] {
  const options: OptionsArgument[] = [
    { argument: "options", hole: "httpListener", value: part.options, owner: part.owner, path: part.optionsPath },
    { argument: "listenerOptions", hole: "listener", value: listenerOptions, owner: listenerOwner, path: "options" },
  ];
  const call = { owner: part.owner, options, input: { listener } };
  const downstream = callHooks(context, { hook: "httpFilters", ...call });
  const upstream = callHooks(context, { hook: "upstreamHttpFilters", ...call });
  const network = callHooks(context, { hook: "networkFilters", ...call });
  const settings = callAndMerge(context, { hook: "httpConnectionManager", ...call });
  for (const { reports } of [downstream, upstream, network, settings]) faults.add(reports);
  const manager: Hcm = {
    ...managerDefaults(part.statPrefix),
    ...settings.value,
    upgradeConfigs: withWebsocket(settings.value.upgradeConfigs ?? []),
    rds: { configSource: ROUTES_SOURCE, routeConfigName: routeConfiguration },
    httpFilters: httpFilterChain(
      orderedFilters(downstream, part.owner, faults),
      orderedFilters(upstream, part.owner, faults),
    ),
  };
  const staged = network.parts.flatMap(({ fragment }) => fragment)
    .toSorted((a, b) => a.weight - b.weight || (a.name < b.name ? -1 : 1));
  const value = encodeOrReport(MANAGER, manager, part.owner.origin, faults);
  const filters: Filter[] = staged.map(({ name, config }) => ({ name, typedConfig: config }));
  filters.push({
    name: "envoy.filters.network.http_connection_manager",
    typedConfig: { typeUrl: typeUrlOf(MANAGER), ...(value && { value }) },
  });
  return filters;
}

/** Gloo's defaults. `use_remote_address` is not among them: x-forwarded-for is left as the client sent it. */
function managerDefaults(statPrefix: string): Hcm {
  return { codecType: "AUTO", statPrefix, normalizePath: { value: true } };
}

/** Websockets work unless the Gateway's upgrades say otherwise (as in Gloo). */
function withWebsocket(
  configs: NonNullable<Hcm["upgradeConfigs"]>,
): NonNullable<Hcm["upgradeConfigs"]> {
  const named = configs.some(({ upgradeType }) => upgradeType?.toLowerCase() === "websocket");
  return named ? configs : [{ upgradeType: "websocket" }, ...configs];
}
