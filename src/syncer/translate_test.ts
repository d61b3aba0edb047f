import assert from "node:assert/strict";
import type { AnyResource, Kind } from "../api/mod.ts";
import { plugins } from "../plugins/mod.ts";
import { ApiSnapshot } from "../snapshot/mod.ts";
import { EMPTY_MEMORY, translate, type Translation } from "./translate.ts";

const named = (name: string) => ({ name, namespace: "gloo-system" });

function run(resources: readonly AnyResource[]): Translation {
  const kinds: Partial<Record<Kind, Map<string, AnyResource>>> = {};
  for (const one of resources) (kinds[one.kind] ??= new Map()).set(`gloo-system/${one.metadata.name}`, one);
  const work = translate({
    snapshot: new ApiSnapshot(1, kinds as ConstructorParameters<typeof ApiSnapshot>[1]),
    settings: {},
    writeNamespace: "gloo-system",
    plugins,
    memory: EMPTY_MEMORY,
    now: 0,
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

Deno.test("translation records every look-up, found or not, and reaches nothing without one", () => {
  const { reads, proxies } = run([gateway, toUpstream("nowhere")]);
  const missed = reads.filter((read) => read.type === "get" && read.found === undefined);
  assert.ok(missed.some((read) => read.type === "get" && read.kind === "Upstream" && read.ref.name === "nowhere"));
  const selected = new Set(reads.filter(({ type }) => type === "select").map(({ kind }) => kind));
  for (const kind of ["Gateway", "VirtualService", "Upstream"] as const) assert.ok(selected.has(kind), kind);
  assert.deepEqual(proxies.map(({ role }) => role), ["gloo-system~gateway-proxy"]);
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
    proxy("kept", { created_by: "gloo-gateway" }),
  ]);
  assert.deepEqual(proxies.map(({ proxy }) => proxy.metadata.name), ["gateway-proxy", "by-hand"]);
  assert.equal(proxies[0]!.snapshot.listeners.size, 1, "the Gateway's");
});
