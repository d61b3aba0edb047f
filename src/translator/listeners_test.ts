import assert from "node:assert/strict";
import type { ProxyListener, ProxySslConfig } from "../api/mod.ts";
import { decode, type Message } from "../envoy/mod.ts";
import { definePlugin } from "../plugins/mod.ts";
import { GOOD, OTHER, tlsSecret } from "./certificates_test.ts";
import {
  host,
  httpListener,
  joinedListener,
  NAMESPACE,
  resource,
  testPlugin,
  to,
  told,
  translated,
  upstream,
} from "./fixtures_test.ts";
import type { ProxyTranslation } from "./pieces.ts";

const MANAGER = "envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager";
const TCP_PROXY = "envoy.extensions.filters.network.tcp_proxy.v3.TcpProxy";
const TLS = "envoy.extensions.transport_sockets.tls.v3.DownstreamTlsContext";
const CHAIN = "envoy.config.listener.v3.FilterChain";

const vh = host("vh", [{ routeAction: to("a") }]);
const a = upstream("a");

const chainsOf = ({ listeners }: ProxyTranslation) => listeners[0]!.filterChains;
const chainAt = (result: ProxyTranslation, i = 0) => decode(CHAIN, chainsOf(result)[i]!.bytes!);
const managerOf = (chain: Message<typeof CHAIN>) => decode(MANAGER, chain.filters!.at(-1)!.typedConfig!.value!);
const tcpOf = (chain: Message<typeof CHAIN>) => decode(TCP_PROXY, chain.filters!.at(-1)!.typedConfig!.value!);
const tlsOf = (chain: Message<typeof CHAIN>) => decode(TLS, chain.transportSocket!.typedConfig!.value!);

Deno.test("a plain http listener", () => {
  const result = translated({ listeners: [httpListener([vh])], resources: [a] });
  assert.deepEqual(told(result.reports), []);
  const { filterChains: _, ...frame } = joinedListener(result);
  assert.deepEqual(frame, {
    name: "listener-::-8080",
    address: { socketAddress: { address: "::", portValue: 8080, ipv4Compat: true } },
    metadata: { filterMetadata: { sluice: { kind: "Proxy", namespace: "gloo-system", name: "proxy" } } },
  });
  assert.deepEqual(chainsOf(result).map(({ match, refs }) => ({ match, refs })), [
    { match: {}, refs: { routes: ["listener-::-8080-routes"] } },
  ]);
  const { httpFilters, ...manager } = managerOf(chainAt(result));
  assert.deepEqual(manager, {
    statPrefix: "http",
    rds: {
      configSource: { ads: {}, initialFetchTimeout: { seconds: 15 }, resourceApiVersion: "V3" },
      routeConfigName: "listener-::-8080-routes",
    },
    normalizePath: { value: true },
    upgradeConfigs: [{ upgradeType: "websocket" }],
  });
  assert.deepEqual(httpFilters!.map(({ name }) => name), ["envoy.filters.http.router"]);
});

Deno.test("an IPv4 address stays as it is", () => {
  const result = translated({ listeners: [httpListener([vh], { bindAddress: "127.0.0.1" })], resources: [a] });
  assert.deepEqual(joinedListener(result).address, { socketAddress: { address: "127.0.0.1", portValue: 8080 } });
});

Deno.test("HTTP filters stand by stage, side, weight and name, the router last", () => {
  const config = { typeUrl: "type.googleapis.com/x", value: new Uint8Array() };
  const plugin = definePlugin({
    name: "filters",
    options: {},
    httpFilters: () => ({
      fragment: [
        { name: "route", place: { stage: "Route", side: "during" }, config },
        { name: "cors", place: { stage: "Cors", side: "during" }, config },
        { name: "heavy", place: { stage: "Fault", side: "during", weight: 5 }, config },
        { name: "b", place: { stage: "Fault", side: "during" }, config },
        { name: "a", place: { stage: "Fault", side: "during" }, config, disabled: true },
        { name: "before", place: { stage: "Fault", side: "before", weight: 9 }, config },
      ],
    }),
  });
  const twice = definePlugin({
    name: "twice",
    options: {},
    httpFilters: () => ({ fragment: [{ name: "cors", place: { stage: "Cors", side: "during" }, config }] }),
  });
  const result = translated({ listeners: [httpListener([vh])], resources: [a], plugins: [testPlugin, plugin, twice] });
  const filters = managerOf(chainAt(result)).httpFilters!;
  assert.deepEqual(filters.map(({ name }) => name), [
    "before",
    "a",
    "b",
    "heavy",
    "cors",
    "route",
    "envoy.filters.http.router",
  ]);
  assert.deepEqual(filters.map(({ disabled }) => disabled ?? false), [false, true, false, false, false, false, false]);
});

Deno.test("two different filters of one name are a conflict", () => {
  const filter = (name: string, byte: number) =>
    definePlugin({
      name,
      options: {},
      httpFilters: () => ({
        fragment: [{
          name: "f",
          place: { stage: "Cors", side: "during" },
          config: { typeUrl: "t", value: new Uint8Array([byte]) },
        }],
      }),
    });
  const result = translated({
    listeners: [httpListener([vh])],
    resources: [a],
    plugins: [testPlugin, filter("one", 1), filter("two", 2)],
  });
  assert.deepEqual(told(result.reports), ["error SLUICE-1302 Proxy/proxy listeners[0].httpListener"]);
});

Deno.test("a plugin's upgrades take the place of the websocket default", () => {
  const plugin = definePlugin({
    name: "hcm",
    options: {},
    httpConnectionManager: () => ({
      fragment: { upgradeConfigs: [{ upgradeType: "WebSocket", enabled: { value: false } }] },
    }),
  });
  const result = translated({ listeners: [httpListener([vh])], resources: [a], plugins: [testPlugin, plugin] });
  assert.deepEqual(managerOf(chainAt(result)).upgradeConfigs, [{ upgradeType: "WebSocket", enabled: {} }]);
});

Deno.test("no virtual host and no route has a say in a listener", () => {
  const bytes = (hosts: Parameters<typeof httpListener>[0]) => {
    const { listeners } = translated({ listeners: [httpListener(hosts)], resources: [a] });
    return listeners.map((listener) => [listener.bytes, listener.filterChains.map((chain) => chain.bytes)]);
  };
  const other = host("other", [{ directResponseAction: { status: 200 } }], { options: { attempts: true } });
  assert.deepEqual(bytes([vh]), bytes([other, host("bad", [{}])]));
});

const ssl = (name: string, secret: string, rest: ProxySslConfig = {}): ProxySslConfig => ({
  secretRef: { name: secret, namespace: NAMESPACE },
  metadataStatic: {
    key: `VirtualService/ns/${name}#ssl`,
    sources: [{ resourceRef: { name, namespace: "ns" }, resourceKind: "VirtualService", path: "sslConfig" }],
  },
  ...rest,
});
const sslListener = (...sslConfigurations: ProxySslConfig[]) => httpListener([vh], { sslConfigurations });
const secrets = [a, tlsSecret("one"), tlsSecret("two", OTHER), tlsSecret("ca", { ...GOOD, rootCa: OTHER.certChain })];

Deno.test("TLS comes by SDS, with h2 and http/1.1, and its virtual hosts require it", () => {
  const result = translated({
    listeners: [sslListener(ssl("vs", "one", { sniDomains: ["A.test"] }))],
    resources: secrets,
  });
  assert.deepEqual(told(result.reports), []);
  assert.deepEqual(chainsOf(result)[0]!.match, { serverNames: ["a.test"] });
  assert.deepEqual(chainsOf(result)[0]!.refs, { routes: ["listener-::-8080-routes"], secrets: ["gloo-system/one"] });
  assert.deepEqual(tlsOf(chainAt(result)), {
    commonTlsContext: {
      tlsCertificateSdsSecretConfigs: [{
        name: "gloo-system/one",
        sdsConfig: { ads: {}, initialFetchTimeout: { seconds: 5 }, resourceApiVersion: "V3" },
      }],
      alpnProtocols: ["h2", "http/1.1"],
    },
  });
  assert.deepEqual(result.secrets.map(({ name }) => name), ["gloo-system/one"]);
  const virtualHost = decode("envoy.config.route.v3.VirtualHost", result.routes[0]!.virtualHosts[0]!.bytes!);
  assert.equal(virtualHost.requireTls, "ALL");
});

Deno.test("a root CA demands client certificates, unless oneWayTls", () => {
  const demand = (rest: ProxySslConfig) =>
    tlsOf(chainAt(translated({ listeners: [sslListener(ssl("vs", "ca", rest))], resources: secrets })))
      .requireClientCertificate;
  assert.deepEqual(demand({}), { value: true });
  assert.deepEqual(demand({ oneWayTls: true }), {});
});

Deno.test("the other TLS settings", () => {
  const result = translated({
    listeners: [sslListener(ssl("vs", "ca", {
      alpnProtocols: ["allow_empty"],
      disableTlsSessionResumption: true,
      ocspStaplePolicy: "STRICT_STAPLING",
      transportSocketConnectTimeout: "3s",
      parameters: { ecdhCurves: ["X25519"], maximumProtocolVersion: "TLSv1_3" },
    }))],
    resources: secrets,
  });
  assert.deepEqual(told(result.reports), []);
  const { commonTlsContext, ...tls } = tlsOf(chainAt(result));
  assert.equal(commonTlsContext!.alpnProtocols, undefined);
  assert.deepEqual(commonTlsContext!.tlsParams, { ecdhCurves: ["X25519"], tlsMaximumProtocolVersion: "TLSv1_3" });
  assert.equal(tls.disableStatelessSessionResumption, true);
  assert.equal(tls.ocspStaplePolicy, "STRICT_STAPLING");
  assert.deepEqual(chainAt(result).transportSocketConnectTimeout, { seconds: 3 });
});

Deno.test("TLS settings that Envoy refuses are reported to the VirtualService and reject its chain alone", () => {
  const bad = (rest: ProxySslConfig) => {
    const configs = [
      ssl("bad", "one", { sniDomains: ["bad.test"], ...rest }),
      ssl("good", "two", { sniDomains: ["good.test"] }),
    ];
    const result = translated({ listeners: [sslListener(...configs)], resources: secrets });
    assert.deepEqual(chainsOf(result).map(({ rejected }) => rejected), ["hold", undefined]);
    return told(result.reports);
  };
  const at = "VirtualService/bad sslConfig";
  assert.deepEqual(bad({ parameters: { cipherSuites: ["TLS_AES_128_GCM_SHA256"] } }), [
    `error SLUICE-1316 ${at}.parameters.cipherSuites[0]`,
  ]);
  assert.deepEqual(bad({ parameters: { ecdhCurves: ["P-224"] } }), [
    `error SLUICE-1316 ${at}.parameters.ecdhCurves[0]`,
  ]);
  assert.deepEqual(bad({ parameters: { minimumProtocolVersion: "TLSv1_3", maximumProtocolVersion: "TLSv1_2" } }), [
    `error SLUICE-1316 ${at}.parameters.minimumProtocolVersion`,
  ]);
  assert.deepEqual(bad({ ocspStaplePolicy: "MUST_STAPLE" }), [`error SLUICE-1316 ${at}.ocspStaplePolicy`]);
  assert.deepEqual(bad({ verifySubjectAltName: ["x"] }), [`error SLUICE-1316 ${at}.verifySubjectAltName`]);
  assert.deepEqual(bad({ secretRef: { name: "absent" } }), [`error SLUICE-1314 ${at}.secretRef`]);
  assert.deepEqual(bad({ secretRef: undefined }), [`error SLUICE-1314 ${at}`]);
  assert.deepEqual(bad({ sniDomains: ["*"] }), [`error SLUICE-1318 ${at}.sniDomains[0]`]);
  assert.deepEqual(bad({ alpnProtocols: [""] }), [`error SLUICE-1316 ${at}.alpnProtocols[0]`]);
});

Deno.test("one server name with two certificates: the first keeps it, the newcomer's chain is rejected", () => {
  const configs = [ssl("old", "one", { sniDomains: ["x.test"] }), ssl("new", "two", { sniDomains: ["x.test"] })];
  const result = translated({ listeners: [sslListener(...configs)], resources: secrets });
  assert.deepEqual(told(result.reports), ["error SLUICE-1317 VirtualService/new sslConfig"]);
  assert.deepEqual(chainsOf(result).map(({ rejected }) => rejected), [undefined, "hold"]);
  const same = [ssl("old", "one", { sniDomains: ["x.test"] }), ssl("new", "one", { sniDomains: ["x.test", "y.test"] })];
  assert.deepEqual(told(translated({ listeners: [sslListener(...same)], resources: secrets }).reports), []);
});

Deno.test("SDS of the user's own: by a cluster of the bootstrap, or dialled with a token file", () => {
  const config = (sds: ProxySslConfig["sds"]) => {
    const result = translated({
      listeners: [sslListener(ssl("vs", "", { secretRef: undefined, sds }))],
      resources: [a],
    });
    assert.deepEqual(told(result.reports), []);
    assert.deepEqual(result.secrets, []);
    assert.equal(chainsOf(result)[0]!.refs.secrets, undefined);
    return tlsOf(chainAt(result)).commonTlsContext!;
  };
  const byCluster = config({ certificatesSecretName: "cert", validationContextName: "roots", clusterName: "sds" });
  const [certificate] = byCluster.tlsCertificateSdsSecretConfigs!;
  assert.equal(certificate!.name, "cert");
  assert.equal(certificate!.sdsConfig!.apiConfigSource!.grpcServices![0]!.envoyGrpc!.clusterName, "sds");
  assert.equal(byCluster.validationContextSdsSecretConfig!.name, "roots");
  const dialled = config({
    certificatesSecretName: "cert",
    targetUri: "unix:/run/sds",
    callCredentials: { fileCredentialSource: { tokenFileName: "/token", header: "authorization" } },
  });
  const { googleGrpc } = dialled.tlsCertificateSdsSecretConfigs![0]!.sdsConfig!.apiConfigSource!.grpcServices![0]!;
  assert.equal(googleGrpc!.targetUri, "unix:/run/sds");
  // secret_data (1) with filename (1), then header_key (2).
  const value = googleGrpc!.callCredentials![0]!.fromPlugin!.typedConfig!.value!;
  assert.equal(new TextDecoder().decode(value), "\x0a\x08\x0a\x06/token\x12\x0dauthorization");
});

Deno.test("listeners of one name or one address: the first is kept", () => {
  const second = (rest: Partial<ProxyListener>) => {
    const result = translated({ listeners: [httpListener([vh]), { ...httpListener([vh]), ...rest }], resources: [a] });
    assert.deepEqual(result.listeners.map(({ rejected }) => rejected), [undefined, "hold"]);
    return told(result.reports);
  };
  assert.deepEqual(second({ bindPort: 1 }), ["error SLUICE-1310 Proxy/proxy listeners[1]"]);
  assert.deepEqual(second({ name: "other" }), ["error SLUICE-1311 Proxy/proxy listeners[1]"]);
  assert.deepEqual(second({ name: "", bindPort: 1 }), ["error SLUICE-1313 Proxy/proxy listeners[1].name"]);
  assert.deepEqual(second({ name: "other", bindPort: 0 }), ["error SLUICE-1312 Proxy/proxy listeners[1].bindPort"]);
  assert.deepEqual(second({ name: "other", bindAddress: "host" }), [
    "error SLUICE-1312 Proxy/proxy listeners[1].bindAddress",
  ]);
  assert.deepEqual(second({ name: "other", bindPort: 2, httpListener: undefined }), [
    "error SLUICE-1313 Proxy/proxy listeners[1]",
  ]);
  assert.deepEqual(second({ name: "other", bindPort: 2, options: { fault: "x" } as never }), [
    "error SLUICE-1401 Proxy/proxy listeners[1].options.fault",
  ]);
});

Deno.test("a listener that gateway translation found invalid takes no name and no address from others", () => {
  const invalid = { ...httpListener([vh]), invalid: "a port of another" };
  const result = translated({ listeners: [invalid, httpListener([vh])], resources: [a] });
  assert.deepEqual(told(result.reports), []);
  assert.deepEqual(result.listeners.map(({ rejected }) => rejected), ["hold", undefined]);
});

Deno.test("faults in the http options reject the chains of that part", () => {
  const listener = httpListener([], { httpListener: { virtualHosts: [vh], options: { fault: "x" } } });
  const result = translated({ listeners: [listener], resources: [a] });
  assert.deepEqual(told(result.reports), ["error SLUICE-1401 Proxy/proxy listeners[0].httpListener.options.fault"]);
  assert.deepEqual(chainsOf(result).map(({ rejected }) => rejected), ["hold"]);
  assert.equal(result.listeners[0]!.rejected, undefined);
});

const tcpListener = (
  ...tcpHosts: NonNullable<NonNullable<ProxyListener["tcpListener"]>["tcpHosts"]>
): ProxyListener => ({
  name: "tcp",
  bindAddress: "0.0.0.0",
  bindPort: 9000,
  tcpListener: { tcpHosts },
});

Deno.test("TCP hosts: single, weighted, by SNI, passing TLS through and terminating it", () => {
  const group = resource("UpstreamGroup", "g", {
    destinations: [{ weight: 2, destination: { upstream: { name: "a" } } }],
  });
  const result = translated({
    listeners: [tcpListener(
      { name: "plain", destination: { single: { upstream: { name: "a", namespace: NAMESPACE } } } },
      { name: "through", sslConfig: { sniDomains: ["b.test"] }, destination: { upstreamGroup: { name: "g" } } },
      { name: "by-sni", sslConfig: { sniDomains: ["*.c.test"] }, destination: { forwardSniClusterName: {} } },
      {
        name: "ends",
        sslConfig: { sniDomains: ["d.test"], secretRef: { name: "one" } },
        destination: { upstreamGroup: { name: "g" } },
      },
    )],
    resources: [...secrets, group],
  });
  assert.deepEqual(told(result.reports), []);
  assert.deepEqual(chainsOf(result).map(({ match }) => match), [
    {},
    { serverNames: ["b.test"] },
    { serverNames: ["*.c.test"] },
    { serverNames: ["d.test"] },
  ]);
  assert.deepEqual(tcpOf(chainAt(result, 0)), { statPrefix: "tcp", cluster: "a_gloo-system" });
  assert.deepEqual(tcpOf(chainAt(result, 1)).weightedClusters, { clusters: [{ name: "a_gloo-system", weight: 2 }] });
  assert.deepEqual(chainAt(result, 2).filters!.map(({ name }) => name), [
    "envoy.filters.network.sni_cluster",
    "envoy.filters.network.tcp_proxy",
  ]);
  assert.deepEqual(tcpOf(chainAt(result, 2)), { statPrefix: "tcp", cluster: "" });
  assert.deepEqual([0, 1, 2, 3].map((i) => chainAt(result, i).transportSocket !== undefined), [
    false,
    false,
    false,
    true,
  ]);
  assert.deepEqual(chainsOf(result)[0]!.refs, { clusters: ["a_gloo-system"] });
});

Deno.test("a TCP host with a missing Upstream is a warning, and the other hosts work", () => {
  const result = translated({
    listeners: [tcpListener(
      {
        name: "gone",
        sslConfig: { sniDomains: ["x.test"] },
        destination: { single: { upstream: { name: "absent" } } },
      },
      { name: "there", destination: { single: { upstream: { name: "a" } } } },
      { name: "there", sslConfig: { sniDomains: ["y.test"] }, destination: { single: { upstream: { name: "a" } } } },
      { name: "nowhere", sslConfig: { sniDomains: ["z.test"] } },
    )],
    resources: [a],
  });
  const at = "Proxy/proxy listeners[0].tcpListener.tcpHosts";
  assert.deepEqual(told(result.reports), [
    `warning SLUICE-1332 ${at}[0].destination.single.upstream`,
    `error SLUICE-1340 ${at}[2]`,
    `error SLUICE-1341 ${at}[3].destination`,
  ]);
  assert.deepEqual(chainsOf(result).map(({ rejected }) => rejected), [undefined, undefined, "hold", "hold"]);
});

Deno.test("a hybrid listener: each part by its matcher, with its own route configuration", () => {
  const http = { virtualHosts: [vh] };
  const result = translated({
    listeners: [{
      name: "hybrid",
      bindAddress: "::",
      bindPort: 8443,
      hybridListener: {
        matchedListeners: [
          {
            matcher: { sslConfig: {} },
            httpListener: http,
            sslConfigurations: [ssl("vs", "one", { sniDomains: ["a.test"] })],
          },
          { matcher: { sourcePrefixRanges: [{ addressPrefix: "10.0.0.0", prefixLen: 8 }] }, httpListener: http },
          {
            matcher: { sourcePrefixRanges: [{ addressPrefix: "::1", prefixLen: 129 }, { addressPrefix: "x" }] },
            tcpListener: { tcpHosts: [{ destination: { single: { upstream: { name: "a" } } } }] },
          },
          { matcher: { passthroughCipherSuites: ["X"] }, httpListener: http },
        ],
      },
    }],
    resources: secrets,
  });
  const at = "Proxy/proxy listeners[0].hybridListener.matchedListeners";
  assert.deepEqual(told(result.reports), [
    `error SLUICE-1318 ${at}[2].matcher.sourcePrefixRanges[0]`,
    `error SLUICE-1318 ${at}[2].matcher.sourcePrefixRanges[1]`,
    `error SLUICE-1304 ${at}[3].matcher.passthroughCipherSuites`,
  ]);
  const [tls, inside, ...bad] = chainsOf(result);
  assert.deepEqual(tls!.match, { serverNames: ["a.test"], transportProtocol: "tls" });
  assert.deepEqual(inside!.match, { sourcePrefixRanges: [{ addressPrefix: "10.0.0.0", prefixLen: { value: 8 } }] });
  assert.deepEqual(bad.map(({ rejected }) => rejected), ["hold", "hold"]);
  const names = result.routes.map(({ name }) => name);
  assert.equal(new Set(names).size, 3);
  assert.ok(names.every((name) => /^hybrid-routes-./.test(name)));
  assert.deepEqual(tls!.refs.routes, [names[0]]);
});

Deno.test("an aggregate listener: virtual hosts and options by name", () => {
  const chain = (refs: string[], name: string) => ({
    matcher: { sslConfig: ssl(name, "one", { sniDomains: [`${name}.test`] }) },
    httpOptionsRef: "o",
    virtualHostRefs: refs,
  });
  const result = translated({
    listeners: [{
      name: "aggregate",
      bindAddress: "::",
      bindPort: 8443,
      aggregateListener: {
        httpResources: { virtualHosts: { one: vh, two: host("two", []) }, httpOptions: { o: {} } },
        httpFilterChains: [chain(["one"], "x"), chain(["two", "absent"], "y")],
        tcpListeners: [{
          matcher: { sourcePrefixRanges: [{ addressPrefix: "10.0.0.0", prefixLen: 8 }] },
          tcpListener: { tcpHosts: [{ destination: { single: { upstream: { name: "a" } } } }] },
        }],
      },
    }],
    resources: secrets,
  });
  assert.deepEqual(told(result.reports), []);
  assert.deepEqual(result.routes.map(({ virtualHosts }) => virtualHosts.map(({ domains }) => domains)), [
    [["vh.test"]],
    [["two.test"]],
  ]);
  assert.equal(chainsOf(result).length, 3);
});

Deno.test("parts with one matcher have route configurations of their own; the second serves no connection", () => {
  const part = { httpListener: { virtualHosts: [vh] } };
  const other = { httpListener: { virtualHosts: [vh], statPrefix: "other" } };
  const result = translated({
    listeners: [{ name: "l", bindAddress: "::", bindPort: 1, hybridListener: { matchedListeners: [part, other] } }],
    resources: [a],
  });
  assert.equal(new Set(result.routes.map(({ name }) => name)).size, 2);
  assert.deepEqual(chainsOf(result).map(({ rejected }) => rejected), [undefined, "hold"]);
  assert.deepEqual(told(result.reports), [
    "error SLUICE-1317 Proxy/proxy listeners[0].hybridListener.matchedListeners[1].httpListener",
  ]);
});
