import assert from "node:assert/strict";
import type { HybridGateway, Resource, Spec } from "../api/mod.ts";
import { listenersOf, reportLines, resource, tlsService, translate, virtualService, WRITE } from "./fixtures_test.ts";

const cert = (name: string, ...sniDomains: string[]) => ({
  secretRef: { name, namespace: "" },
  ...(sniDomains.length > 0 ? { sniDomains } : {}),
});
const near = { sourcePrefixRanges: [{ addressPrefix: "10.0.0.0", prefixLen: 8 }] };
const tcpGateway = { tcpHosts: [{ name: "t", destination: { single: { upstream: { name: "u", namespace: "" } } } }] };
const plain = virtualService("a", ["a.com"]);
const tls = tlsService("b", ["b.com"], cert("own"));

function run(hybridGateway: HybridGateway, others: readonly Resource[], settings: Spec<"Settings"> = {}) {
  const result = translate([resource("Gateway", "gw", { bindPort: 8080, hybridGateway }), ...others], settings);
  const [listener] = listenersOf(result);
  return { listener, matched: listener?.hybridListener?.matchedListeners, reports: reportLines(result.reports) };
}

Deno.test("matched gateways of both types, with and without TLS", () => {
  const { matched, reports } = run({
    matchedGateways: [
      { matcher: near, httpGateway: { options: {} } },
      { matcher: { sslConfig: { ...cert("default"), oneWayTls: true } }, httpGateway: {} },
      { matcher: { passthroughCipherSuites: ["X"] }, tcpGateway },
    ],
  }, [plain, tls]);
  assert.deepEqual(reports, []);
  assert.deepEqual(matched?.[0]?.matcher, near);
  assert.deepEqual(matched?.[0]?.httpListener?.virtualHosts?.map(({ name }) => name), ["gloo-system_a"]);
  assert.equal(
    matched?.[0]?.httpListener?.metadataStatic?.sources?.[0]?.path,
    "hybridGateway.matchedGateways[0].httpGateway",
  );
  assert.equal(matched?.[1]?.matcher?.sslConfig?.secretRef?.namespace, WRITE);
  assert.deepEqual(matched?.[1]?.httpListener?.virtualHosts?.map(({ name }) => name), ["gloo-system_b"]);
  const [ssl] = matched?.[1]?.sslConfigurations ?? [];
  assert.equal(ssl?.secretRef?.name, "own");
  assert.equal(ssl?.oneWayTls, true);
  assert.equal(
    ssl?.metadataStatic?.optionSources?.oneWayTls?.path,
    "hybridGateway.matchedGateways[1].matcher.sslConfig",
  );
  assert.deepEqual(matched?.[2]?.matcher, { passthroughCipherSuites: ["X"] });
  assert.equal(matched?.[2]?.tcpListener?.tcpHosts?.[0]?.destination?.single?.upstream?.namespace, WRITE);
});

Deno.test("a matched gateway of no type is left out, the others are served", () => {
  const { matched, reports } = run({ matchedGateways: [{ matcher: near }, { httpGateway: {} }] }, [plain]);
  assert.equal(matched?.length, 1);
  assert.deepEqual(reports, ["error 1201 Gateway/gloo-system/gw hybridGateway.matchedGateways[0]"]);
});

Deno.test("nothing to serve: an error for matched gateways, a warning for delegated ones, no listener", () => {
  const inline = run({ matchedGateways: [{ httpGateway: {} }] }, []);
  assert.equal(inline.listener, undefined);
  assert.deepEqual(inline.reports, ["error 1205 Gateway/gloo-system/gw hybridGateway"]);
  const delegated = run({ delegatedHttpGateways: {} }, [plain]);
  assert.equal(delegated.listener, undefined);
  assert.deepEqual(delegated.reports, [
    "warning 1205 Gateway/gloo-system/gw hybridGateway",
    "warning 1206 Gateway/gloo-system/gw hybridGateway.delegatedHttpGateways",
  ]);
});

Deno.test("matched gateways win over delegated ones, which is said", () => {
  const { matched, reports } = run({ matchedGateways: [{ httpGateway: {} }], delegatedTcpGateways: {} }, [plain]);
  assert.equal(matched?.length, 1);
  assert.deepEqual(reports, ["warning 1207 Gateway/gloo-system/gw hybridGateway.delegatedTcpGateways"]);
});

const child = (name: string, spec: Spec<"MatchableHttpGateway"> = {}, labels: Record<string, string> = {}) =>
  resource("MatchableHttpGateway", name, { httpGateway: {}, ...spec }, { labels });

Deno.test("delegated gateways by reference and by selector", () => {
  const tcpChild = resource("MatchableTcpGateway", "x/t", { matcher: near, tcpGateway });
  const byRef = run({
    delegatedHttpGateways: { ref: { name: "one", namespace: "" } },
    delegatedTcpGateways: { selector: { namespaces: ["x"] } },
  }, [plain, child("one"), child("two"), tcpChild]);
  assert.deepEqual(byRef.reports, []);
  assert.equal(byRef.matched?.length, 2);
  assert.deepEqual(
    byRef.matched?.[0]?.httpListener?.metadataStatic?.sources?.map(({ resourceKind, path }) => [resourceKind, path]),
    [["MatchableHttpGateway", "httpGateway"], ["Gateway", "hybridGateway.delegatedHttpGateways"]],
  );
  assert.equal(byRef.matched?.[1]?.tcpListener?.metadataStatic?.key, "MatchableTcpGateway/x/t");
  assert.equal(byRef.matched?.[1]?.tcpListener?.tcpHosts?.[0]?.destination?.single?.upstream?.namespace, "x");
  const bySelector = run({
    delegatedHttpGateways: { selector: { expressions: [{ key: "app", operator: "Exists" }] } },
  }, [plain, child("one", {}, { app: "x" }), child("two")]);
  assert.equal(bySelector.matched?.length, 1);
});

Deno.test("a missing delegated gateway is a warning, a malformed selector an error", () => {
  assert.deepEqual(run({ delegatedHttpGateways: { ref: { name: "no", namespace: "" } } }, [plain]).reports, [
    "warning 1205 Gateway/gloo-system/gw hybridGateway",
    "warning 1206 Gateway/gloo-system/gw hybridGateway.delegatedHttpGateways.ref",
  ]);
  const malformed = run({
    delegatedHttpGateways: { selector: { expressions: [{ key: "" }] } },
    delegatedTcpGateways: {},
  }, [resource("MatchableTcpGateway", "t", { tcpGateway })]);
  assert.equal(malformed.matched?.length, 1);
  assert.deepEqual(malformed.reports, [
    "error 1204 Gateway/gloo-system/gw hybridGateway.delegatedHttpGateways.selector.expressions[0]",
  ]);
});

Deno.test("a parent with TLS takes only children with TLS", () => {
  const resources = [plain, tls, child("plain"), child("tls", { matcher: { sslConfig: cert("c") } })];
  const secure = run({ delegatedHttpGateways: { sslConfig: cert("p") } }, resources);
  assert.deepEqual(secure.matched?.map(({ matcher }) => matcher?.sslConfig?.secretRef?.name), ["c"]);
  const insecure = run({ delegatedHttpGateways: {} }, resources);
  assert.deepEqual(insecure.matched?.map(({ matcher }) => matcher), [{}]);
  assert.deepEqual(insecure.reports, []);
  const named = run({ delegatedHttpGateways: { ref: { name: "tls", namespace: "" } } }, resources);
  assert.deepEqual(named.reports, [
    "warning 1205 Gateway/gloo-system/gw hybridGateway",
    "warning 1206 Gateway/gloo-system/gw hybridGateway.delegatedHttpGateways.ref",
  ]);
});

Deno.test("the parent's settings fill gaps; with preventChildOverrides they win", () => {
  const settings = (given: object) => ({ httpConnectionManagerSettings: given });
  const parentSettings = { via: "parent", idleTimeout: "5s", nested: { a: "parent", b: "parent" } };
  const parent = (preventChildOverrides: boolean): HybridGateway => ({
    delegatedHttpGateways: {
      preventChildOverrides,
      ...settings(parentSettings),
      sslConfig: {
        ...cert("parent", "parent.com"),
        parameters: { minimumProtocolVersion: "TLSv1_2" },
        oneWayTls: true,
      },
    },
  });
  const one = child("one", {
    matcher: {
      sslConfig: {
        sslFiles: { tlsCert: "child" },
        sniDomains: ["child.com"],
        parameters: { minimumProtocolVersion: "TLSv1_0", cipherSuites: ["X"] },
      },
    },
    httpGateway: { options: settings({ via: "child", nested: { a: "child", c: "child" } }) as object },
  });
  const service = tlsService("b", ["b.com"], {});
  const loose = run(parent(false), [service, one]).matched?.[0];
  assert.deepEqual(
    loose?.httpListener?.options,
    settings({ via: "child", idleTimeout: "5s", nested: { a: "child", b: "parent", c: "child" } }),
  );
  assert.deepEqual(loose?.matcher?.sslConfig?.sslFiles, { tlsCert: "child" });
  assert.equal(loose?.matcher?.sslConfig?.secretRef, undefined);
  assert.deepEqual(loose?.matcher?.sslConfig?.parameters, { minimumProtocolVersion: "TLSv1_0", cipherSuites: ["X"] });
  assert.equal(loose?.matcher?.sslConfig?.oneWayTls, true);
  const strict = run(parent(true), [service, one]).matched?.[0];
  assert.deepEqual(
    strict?.httpListener?.options,
    settings({ via: "parent", idleTimeout: "5s", nested: { a: "parent", b: "parent", c: "child" } }),
  );
  assert.equal(strict?.matcher?.sslConfig?.secretRef?.name, "parent");
  assert.equal(strict?.matcher?.sslConfig?.sslFiles, undefined);
  assert.deepEqual(strict?.matcher?.sslConfig?.parameters, { minimumProtocolVersion: "TLSv1_2", cipherSuites: ["X"] });
  assert.deepEqual(strict?.matcher?.sslConfig?.sniDomains, ["child.com"]);
  assert.equal(
    strict?.httpListener?.metadataStatic?.optionSources?.httpConnectionManagerSettings?.resourceKind,
    "Gateway",
  );
});

Deno.test("isolated: matched gateways become chains, each with its own options, and tcp listeners", () => {
  const settings = { gateway: { isolateVirtualHostsBySslConfig: true } };
  const { listener, reports } = run(
    {
      matchedGateways: [
        { matcher: near, httpGateway: { options: { buffer: 1 } as object } },
        { matcher: { ...near, sslConfig: { oneWayTls: true } }, httpGateway: {} },
        { tcpGateway },
      ],
    },
    [plain, tls],
    settings,
  );
  assert.deepEqual(reports, []);
  const aggregate = listener?.aggregateListener;
  const [http, secure] = aggregate?.httpFilterChains ?? [];
  assert.deepEqual(http?.matcher, near);
  assert.deepEqual(http?.virtualHostRefs, ["gloo-system_a"]);
  assert.deepEqual(aggregate?.httpResources?.httpOptions?.[http?.httpOptionsRef ?? ""], { buffer: 1 });
  assert.deepEqual(secure?.matcher?.sourcePrefixRanges, near.sourcePrefixRanges);
  assert.equal(secure?.matcher?.sslConfig?.secretRef?.name, "own");
  assert.equal(secure?.matcher?.sslConfig?.oneWayTls, true);
  assert.deepEqual(aggregate?.httpResources?.httpOptions?.[secure?.httpOptionsRef ?? ""], {});
  assert.equal(aggregate?.tcpListeners?.[0]?.tcpListener?.tcpHosts?.length, 1);
});

Deno.test("isolated: a host that lost a domain in one chain only stands there twice", () => {
  const settings = { gateway: { isolateVirtualHostsBySslConfig: true } };
  const labelled = virtualService("z", ["x.com", "z.com"], undefined, { labels: { app: "z" } });
  const { listener } = run(
    {
      matchedGateways: [
        { matcher: near, httpGateway: {} },
        { httpGateway: { virtualServiceSelector: { app: "z" } } },
      ],
    },
    [virtualService("y", ["x.com"]), labelled],
    settings,
  );
  const { httpResources, httpFilterChains } = listener?.aggregateListener ?? {};
  const domains = httpFilterChains?.map(({ virtualHostRefs }) =>
    virtualHostRefs?.map((ref) => httpResources?.virtualHosts?.[ref]?.domains)
  );
  assert.deepEqual(domains, [[["x.com"], ["z.com"]], [["x.com", "z.com"]]]);
});
