import assert from "node:assert/strict";
import type { Resource } from "../api/mod.ts";
import { decode, type Message } from "../envoy/mod.ts";
import { definePlugin, type UpstreamFragment } from "../plugins/mod.ts";
import { GOOD, tlsSecret } from "./certificates_test.ts";
import { contextOf, resource, told, upstream } from "./fixtures_test.ts";
import { planCluster } from "./clusters.ts";
import type { TranslationContext } from "./context.ts";
import { type UpstreamTranslation, withEndpoints } from "./upstreams.ts";

const CLUSTER = "envoy.config.cluster.v3.Cluster";
const ASSIGNMENT = "envoy.config.endpoint.v3.ClusterLoadAssignment";
const DNS = "envoy.extensions.clusters.dns.v3.DnsCluster";
const HTTP = "envoy.extensions.upstreams.http.v3.HttpProtocolOptions";
const TLS = "envoy.extensions.transport_sockets.tls.v3.UpstreamTlsContext";

const cluster = ({ cluster: { bytes } }: UpstreamTranslation) => decode(CLUSTER, bytes!);
const address = (host: string, port: number) => ({
  endpoint: { address: { socketAddress: { address: host, portValue: port } } },
});
const tlsOf = (socket: Message<"envoy.config.core.v3.TransportSocket"> | undefined) =>
  decode(TLS, socket!.typedConfig!.value!);

/** Both steps of translation. */
function translateUpstream(
  context: TranslationContext,
  upstream: Resource<"Upstream">,
  discovered: readonly Resource<"Endpoint">[],
): UpstreamTranslation {
  return withEndpoints(context, planCluster(context, upstream, discovered.length > 0), discovered);
}

/** A plugin that gives every Upstream this fragment. */
const giving = (fragment: UpstreamFragment) =>
  definePlugin({ name: "giving", options: {}, upstream: () => ({ fragment }) });
const translate = (spec: object, fragment: UpstreamFragment, resources = [] as ReturnType<typeof tlsSecret>[]) =>
  translateUpstream(contextOf(resources, {}, [giving(fragment)]), upstream("a", spec), []);

Deno.test("addresses are served over EDS, in a load assignment named after the cluster", () => {
  const result = translateUpstream(contextOf(), upstream("a"), []);
  assert.deepEqual(cluster(result), {
    name: "a_gloo-system",
    type: "EDS",
    edsClusterConfig: { edsConfig: { ads: {}, initialFetchTimeout: { seconds: 5 }, resourceApiVersion: "V3" } },
    connectTimeout: { seconds: 5 },
    metadata: { filterMetadata: { sluice: { kind: "Upstream", namespace: "gloo-system", name: "a" } } },
  });
  assert.deepEqual(decode(ASSIGNMENT, result.endpoints!.bytes), {
    clusterName: "a_gloo-system",
    endpoints: [{ lbEndpoints: [address("10.0.0.1", 80)] }],
  });
  assert.equal(result.endpoints!.name, "a_gloo-system");
  assert.deepEqual(result.cluster.refs, { endpoints: ["a_gloo-system"] });
});

Deno.test("endpoints that are spoken to in another manner have another name, so that the cluster before keeps its own", () => {
  const endpoints: UpstreamFragment["endpoints"] = {
    discovery: "addresses",
    list: [{ address: { host: "10.0.0.1", port: 443 } }],
  };
  const secure = (sni: string): UpstreamTranslation =>
    translate({ sslConfig: { secretRef: { name: "cert" }, sni } }, { endpoints }, [tlsSecret("cert")]);
  const [plain, one, other, oneAgain] = [translate({}, { endpoints }), secure("one"), secure("other"), secure("one")];
  const http2 = translate({}, { endpoints, httpProtocolOptions: { explicitHttpConfig: { http2ProtocolOptions: {} } } });
  const names = [plain, one, other, http2].map((result) => {
    const { serviceName = "a_gloo-system" } = cluster(result).edsClusterConfig!;
    assert.equal(decode(ASSIGNMENT, result.endpoints!.bytes).clusterName, serviceName);
    assert.equal(result.endpoints!.name, serviceName);
    assert.deepEqual(result.cluster.refs.endpoints, [serviceName]);
    return serviceName;
  });
  assert.equal(names[0], "a_gloo-system");
  assert.equal(new Set(names).size, 4);
  assert.equal(oneAgain.endpoints!.name, names[1]);
});

Deno.test("a setting puts them into the cluster, as Gloo does", () => {
  const settings = { sluice: { staticClusters: "STATIC" } };
  const result = translateUpstream(contextOf([], settings), upstream("a"), []);
  assert.equal(cluster(result).type, "STATIC");
  assert.deepEqual(cluster(result).loadAssignment?.endpoints, [{ lbEndpoints: [address("10.0.0.1", 80)] }]);
  assert.equal(result.endpoints, undefined);
  assert.deepEqual(result.cluster.refs, {});
});

Deno.test("names are resolved by Envoy, IPv4 only, with the DNS settings of plugins in their current place", () => {
  const result = translate({}, {
    endpoints: { discovery: "names", list: [{ address: { host: "shop.example", port: 80 } }] },
    cluster: { dnsRefreshRate: { seconds: 9 }, respectDnsTtl: true },
  });
  const { clusterType, loadAssignment, dnsRefreshRate, respectDnsTtl } = cluster(result);
  assert.equal(clusterType?.name, "envoy.cluster.dns");
  assert.deepEqual(decode(DNS, clusterType!.typedConfig!.value!), {
    dnsLookupFamily: "V4_ONLY",
    dnsRefreshRate: { seconds: 9 },
    respectDnsTtl: true,
  });
  assert.deepEqual(loadAssignment?.endpoints, [{ lbEndpoints: [address("shop.example", 80)] }]);
  assert.deepEqual([dnsRefreshRate, respectDnsTtl], [undefined, undefined]);
});

Deno.test("Endpoints that name the Upstream join in, their labels for subsets", () => {
  const discovered = resource("Endpoint", "e", {
    upstreams: [{ name: "a" }],
    address: "10.0.0.9",
    port: 81,
    hostname: "pod",
    healthCheck: { hostname: "check" },
  }, { labels: { version: "v1" } });
  const result = translateUpstream(contextOf(), upstream("a", {}), [discovered]);
  assert.deepEqual(decode(ASSIGNMENT, result.endpoints!.bytes).endpoints, [{
    lbEndpoints: [{
      endpoint: {
        address: { socketAddress: { address: "10.0.0.9", portValue: 81 } },
        hostname: "pod",
        healthCheckConfig: { hostname: "check" },
      },
      metadata: { filterMetadata: { "envoy.lb": { version: "v1" } } },
    }],
  }]);
  assert.deepEqual(result.endpoints!.origins.map(({ kind }) => kind), ["Upstream", "Endpoint"]);
});

Deno.test("HTTP settings are the typed extension, HTTP/1.1 where no plugin chose", () => {
  const httpProtocolOptions = { commonHttpProtocolOptions: { idleTimeout: { seconds: 3 } } };
  const result = translate({}, { httpProtocolOptions, endpoints: { discovery: "cluster", list: [] } });
  const options = cluster(result).typedExtensionProtocolOptions![HTTP]!;
  assert.deepEqual(decode(HTTP, options.value!), {
    ...httpProtocolOptions,
    explicitHttpConfig: { httpProtocolOptions: {} },
  });
});

Deno.test("an Upstream without a type, without endpoints, or with bad ones is rejected as a whole", () => {
  const rejected = (result: UpstreamTranslation, code: string) => {
    assert.deepEqual(result.reports.map((report) => report.code), [code]);
    assert.equal(result.cluster.rejected, "hold");
    assert.equal(result.cluster.bytes, undefined);
    assert.equal(result.endpoints, undefined);
  };
  rejected(translateUpstream(contextOf(), upstream("a", {}), []), "SLUICE-1350");
  rejected(translateUpstream(contextOf(), upstream("a", { static: { hosts: [] } }), []), "SLUICE-1351");
  rejected(
    translateUpstream(contextOf(), upstream("a", { static: { hosts: [["not an ip", 80]] } }), []),
    "SLUICE-1352",
  );
  rejected(translateUpstream(contextOf(), upstream("a", { static: { hosts: [["10.0.0.1", 0]] } }), []), "SLUICE-1352");
  const list = [2 ** 31, 2 ** 31].map((weight) => ({ address: { host: "10.0.0.1", port: 80 }, weight }));
  rejected(translate({}, { endpoints: { discovery: "addresses", list } }), "SLUICE-1352");
  const sslConfig = { sni: "s".repeat(256) };
  rejected(translate({ sslConfig }, { endpoints: { discovery: "cluster", list: [] } }), "SLUICE-1316");
});

Deno.test("a fragment that is no message is a plugin's bug, told at the Upstream", () => {
  const result = translate({}, {
    cluster: { lbPolicy: "NO_SUCH" as never },
    endpoints: { discovery: "cluster", list: [] },
  });
  assert.deepEqual(told(result.reports), ["error SLUICE-1303 Upstream/a "]);
});

Deno.test("TLS towards back ends: certificate and roots over SDS, names verified, SNI and parameters", () => {
  const tls = tlsSecret("cert", { ...GOOD, rootCa: GOOD.certChain });
  const result = translate(
    {
      sslConfig: {
        secretRef: { name: "cert" },
        sni: "shop.example",
        verifySubjectAltName: ["shop.example", "spiffe://a/b"],
        parameters: { minimumProtocolVersion: "TLSv1_2", cipherSuites: ["ECDHE-RSA-AES128-GCM-SHA256"] },
        alpnProtocols: ["h2"],
      },
    },
    { endpoints: { discovery: "cluster", list: [] } },
    [tls],
  );
  assert.deepEqual(told(result.reports), []);
  const sdsConfig = { ads: {}, initialFetchTimeout: { seconds: 5 }, resourceApiVersion: "V3" };
  assert.deepEqual(tlsOf(cluster(result).transportSocket), {
    sni: "shop.example",
    commonTlsContext: {
      tlsParams: { tlsMinimumProtocolVersion: "TLSv1_2", cipherSuites: ["ECDHE-RSA-AES128-GCM-SHA256"] },
      tlsCertificateSdsSecretConfigs: [{ name: "gloo-system/cert", sdsConfig }],
      combinedValidationContext: {
        defaultValidationContext: {
          matchTypedSubjectAltNames: [
            { sanType: "DNS", matcher: { exact: "shop.example" } },
            { sanType: "URI", matcher: { exact: "spiffe://a/b" } },
          ],
        },
        validationContextSdsSecretConfig: { name: "gloo-system/cert#ca", sdsConfig },
      },
      alpnProtocols: ["h2"],
    },
  });
  assert.deepEqual(result.secrets.map(({ name }) => name), ["gloo-system/cert", "gloo-system/cert#ca"]);
  assert.deepEqual(result.cluster.refs.secrets, ["gloo-system/cert", "gloo-system/cert#ca"]);
});

Deno.test("oneWayTls withholds our certificate and still verifies the back end's", () => {
  const tls = tlsSecret("cert", { ...GOOD, rootCa: GOOD.certChain });
  const sslConfig = { secretRef: { name: "cert" }, oneWayTls: true };
  const result = translate({ sslConfig }, { endpoints: { discovery: "cluster", list: [] } }, [tls]);
  const { commonTlsContext } = tlsOf(cluster(result).transportSocket);
  assert.equal(commonTlsContext?.tlsCertificateSdsSecretConfigs, undefined);
  assert.equal(commonTlsContext?.validationContextSdsSecretConfig?.name, "gloo-system/cert#ca");
});

Deno.test("implied TLS verifies nothing; hosts with server names of their own get a transport socket match", () => {
  const list = [
    { address: { host: "10.0.0.1", port: 443 }, sni: "one.example" },
    { address: { host: "10.0.0.2", port: 443 }, sni: "one.example" },
    { address: { host: "10.0.0.3", port: 443 } },
  ];
  const endpoints = { discovery: "addresses", list } as const;
  const result = translate({}, { endpoints, implicitTls: { sni: "default.example" } });
  const { transportSocket, transportSocketMatches } = cluster(result);
  assert.deepEqual(tlsOf(transportSocket), { sni: "default.example" });
  assert.equal(transportSocketMatches?.length, 1);
  assert.deepEqual(transportSocketMatches![0]!.match, { sni: "one.example" });
  assert.deepEqual(tlsOf(transportSocketMatches![0]!.transportSocket), { sni: "one.example" });
  const { lbEndpoints } = decode(ASSIGNMENT, result.endpoints!.bytes).endpoints![0]!;
  assert.deepEqual(lbEndpoints!.map(({ metadata }) => metadata?.filterMetadata), [
    { "envoy.transport_socket_match": { sni: "one.example" } },
    { "envoy.transport_socket_match": { sni: "one.example" } },
    undefined,
  ]);
  const plain = translate({}, { endpoints });
  assert.equal(cluster(plain).transportSocketMatches, undefined);
  const [first] = decode(ASSIGNMENT, plain.endpoints!.bytes).endpoints![0]!.lbEndpoints!;
  assert.equal(first!.metadata, undefined);
});

Deno.test("a PROXY protocol header goes before TLS and before plain text", () => {
  const endpoints = { discovery: "cluster", list: [] } as const;
  const inner = (fragment: UpstreamFragment) =>
    decode(
      "envoy.extensions.transport_sockets.proxy_protocol.v3.ProxyProtocolUpstreamTransport",
      cluster(translate({}, { endpoints, proxyProtocol: "V2", ...fragment })).transportSocket!.typedConfig!.value!,
    );
  assert.equal(inner({}).config?.version, "V2");
  assert.equal(inner({}).transportSocket?.name, "envoy.transport_sockets.raw_buffer");
  assert.equal(inner({ implicitTls: {} }).transportSocket?.name, "envoy.transport_sockets.tls");
});

Deno.test("a missing Secret rejects the cluster", () => {
  const result = translate({ sslConfig: { secretRef: { name: "absent" } } }, {
    endpoints: { discovery: "cluster", list: [] },
  });
  assert.deepEqual(told(result.reports), ["error SLUICE-1314 Upstream/a sslConfig.secretRef"]);
  assert.equal(result.cluster.rejected, "hold");
  assert.deepEqual(result.secrets, []);
});
