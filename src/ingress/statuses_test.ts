import assert from "node:assert/strict";
import type { Resource } from "../api/mod.ts";
import { type Given, ingress, resource, service, snapshotOf, to, WRITE } from "./fixtures_test.ts";
import { ingressSettingsReports } from "./settings.ts";
import { ingressStatuses } from "./statuses.ts";

const ingresses = [
  ingress("a", { defaultBackend: to("web") }),
  ingress("b", { ingressClassName: "nginx" }),
  ingress("c", {}),
];
const front = (loadBalancerIngress: readonly { ip?: string; hostname?: string }[]) =>
  service("front", { loadBalancerIngress });

function statuses(resources: readonly Resource[], given: Given) {
  return ingressStatuses(snapshotOf([...ingresses, ...resources]), { sluice: { ingress: given } }, WRITE);
}

Deno.test("Ingresses of ours get the addresses of the load balancer, in one order whatever the Service's", () => {
  const addresses = [{ hostname: "lb.test" }, { ip: "192.0.2.2" }, { ip: "192.0.2.1" }, {}];
  const found = statuses([front(addresses)], { publishService: "shop/front" });
  const loadBalancer = [{ ip: "192.0.2.1" }, { ip: "192.0.2.2" }, { hostname: "lb.test" }];
  assert.deepEqual(
    found,
    ["a", "c"].map((name) => ({ ref: { kind: "Ingress", namespace: "shop", name }, loadBalancer })),
  );
  assert.deepEqual(statuses([front(addresses.toReversed())], { publishService: "shop/front" }), found);
});

Deno.test("nothing is wanted of a status while no address is known, or Ingresses are not served", () => {
  const known = front([{ ip: "192.0.2.1" }]);
  assert.equal(statuses([known], { publishService: "shop/front" }).length, 2);
  assert.deepEqual(statuses([known], {}), []);
  assert.deepEqual(statuses([known], { publishService: "shop/absent" }), []);
  assert.deepEqual(statuses([front([])], { publishService: "shop/front" }), []);
  assert.deepEqual(statuses([known], { publishService: "shop/front", enabled: false }), []);
});

Deno.test("a publishService without namespace is one of the write namespace; a malformed one is told", () => {
  const own = resource("Service", "front", { loadBalancerIngress: [{ ip: "192.0.2.1" }] }, { namespace: WRITE });
  assert.equal(statuses([own], { publishService: "front" }).length, 2);
  const told = (publishService: string) =>
    ingressSettingsReports(resource("Settings", "default", { sluice: { ingress: { publishService } } })).length;
  assert.deepEqual(["front", "a/front", "", "/front", "a/b/c"].map(told), [0, 0, 0, 1, 1]);
});
