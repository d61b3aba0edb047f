import assert from "node:assert/strict";
import type { Spec } from "../api/mod.ts";
import { httpGateway, listenersOf, reportLines, resource, tlsService, translate } from "./fixtures_test.ts";

const gateway = httpGateway("gw", { ssl: true, bindPort: 8443 });
const cert = (name: string, ...sniDomains: string[]) => ({
  secretRef: { name, namespace: "certs" },
  ...(sniDomains.length > 0 ? { sniDomains } : {}),
});

/** What each VirtualService's certificate is served for. */
function certificates(result: ReturnType<typeof translate>) {
  return listenersOf(result)[0]?.sslConfigurations?.map(({ secretRef, sniDomains }) => [
    secretRef?.name,
    ...sniDomains ?? ["*"],
  ]);
}

Deno.test("all ssl configs of a listener stand in one list; oneWayTls has a default in Settings", () => {
  const result = translate(
    [gateway, tlsService("a", ["a.com"], cert("a", "a.com")), tlsService("b", ["b.com"], cert("b", "b.com"))],
    { gateway: { virtualServiceOptions: { oneWayTls: true } } },
  );
  assert.deepEqual(certificates(result), [["a", "a.com"], ["b", "b.com"]]);
  assert.ok(listenersOf(result)[0]?.sslConfigurations?.every(({ oneWayTls }) => oneWayTls === true));
  assert.equal(listenersOf(result)[0]?.httpListener?.virtualHosts?.length, 2);
});

Deno.test("a oneWayTls of the VirtualService stands", () => {
  const service = tlsService("a", [], { ...cert("a"), oneWayTls: false });
  const result = translate([gateway, service], { gateway: { virtualServiceOptions: { oneWayTls: true } } });
  assert.equal(listenersOf(result)[0]?.sslConfigurations?.[0]?.oneWayTls, false);
});

Deno.test("an SNI domain with two certificates: one keeps it, the other loses it, hosts stay", () => {
  const a = tlsService("a", ["a.com"], cert("a", "x.com", "a.com"));
  const b = tlsService("b", ["b.com"], cert("b", "b.com", "X.com"));
  const result = translate([gateway, a, b]);
  assert.deepEqual(certificates(result), [["a", "x.com", "a.com"], ["b", "b.com"]]);
  assert.deepEqual(reportLines(result.reports), ["error 1214 VirtualService/gloo-system/b sslConfig.sniDomains[1]"]);
  assert.equal(listenersOf(result)[0]?.httpListener?.virtualHosts?.length, 2);
  const incumbent = translate([gateway, b]).claims;
  assert.deepEqual(certificates(translate([gateway, a, b], {}, incumbent)), [["a", "a.com"], ["b", "b.com", "X.com"]]);
});

Deno.test("two different certificates for every name: only one is served", () => {
  const result = translate([gateway, tlsService("a", ["a.com"], cert("a")), tlsService("b", ["b.com"], cert("b"))]);
  assert.deepEqual(certificates(result), [["a", "*"]]);
  assert.deepEqual(reportLines(result.reports), ["error 1214 VirtualService/gloo-system/b sslConfig"]);
});

Deno.test("the same certificate for one SNI domain is no conflict", () => {
  const result = translate([
    gateway,
    tlsService("a", ["a.com"], cert("one", "x.com")),
    tlsService("b", ["b.com"], cert("one", "x.com")),
  ]);
  assert.deepEqual(result.reports, []);
});

function chains(resources: Parameters<typeof translate>[0], settings: Spec<"Settings"> = {}) {
  const result = translate(resources, settings);
  const aggregate = listenersOf(result)[0]?.aggregateListener;
  return {
    reports: reportLines(result.reports),
    hosts: Object.keys(aggregate?.httpResources?.virtualHosts ?? {}),
    chains: aggregate?.httpFilterChains?.map(({ matcher, virtualHostRefs }) => ({
      sni: matcher?.sslConfig?.sniDomains,
      cert: matcher?.sslConfig?.secretRef?.name,
      hosts: virtualHostRefs,
    })),
  };
}

const isolate: Spec<"Settings"> = { gateway: { isolateVirtualHostsBySslConfig: true } };
const services = [
  tlsService("a", ["x.com"], cert("one", "a.com")),
  tlsService("b", ["b.com"], cert("one", "b.com")),
  tlsService("c", ["x.com"], cert("two", "c.com")),
];

Deno.test("isolation makes one chain of hosts for each ssl config, by setting or annotation", () => {
  const expected = {
    reports: [],
    hosts: ["gloo-system_a", "gloo-system_b", "gloo-system_c"],
    chains: [
      { sni: ["a.com", "b.com"], cert: "one", hosts: ["gloo-system_a", "gloo-system_b"] },
      { sni: ["c.com"], cert: "two", hosts: ["gloo-system_c"] },
    ],
  };
  assert.deepEqual(chains([gateway, ...services], isolate), expected);
  const annotated = (value: string) =>
    resource("Gateway", "gw", gateway.spec, { annotations: { "gateway.solo.io/isolate_vhost": value } });
  assert.deepEqual(chains([annotated("true"), ...services]), expected);
  assert.deepEqual(chains([annotated("nonsense"), ...services], isolate), expected);
  assert.equal(chains([annotated("false"), ...services], isolate).chains, undefined);
});

Deno.test("isolated: a united ssl config names all its VirtualServices, one for every name wins", () => {
  const result = translate([gateway, ...services, tlsService("d", ["d.com"], cert("one"))], isolate);
  const ssl = listenersOf(result)[0]?.aggregateListener?.httpFilterChains?.[0]?.matcher?.sslConfig;
  assert.equal(ssl?.sniDomains, undefined);
  assert.deepEqual(ssl?.metadataStatic?.sources?.map(({ resourceRef }) => resourceRef?.name), ["a", "b", "d"]);
});

Deno.test("isolated: who loses its only SNI domain has no chain and no host", () => {
  const rival = tlsService("z", ["z.com"], cert("three", "c.com"));
  const result = chains([gateway, ...services, rival], isolate);
  assert.deepEqual(result.reports, ["error 1214 VirtualService/gloo-system/z sslConfig.sniDomains[0]"]);
  assert.equal(result.chains?.length, 2);
  assert.ok(!result.hosts.includes("gloo-system_z"));
});

Deno.test("isolated without TLS: one chain without matcher", () => {
  const plain = httpGateway();
  const service = resource("VirtualService", "a", { virtualHost: {} });
  assert.deepEqual(chains([plain, service], isolate).chains, [
    { sni: undefined, cert: undefined, hosts: ["gloo-system_a"] },
  ]);
});
