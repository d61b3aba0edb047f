/** For the tests of plugins: calls hooks as the translator does, on options in their decoded form. */
import type { Lookup, Resource, Spec } from "../api/mod.ts";
import { encode, type Message, type MessageName } from "../envoy/mod.ts";
import type { AnyPlugin, HookResult, UpstreamFragment } from "./contract.ts";

/** What a plugin makes of an Upstream `shop` in the namespace `ns`. `world` is what lookups find and Settings say. */
export function callUpstream(
  plugin: AnyPlugin,
  spec: Readonly<Record<string, unknown>>,
  world: { readonly secrets?: readonly Resource<"Secret">[]; readonly gloo?: Readonly<Record<string, unknown>> } = {},
): HookResult<UpstreamFragment> | undefined {
  const upstream = freeze({ kind: "Upstream" as const, metadata: { name: "shop", namespace: "ns" }, spec });
  const result = plugin.upstream?.({
    options: own(plugin, "upstream", spec),
    settings: own(plugin, "glooSettings", world.gloo ?? {}),
    allSettings: freeze({ gloo: world.gloo ?? {} }) as Spec<"Settings">,
    lookup: lookupOf(world.secrets ?? []),
    owner: { kind: "Upstream", namespace: "ns", name: "shop", path: "" },
    upstream,
    clusterName: "shop_ns",
  });
  if (result?.fragment?.cluster) checkMessage("envoy.config.cluster.v3.Cluster", result.fragment.cluster);
  return result;
}

/** The codes and paths of what was reported, `error SLUICE-1450 static.hosts[0].addr`. */
export function reportLines(result: HookResult<unknown> | undefined): string[] {
  return (result?.reports ?? []).map(({ severity, code, path }) => `${severity} ${code} ${path}`);
}

/** Throws where the fragment is no such message. */
export function checkMessage<N extends MessageName>(name: N, fragment: Message<N>): void {
  encode(name, fragment);
}

function own(plugin: AnyPlugin, hole: "upstream" | "glooSettings", spec: Readonly<Record<string, unknown>>): object {
  const names = Object.keys(plugin.options[hole] ?? {});
  return freeze(Object.fromEntries(names.filter((name) => name in spec).map((name) => [name, spec[name]])));
}

function lookupOf(resources: readonly Resource[]): Lookup {
  return {
    get: (kind, ref) =>
      resources.find((each) =>
        each.kind === kind && each.metadata.name === ref.name && each.metadata.namespace === ref.namespace
      ) as never,
    select: (kind) => resources.filter((each) => each.kind === kind) as never,
  };
}

function freeze<T>(value: T): T {
  if (typeof value === "object" && value !== null && !Object.isFrozen(value)) {
    Object.freeze(value);
    Object.values(value).forEach(freeze);
  }
  return value;
}
