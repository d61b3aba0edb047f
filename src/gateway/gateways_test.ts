import assert from "node:assert/strict";
import { httpGateway, listenersOf, reportLines, resource, translate, virtualService } from "./fixtures_test.ts";

const names = (translation: ReturnType<typeof translate>, proxy?: string) =>
  listenersOf(translation, proxy).map(({ name }) => name);

Deno.test("a Gateway makes a listener in Gloo's Proxy", () => {
  const result = translate([httpGateway("gw", { options: {}, routeOptions: {} }), virtualService("a", ["a.com"])]);
  const [proxy] = result.proxies;
  assert.deepEqual(proxy?.metadata, {
    name: "gateway-proxy",
    namespace: "gloo-system",
    labels: { created_by: "gloo-gateway" },
  });
  const [listener] = listenersOf(result);
  assert.equal(listener?.name, "listener-::-8080");
  assert.equal(listener.bindAddress, "::");
  assert.equal(listener.bindPort, 8080);
  assert.deepEqual(listener.metadataStatic, {
    sources: [{ resourceRef: { name: "gw", namespace: "gloo-system" }, resourceKind: "Gateway", path: "" }],
    key: "Gateway/gloo-system/gw",
  });
  assert.equal(listener.httpListener?.metadataStatic?.sources?.[0]?.path, "httpGateway");
  assert.deepEqual(result.reports, []);
});

Deno.test("proxyNames put a Gateway into each proxy named, once", () => {
  const result = translate([
    httpGateway("gw", { proxyNames: ["b", "a", "b"] }),
    httpGateway("other", { bindPort: 8081 }),
    virtualService("a"),
  ]);
  assert.deepEqual(result.proxies.map(({ metadata }) => metadata.name), ["a", "b", "gateway-proxy"]);
  assert.deepEqual(names(result, "b"), ["listener-::-8080"]);
  assert.deepEqual(names(result), ["listener-::-8081"]);
});

Deno.test("Gateways of other namespaces are read only if Settings say so", () => {
  const resources = [httpGateway("elsewhere/gw"), virtualService("a")];
  assert.deepEqual(translate(resources).proxies, []);
  assert.deepEqual(names(translate(resources, { gateway: { readGatewaysFromAllNamespaces: true } })), [
    "listener-::-8080",
  ]);
});

Deno.test("two Gateways on one address: the first by name gets it, the other is rejected", () => {
  const result = translate([httpGateway("one"), httpGateway("two"), virtualService("a")]);
  assert.deepEqual(reportLines(result.reports), ["error 1202 Gateway/gloo-system/two bindPort"]);
  const listeners = listenersOf(result);
  assert.deepEqual(listeners.map(({ invalid }) => invalid === undefined), [true, false]);
  assert.equal(listeners[0]?.metadataStatic?.key, "Gateway/gloo-system/one");
});

Deno.test("two Gateways on one address: the older gets it, and the incumbent before the older", () => {
  const one = httpGateway("one");
  const old = resource("Gateway", "two", { bindPort: 8080, httpGateway: {} }, {
    creationTimestamp: "2020-01-01T00:00:00Z",
  });
  const older = resource("Gateway", "zero", { bindPort: 8080, httpGateway: {} }, {
    creationTimestamp: "2019-01-01T00:00:00Z",
  });
  const first = translate([one, old, virtualService("a")]);
  assert.deepEqual(reportLines(first.reports), ["error 1202 Gateway/gloo-system/one bindPort"]);
  const second = translate([one, old, older, virtualService("a")], {}, first.claims);
  assert.deepEqual(reportLines(second.reports), [
    "error 1202 Gateway/gloo-system/one bindPort",
    "error 1202 Gateway/gloo-system/zero bindPort",
  ]);
  const fresh = translate([one, old, older, virtualService("a")]);
  assert.ok(!reportLines(fresh.reports).includes("error 1202 Gateway/gloo-system/zero bindPort"));
});

Deno.test("the same address in two proxies is no conflict", () => {
  const result = translate([httpGateway("one"), httpGateway("two", { proxyNames: ["other"] }), virtualService("a")]);
  assert.deepEqual(result.reports, []);
});

Deno.test("a Gateway of no type is an error and an invalid listener", () => {
  const result = translate([resource("Gateway", "gw", { bindPort: 8080 }), virtualService("a")]);
  assert.deepEqual(reportLines(result.reports), ["error 1201 Gateway/gloo-system/gw"]);
  assert.ok(listenersOf(result)[0]?.invalid);
});

Deno.test("a Gateway that nothing joins has no listener and no report", () => {
  const resources = [httpGateway(), httpGateway("tls", { ssl: true, bindPort: 8443 })];
  const result = translate(resources);
  assert.deepEqual(names(result), []);
  assert.equal(result.proxies.length, 1);
  assert.deepEqual(result.reports, []);
  assert.deepEqual(names(translate(resources, { gateway: { translateEmptyGateways: true } })), ["listener-::-8080"]);
});

Deno.test("useProxyProto becomes the option that replaced it", () => {
  const [listener] = listenersOf(translate([httpGateway("gw", { useProxyProto: true }), virtualService("a")]));
  assert.deepEqual(listener?.options, { proxyProtocol: {} });
  assert.equal(listener.metadataStatic?.optionSources?.proxyProtocol?.path, "useProxyProto");
  const options = { proxyProtocol: { rules: [] } } as object;
  const [own] = listenersOf(translate([httpGateway("gw", { useProxyProto: true, options }), virtualService("a")]));
  assert.deepEqual(own?.options, options);
});

Deno.test("a hand-written Proxy loses its name to a Gateway, one that Gloo kept is no fault", () => {
  const base = [httpGateway(), virtualService("a")];
  const written = resource("Proxy", "gateway-proxy", {});
  assert.deepEqual(reportLines(translate([...base, written]).reports), [
    "error 1208 Proxy/gloo-system/gateway-proxy",
  ]);
  const kept = resource("Proxy", "gateway-proxy", {}, { labels: { created_by: "gloo-gateway-translator" } });
  assert.deepEqual(translate([...base, kept]).reports, []);
});
