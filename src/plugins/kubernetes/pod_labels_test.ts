import assert from "node:assert/strict";
import type { Lookup, Resource, Spec } from "../../api/mod.ts";
import { needsPods } from "./pod_labels.ts";

const service: Resource<"Service"> = {
  kind: "Service",
  metadata: { namespace: "shop", name: "pets" },
  spec: { selector: { app: "pets", tier: "web" } },
};
const lookup: Lookup = {
  get: (kind, { namespace, name }) =>
    (kind === "Service" && namespace === "shop" && name === "pets" ? service : undefined) as never,
  select: () => [],
};
const upstream = (kube?: object): Resource<"Upstream"> => ({
  kind: "Upstream",
  metadata: { namespace: "shop", name: "u" },
  spec: (kube ? { kube: { serviceName: "pets", servicePort: 80, ...kube } } : {}) as Spec<"Upstream">,
});
const needs = (...kubes: (object | undefined)[]) => needsPods(kubes.map(upstream), lookup);

Deno.test("Pods are needed for subsets, and for a selector that asks for more than the Service's", () => {
  assert.equal(needs(), false);
  assert.equal(needs(undefined, {}), false);
  assert.equal(needs({ selector: { app: "pets" } }), false, "as discovery writes it");
  assert.equal(needs({ selector: { app: "pets", track: "canary" } }), true);
  assert.equal(needs({ selector: { app: "other" } }), true);
  assert.equal(needs({}, { subsetSpec: { selectors: [{ keys: ["version"] }] } }), true);
  assert.equal(needs({ subsetSpec: { defaultSubset: { values: { version: "1" } } } }), true);
  assert.equal(needs({ subsetSpec: { selectors: [{}] } }), false, "no labels");
  assert.equal(needs({ serviceName: "gone", selector: { track: "canary" } }), false, "no Service, no endpoints");
});
