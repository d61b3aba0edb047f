import assert from "node:assert/strict";
import {
  contextOf,
  deepFreeze,
  host,
  httpListener,
  resource,
  testPlugin,
  to,
  told,
  translated,
  upstream,
} from "./fixtures_test.ts";
import { translateProxy } from "./translate_proxy.ts";

const vh = (name: string) => host(name, [{ routeAction: to("a") }]);

Deno.test("work is given up between units: Upstreams, their endpoints, filter chains and virtual hosts", () => {
  const proxy = resource("Proxy", "p", { listeners: [httpListener([vh("one"), vh("two")])] });
  const work = translateProxy({ proxy, ...contextOf([upstream("a"), upstream("b")]) });
  let slices = 0;
  while (!work.next().done) slices++;
  assert.equal(slices, 7);
});

Deno.test("every Upstream becomes a cluster, one faulty among them harms no other", () => {
  const faulty = upstream("b", { static: { hosts: [["10.0.0.1", 80]], fault: "broken" } });
  const { clusters, endpoints, reports } = translated({
    listeners: [],
    resources: [upstream("a"), faulty, upstream("c")],
  });
  assert.deepEqual(clusters.map(({ name, rejected }) => [name, rejected]), [
    ["a_gloo-system", undefined],
    ["b_gloo-system", "hold"],
    ["c_gloo-system", undefined],
  ]);
  assert.deepEqual(endpoints.map(({ name }) => name), ["a_gloo-system", "c_gloo-system"]);
  assert.deepEqual(told(reports), ["error SLUICE-1401 Upstream/b static"]);
});

Deno.test("an UpstreamGroup's faults are errors on the group", () => {
  const group = resource("UpstreamGroup", "g", {
    destinations: [{ weight: 1, destination: { upstream: { name: "absent" } } }],
  });
  const { reports } = translated({ listeners: [], resources: [group, resource("UpstreamGroup", "empty", {})] });
  assert.deepEqual(told(reports), [
    "error SLUICE-1360 UpstreamGroup/g destinations[0].destination.upstream",
    "error SLUICE-1334 UpstreamGroup/empty destinations",
  ]);
});

Deno.test("equal input gives equal output, and frozen input is enough", () => {
  const given = deepFreeze({ listeners: [httpListener([vh("one")])], resources: [upstream("a")] });
  assert.deepEqual(translated(given), translated(given));
});

Deno.test("endpoints of discovery reach their Upstream by reference", () => {
  const endpoint = resource("Endpoint", "e", {
    upstreams: [{ name: "a", namespace: "gloo-system" }],
    address: "10.1.1.1",
    port: 1,
  });
  const { endpoints } = translated({ listeners: [], resources: [upstream("a", {}), endpoint], plugins: [testPlugin] });
  assert.deepEqual(endpoints.map(({ name }) => name), ["a_gloo-system"]);
});

Deno.test("a compressed Proxy is told not to be read yet", () => {
  const proxy = resource("Proxy", "p", { compressedSpec: "eJw=" });
  const work = translateProxy({ proxy, ...contextOf() });
  let step = work.next();
  while (!step.done) step = work.next();
  assert.deepEqual(told(step.value.reports), ["error SLUICE-1304 Proxy/p compressedSpec"]);
});

Deno.test("what is wrong with a resource is told once, however many listeners it is on", () => {
  const faulty = host("vh", [{
    metadataStatic: {
      sources: [{ resourceRef: { name: "vs", namespace: "ns" }, resourceKind: "VirtualService", path: "routes[0]" }],
    },
  }]);
  const listeners = [httpListener([faulty]), httpListener([faulty], { name: "other", bindPort: 8081 })];
  assert.deepEqual(told(translated({ listeners }).reports), ["error SLUICE-1331 VirtualService/vs routes[0]"]);
});

Deno.test("there may be more reports than a call takes arguments", () => {
  const domains = Array.from({ length: 200_000 }, () => "");
  const { reports } = translated({ listeners: [httpListener([host("vh", [], { domains })])] });
  assert.equal(reports.length, 200_000);
});
