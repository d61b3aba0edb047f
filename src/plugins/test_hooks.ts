/** For the tests of plugins of routes and listeners: calls one hook as the translator does, on frozen input. */
import type { Resource } from "../api/mod.ts";
import { encode, type MessageName } from "../envoy/mod.ts";
import type { AnyPlugin, HookResult, Hooks, ListenerProjection, OptionShapes } from "./contract.ts";

type HookName = keyof Hooks<OptionShapes>;

/** What a test may say; options are in their decoded form. */
export interface HookArguments {
  readonly options?: Readonly<Record<string, unknown>>;
  readonly listenerOptions?: Readonly<Record<string, unknown>>;
  readonly route?: Readonly<Record<string, unknown>>;
  readonly gloo?: Readonly<Record<string, unknown>>;
  readonly secrets?: readonly Resource<"Secret">[];
  readonly usesTls?: boolean;
}

/** The message that a hook's fragment is a part of; where it is none, nothing is checked. */
const MESSAGES: Partial<Record<HookName, MessageName>> = {
  listener: "envoy.config.listener.v3.Listener",
  httpConnectionManager: "envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager",
  routeConfiguration: "envoy.config.route.v3.RouteConfiguration",
  virtualHost: "envoy.config.route.v3.VirtualHost",
  route: "envoy.config.route.v3.Route",
  routeAction: "envoy.config.route.v3.RouteAction",
  weightedDestination: "envoy.config.route.v3.WeightedCluster.ClusterWeight",
};

/**
 * The result of a hook. Throws where the fragment is not the message that it should be. The owner is VirtualService `shop`
 * in namespace `ns`; the route forwards unless `route` says otherwise.
 */
// deno-lint-ignore no-explicit-any
export function callHook(plugin: AnyPlugin, hook: HookName, given: HookArguments = {}): HookResult<any> | undefined {
  const listener: ListenerProjection = {
    name: "listener-::-8080",
    bindAddress: "::",
    bindPort: 8080,
    usesTls: given.usesTls ?? false,
    proxy: { namespace: "ns", name: "gateway-proxy" },
  };
  const { secrets = [] } = given;
  const input = freeze({
    settings: {},
    allSettings: { gloo: given.gloo ?? {} },
    owner: { kind: "VirtualService", namespace: "ns", name: "shop", path: "" },
    options: given.options ?? {},
    listenerOptions: given.listenerOptions ?? {},
    virtualHostOptions: {},
    route: given.route ?? { routeAction: { single: { upstream: { name: "up", namespace: "ns" } } } },
    listener,
    lookup: {
      get: (kind: string, ref: { name: string; namespace: string }) =>
        secrets.find((each) =>
          each.kind === kind && each.metadata.name === ref.name && each.metadata.namespace === ref.namespace
        ),
      select: () => [],
    },
  });
  const result = (plugin[hook] as ((input: unknown) => HookResult<object> | undefined) | undefined)?.(input);
  const message = MESSAGES[hook];
  if (message && result?.fragment) encode(message, result.fragment);
  return result;
}

function freeze<T>(value: T): T {
  if (typeof value === "object" && value !== null && !Object.isFrozen(value)) {
    Object.freeze(value);
    Object.values(value).forEach(freeze);
  }
  return value;
}

/** What was reported, one line each: `error SLUICE-1420 headerManipulation.requestHeadersToRemove[0]`. */
export function reportLines(result: HookResult<unknown> | undefined): string[] {
  return (result?.reports ?? []).map(({ severity, code, path }) => `${severity} ${code} ${path}`);
}
