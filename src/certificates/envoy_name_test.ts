import assert from "node:assert/strict";
import { envoyName, rolesOf } from "./envoy_name.ts";

Deno.test("the name of an Envoy's certificate gives the role of its Proxy and no other", () => {
  assert.equal(envoyName("gloo-system", "edge"), "edge.gloo-system.envoy.sluice");
  for (const [namespace, proxyName] of [["gloo-system", "edge"], ["ns", "a.b"], ["ns", "a.ns"]] as const) {
    assert.deepEqual(rolesOf(envoyName(namespace, proxyName)), [`${namespace}~${proxyName}`]);
  }
  for (
    const name of [
      "sluice.gloo-system.svc",
      "edge.gloo-system.envoy.sluice.example.com",
      "gloo-system.envoy.sluice",
      ".gloo-system.envoy.sluice",
      "edge..envoy.sluice",
      "envoy.sluice",
      ".envoy.sluice",
      "",
      "*",
    ]
  ) assert.deepEqual(rolesOf(name), [], name);
});
