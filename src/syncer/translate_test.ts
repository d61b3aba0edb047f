import assert from "node:assert/strict";
import type { AnyResource, Kind, Spec } from "../api/mod.ts";
import { Incremental } from "../incremental/mod.ts";
import { plugins } from "../plugins/mod.ts";
import { ApiSnapshot } from "../snapshot/mod.ts";
import { EMPTY_MEMORY, translate, type Translation } from "./translate.ts";

const named = (name: string) => ({ name, namespace: "gloo-system" });

function run(
  resources: readonly AnyResource[],
  incremental?: Incremental,
  settings: Spec<"Settings"> = {},
): Translation {
  const kinds: Partial<Record<Kind, Map<string, AnyResource>>> = {};
  for (const one of resources) (kinds[one.kind] ??= new Map()).set(`gloo-system/${one.metadata.name}`, one);
  const work = translate({
    snapshot: new ApiSnapshot(1, kinds as ConstructorParameters<typeof ApiSnapshot>[1]),
    settings,
    writeNamespace: "gloo-system",
    plugins,
    memory: EMPTY_MEMORY,
    now: 0,
    incremental,
  });
  for (;;) {
    const step = work.next();
    if (step.done) return step.value;
  }
}

const gateway: AnyResource = { kind: "Gateway", metadata: named("gw"), spec: { bindPort: 80, httpGateway: {} } };
const toUpstream = (name: string): AnyResource => ({
  kind: "VirtualService",
  metadata: named("vs"),
  spec: { virtualHost: { routes: [{ routeAction: { single: { upstream: named(name) } } }] } },
});

Deno.test("what is looked up and not there is remembered: it is used as soon as it is there", () => {
  const incremental = new Incremental();
  const service = toUpstream("later");
  const before = run([gateway, service], incremental);
  assert.ok(before.reports.some(({ code }) => code === "SLUICE-1332"), "it does not exist yet");
  const upstream: AnyResource = {
    kind: "Upstream",
    metadata: named("later"),
    spec: { static: { hosts: [{ addr: "10.0.0.1", port: 80 }] } } as object,
  };
  const after = run([gateway, service, upstream], incremental);
  assert.deepEqual(after.reports, []);
  assert.deepEqual(after.proxies.map(({ role }) => role), ["gloo-system~gateway-proxy"]);
});

Deno.test("a Proxy that real Gloo kept is passed over, one by hand is served, and a Gateway's wins its name", () => {
  const proxy = (name: string, labels?: Record<string, string>): AnyResource => ({
    kind: "Proxy",
    metadata: { ...named(name), ...(labels ? { labels } : {}) },
    spec: { listeners: [] },
  });
  const { proxies } = run([
    gateway,
    toUpstream("nowhere"),
    proxy("gateway-proxy"),
    proxy("by-hand"),
    proxy("kept", { created_by: "gloo-gateway-translator" }),
    proxy("kept-by-1-18", { created_by: "gloo-gateway" }),
    proxy("ingress-proxy", { created_by: "gloo-ingress" }),
  ]);
  assert.deepEqual(proxies.map(({ proxy }) => proxy.metadata.name), ["gateway-proxy", "by-hand"]);
  assert.equal(proxies[0]!.snapshot.listeners.size, 1, "the Gateway's");
});

Deno.test("Ingresses have a Proxy of their own, or share one with Gateways; a clash of ports is told", () => {
  const ingress: AnyResource = {
    kind: "Ingress",
    metadata: named("shop"),
    spec: { ingressClassName: "sluice", defaultBackend: { service: { name: "web", port: { number: 80 } } } },
  };
  const listeners = ({ proxies }: Translation) =>
    proxies.map(({ role, snapshot }) => `${role.split("~")[1]} ${[...snapshot.listeners.keys()]}`);
  const all = [gateway, toUpstream("nowhere"), ingress];
  const apart = run(all);
  assert.deepEqual(listeners(apart), ["gateway-proxy listener-::-80", "ingress-proxy http"]);
  const [host] = apart.memory.served.get("gloo-system/ingress-proxy")?.pieces.routes[0]?.virtualHosts ?? [];
  const owner = { kind: "Ingress", namespace: "gloo-system", name: "shop", path: "defaultBackend" };
  assert.deepEqual(
    [host?.origin, host?.routes[0]?.origin],
    [owner, owner],
    "what an Envoy refuses of it is told there",
  );
  const incremental = new Incremental();
  const shared: Spec<"Settings"> = { sluice: { ingress: { proxyName: "gateway-proxy" } } };
  const united = run(all, incremental, shared);
  assert.deepEqual(listeners(united), ["gateway-proxy listener-::-80,http"]);
  assert.equal(run(all, incremental, shared).proxies[0]!.proxy, united.proxies[0]!.proxy, "the same while both are");
  const clashing = run(all, undefined, { sluice: { ingress: { proxyName: "gateway-proxy", httpPort: 80 } } });
  assert.deepEqual(listeners(clashing), ["gateway-proxy listener-::-80"]);
  const told = clashing.reports.filter(({ code }) => code === "SLUICE-1311");
  assert.deepEqual(told.map(({ ref }) => `${ref.kind} ${ref.name}`), ["Proxy gateway-proxy"]);
});
