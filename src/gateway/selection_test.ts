import assert from "node:assert/strict";
import type { HttpGateway } from "../api/mod.ts";
import {
  answer,
  hostsOf,
  httpGateway,
  listenersOf,
  reportLines,
  resource,
  tlsService,
  translate,
  virtualService,
} from "./fixtures_test.ts";

const services = [
  virtualService("a", ["a.com"], undefined, { labels: { team: "one", tier: "5" } }),
  virtualService("b", ["b.com"], undefined, { labels: { team: "two" } }),
  virtualService("other/c", ["c.com"], undefined, { labels: { team: "one" } }),
];

function select(httpGatewayPart: HttpGateway) {
  const result = translate([httpGateway("gw", { httpGateway: httpGatewayPart }), ...services]);
  return { names: hostsOf(result).map(({ name }) => name), reports: reportLines(result.reports) };
}

Deno.test("without selection every VirtualService joins", () => {
  assert.deepEqual(select({}), { names: ["gloo-system_a", "gloo-system_b", "other_c"], reports: [] });
});

Deno.test("selection by refs, a missing one is an error and the others join", () => {
  const refs = [{ name: "b", namespace: "" }, { name: "c", namespace: "other" }, { name: "no", namespace: "x" }];
  assert.deepEqual(select({ virtualServices: refs }), {
    names: ["gloo-system_b", "other_c"],
    reports: ["error 1203 Gateway/gloo-system/gw httpGateway.virtualServices[2]"],
  });
});

Deno.test("selection by labels, expressions and namespaces", () => {
  assert.deepEqual(select({ virtualServiceSelector: { team: "one" } }).names, ["gloo-system_a", "other_c"]);
  assert.deepEqual(
    select({ virtualServiceSelector: { team: "one" }, virtualServiceNamespaces: ["other"] }).names,
    ["other_c"],
  );
  assert.deepEqual(select({ virtualServiceNamespaces: ["other"] }).names, ["other_c"]);
  assert.deepEqual(select({ virtualServiceNamespaces: ["other", "*"] }).names.length, 3);
  const expressions = [{ key: "tier", operator: "GreaterThan", values: ["4"] }] as const;
  assert.deepEqual(select({ virtualServiceExpressions: { expressions } }).names, ["gloo-system_a"]);
});

Deno.test("expressions win over labels and these over refs; the losers are warned of", () => {
  const result = select({
    virtualServices: [{ name: "a", namespace: "gloo-system" }],
    virtualServiceSelector: { team: "one" },
    virtualServiceExpressions: { expressions: [{ key: "team", operator: "In", values: ["two"] }] },
  });
  assert.deepEqual(result.names, ["gloo-system_b"]);
  assert.deepEqual(result.reports, [
    "warning 1207 Gateway/gloo-system/gw httpGateway.virtualServiceSelector",
    "warning 1207 Gateway/gloo-system/gw httpGateway.virtualServices",
  ]);
});

Deno.test("a malformed expression rejects the Gateway, which then keeps its last good form", () => {
  const part = { virtualServiceExpressions: { expressions: [{ key: "a", operator: "In" }] } } as const;
  const result = translate([httpGateway("gw", { httpGateway: part }), ...services]);
  assert.deepEqual(reportLines(result.reports), [
    "error 1204 Gateway/gloo-system/gw httpGateway.virtualServiceExpressions.expressions[0]",
  ]);
  assert.ok(listenersOf(result)[0]?.invalid);
});

Deno.test("VirtualServices with an sslConfig join Gateways with ssl, the others those without", () => {
  const result = translate([
    httpGateway("plain"),
    httpGateway("tls", { ssl: true, bindPort: 8443 }),
    virtualService("a", ["a.com"]),
    tlsService("b", ["b.com"], { secretRef: { name: "cert", namespace: "" } }),
  ]);
  const [plain, tls] = listenersOf(result);
  assert.deepEqual(plain?.httpListener?.virtualHosts?.map(({ name }) => name), ["gloo-system_a"]);
  assert.equal(plain?.sslConfigurations, undefined);
  assert.deepEqual(tls?.httpListener?.virtualHosts?.map(({ name }) => name), ["gloo-system_b"]);
  assert.deepEqual(tls?.sslConfigurations, [{
    secretRef: { name: "cert", namespace: "gloo-system" },
    metadataStatic: {
      sources: [{
        resourceRef: { name: "b", namespace: "gloo-system" },
        resourceKind: "VirtualService",
        path: "sslConfig",
      }],
      key: "VirtualService/gloo-system/b#ssl",
    },
  }]);
});

Deno.test("a VirtualService without virtualHost is a warning and nothing is served from it", () => {
  const result = translate([httpGateway(), resource("VirtualService", "empty", {}), ...services]);
  assert.deepEqual(reportLines(result.reports), ["warning 1210 VirtualService/gloo-system/empty virtualHost"]);
  assert.ok(!hostsOf(result).some(({ metadataStatic }) => metadataStatic?.key === "VirtualService/gloo-system/empty"));
});

Deno.test("a virtual host has Gloo's name, its domains or *, and its provenance", () => {
  const [host] = hostsOf(translate([
    httpGateway(),
    virtualService("ns/my.service", [], [answer("/")], { generation: "4" }),
  ]));
  assert.equal(host?.name, "ns_my_service");
  assert.deepEqual(host.domains, ["*"]);
  assert.deepEqual(host.metadataStatic, {
    sources: [{
      resourceRef: { name: "my.service", namespace: "ns" },
      resourceKind: "VirtualService",
      observedGeneration: "4",
      path: "virtualHost",
    }],
    key: "VirtualService/ns/my.service",
  });
});
