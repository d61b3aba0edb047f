import assert from "node:assert/strict";
import type { ProxyRoute, ProxyVirtualHost } from "../api/mod.ts";
import { decode } from "../envoy/mod.ts";
import { plugins } from "../plugins/mod.ts";
import { type Given, host, httpListener, remembering, resource, told, translated } from "./fixtures_test.ts";
import type { ProxyTranslation } from "./pieces.ts";

const CLUSTER = "envoy.config.cluster.v3.Cluster";

const to = (name: string, port = 80): ProxyRoute => ({
  routeAction: { single: { kube: { ref: { name, namespace: "shop" }, port } } },
});
const service = (name: string, annotations = {}, portName = "web") => {
  const ports = [{ name: portName, port: 80 }, { port: 81 }, { name: "dns", port: 53, protocol: "UDP" }];
  return resource("Service", `shop/${name}`, { ports }, { annotations });
};
const translate = (virtualHosts: readonly ProxyVirtualHost[], rest: Partial<Given> = {}) =>
  translated({ listeners: [httpListener(virtualHosts)], plugins, ...rest });
const names = ({ clusters }: ProxyTranslation) => clusters.map(({ name }) => name);
const isHttp2 = (result: ProxyTranslation) =>
  decode(CLUSTER, result.clusters[0]!.bytes!).typedExtensionProtocolOptions !== undefined;

Deno.test("ports of Services that something leads to have a cluster each, the same whatever leads there first", () => {
  const resources = [service("a"), service("b"), service("unused")];
  const [one, two] = [host("one", [to("b"), to("a")]), host("two", [to("a", 81), to("a"), to("gone")])];
  const first = translate([one, two], { resources });
  assert.deepEqual(names(first), ["kube-svc:shop-a-80_shop", "kube-svc:shop-a-81_shop", "kube-svc:shop-b-80_shop"]);
  assert.deepEqual(first.endpoints.map(({ name }) => name), names(first));
  assert.deepEqual(first.clusters.map(({ origin }) => `${origin.kind} ${origin.name}`), [
    "Service a",
    "Service a",
    "Service b",
  ]);
  const second = translate([two, one], { resources });
  assert.deepEqual(second.clusters, first.clusters);
  assert.deepEqual(second.endpoints, first.endpoints);
});

Deno.test("a missing Service or port has no cluster, and one that comes makes what leads there", () => {
  const turn = remembering();
  const listeners = [httpListener([host("one", [to("a"), to("a", 82), to("a", 53)]), host("two", [])])];
  const missing = turn({ listeners, resources: [], plugins });
  assert.deepEqual(names(missing.translation), []);
  const warning = (i: number) =>
    `warning SLUICE-1332 Proxy/proxy listeners[0].httpListener.virtualHosts[0].routes[${i}].routeAction.single.kube`;
  assert.deepEqual(told(missing.translation.reports), [0, 1, 2].map(warning));
  const there = turn({ listeners, resources: [service("a")], plugins });
  assert.deepEqual(names(there.translation), ["kube-svc:shop-a-80_shop"]);
  assert.deepEqual(told(there.translation.reports), [1, 2].map(warning));
  assert.equal(there.made.virtualHost, 1, "the other host does not lead there");
});

Deno.test("HTTP/2 by the name of the port, by annotation, and by the annotations of all", () => {
  const hosts = [host("one", [to("a")])];
  const settings = { upstreamOptions: { globalAnnotations: { "gloo.solo.io/h2_service": "true" } } };
  const not = { "gloo.solo.io/h2_service": "false" };
  assert.equal(isHttp2(translate(hosts, { resources: [service("a")] })), false);
  assert.equal(isHttp2(translate(hosts, { resources: [service("a", {}, "grpc")] })), true);
  assert.equal(isHttp2(translate(hosts, { resources: [service("a")], settings })), true);
  assert.equal(isHttp2(translate(hosts, { resources: [service("a", not, "grpc")], settings })), false);
});

Deno.test("a name that may not be led to is told of the Service and of the route", () => {
  const spec = { type: "ExternalName", externalName: "localhost", ports: [{ port: 80 }] };
  const { reports, endpoints } = translate([host("one", [to("a")])], {
    resources: [resource("Service", "shop/a", spec)],
  });
  assert.deepEqual(told(reports), [
    "warning SLUICE-1332 Proxy/proxy listeners[0].httpListener.virtualHosts[0].routes[0].routeAction.single.kube",
    "warning SLUICE-1482 Service/a ",
  ]);
  assert.equal(endpoints.length, 1, "an empty one, so that Envoy answers 503");
});

Deno.test("what is wrong with a Service's endpoints is told of the Service", () => {
  const slice = resource("EndpointSlice", "shop/a-1", {
    addressType: "FQDN",
    ports: [{ name: "web", port: 8080 }],
    endpoints: [{ addresses: ["pod.example"] }],
  }, { labels: { "kubernetes.io/service-name": "a" } });
  const { reports } = translate([host("one", [to("a")])], { resources: [service("a"), slice] });
  assert.deepEqual(told(reports), ["warning SLUICE-1483 Service/a "]);
});
