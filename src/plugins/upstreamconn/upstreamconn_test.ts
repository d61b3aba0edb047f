import assert from "node:assert/strict";
import { encode } from "../../envoy/mod.ts";
import { callUpstream, reportLines } from "../test_upstream.ts";
import { plugin } from "./mod.ts";

const call = (spec: Record<string, unknown>) => callUpstream(plugin, spec);
const config = (connectionConfig: object, more = {}) => call({ connectionConfig, ...more });

Deno.test("connection settings go to the cluster", () => {
  const result = config({
    connectTimeout: "1.5s",
    perConnectionBufferLimitBytes: 0,
    tcpKeepalive: { keepaliveProbes: 4, keepaliveTime: "1.001s", keepaliveInterval: "30s" },
  }, { ignoreHealthOnHostRemoval: true });
  assert.deepEqual(result, {
    fragment: {
      cluster: {
        connectTimeout: { seconds: 1, nanos: 500_000_000 },
        perConnectionBufferLimitBytes: { value: 0 },
        upstreamConnectionOptions: {
          tcpKeepalive: {
            keepaliveProbes: { value: 4 },
            keepaliveTime: { value: 2 },
            keepaliveInterval: { value: 30 },
          },
        },
        ignoreHealthOnHostRemoval: true,
      },
    },
  });
});

Deno.test("HTTP settings go to the protocol options, which choose HTTP/1.1", () => {
  const http = config({
    maxRequestsPerConnection: 7,
    commonHttpProtocolOptions: {
      idleTimeout: "0s",
      maxHeadersCount: 50,
      maxStreamDuration: "10s",
      headersWithUnderscoresAction: "DROP_HEADER",
    },
    http1ProtocolOptions: { enableTrailers: true, properCaseHeaderKeyFormat: true },
  })?.fragment?.httpProtocolOptions;
  assert.deepEqual(http, {
    commonHttpProtocolOptions: {
      maxRequestsPerConnection: { value: 7 },
      maxHeadersCount: { value: 50 },
      idleTimeout: {},
      maxStreamDuration: { seconds: 10 },
      headersWithUnderscoresAction: "DROP_HEADER",
    },
    explicitHttpConfig: {
      httpProtocolOptions: { enableTrailers: true, headerKeyFormat: { properCaseWords: {} } },
    },
  });
});

Deno.test("preserveCaseHeaderKeyFormat names the stateful formatter", () => {
  const http = config({ http1ProtocolOptions: { preserveCaseHeaderKeyFormat: true } })?.fragment?.httpProtocolOptions;
  const formatter = http?.explicitHttpConfig?.httpProtocolOptions?.headerKeyFormat?.statefulFormatter;
  assert.equal(formatter?.name, "envoy.http.stateful_header_formatters.preserve_case");
  encode("envoy.extensions.upstreams.http.v3.HttpProtocolOptions", http!);
});

Deno.test("HTTP/1 options fit an upstream that speaks HTTP/1.1 or both, not one of HTTP/2", () => {
  const http1ProtocolOptions = { enableTrailers: true };
  const both = config({ http1ProtocolOptions }, { protocolSelection: "USE_DOWNSTREAM_PROTOCOL", useHttp2: true });
  assert.deepEqual(both?.fragment?.httpProtocolOptions, {
    useDownstreamProtocolConfig: { httpProtocolOptions: { enableTrailers: true } },
  });
  const http2 = config({ http1ProtocolOptions }, { useHttp2: true });
  assert.deepEqual(reportLines(http2), ["error SLUICE-1457 connectionConfig.http1ProtocolOptions"]);
});

Deno.test("common options of an HTTP/2 upstream choose no protocol", () => {
  const http = config({ maxRequestsPerConnection: 1 }, { useHttp2: true })?.fragment?.httpProtocolOptions;
  assert.deepEqual(http, { commonHttpProtocolOptions: { maxRequestsPerConnection: { value: 1 } } });
});

Deno.test("DNS settings are for hosts by name", () => {
  const dns = (addr: string) =>
    call({ static: { hosts: [{ addr, port: 80 }] }, dnsRefreshRate: "10s", respectDnsTtl: true });
  assert.deepEqual(dns("a.example")?.fragment?.cluster, { respectDnsTtl: true, dnsRefreshRate: { seconds: 10 } });
  assert.deepEqual(dns("1.2.3.4")?.fragment?.cluster, {});
  assert.deepEqual(reportLines(dns("1.2.3.4")), [
    "warning SLUICE-1458 dnsRefreshRate",
    "warning SLUICE-1458 respectDnsTtl",
  ]);
});

Deno.test("a DNS refresh rate of 1ms or less is ignored with a warning", () => {
  const result = call({ dnsRefreshRate: "0.001s" });
  assert.deepEqual(reportLines(result), ["warning SLUICE-1458 dnsRefreshRate"]);
  assert.deepEqual(result?.fragment?.cluster, {});
});

Deno.test("values that Envoy refuses are errors", () => {
  const cases: [object, string][] = [
    [{ connectionConfig: { connectTimeout: "0s" } }, "1456 connectionConfig.connectTimeout"],
    [
      { connectionConfig: { tcpKeepalive: { keepaliveTime: "-1s" } } },
      "1456 connectionConfig.tcpKeepalive.keepaliveTime",
    ],
    [
      { connectionConfig: { commonHttpProtocolOptions: { idleTimeout: "-1s" } } },
      "1456 connectionConfig.commonHttpProtocolOptions.idleTimeout",
    ],
    [
      { preconnectPolicy: { perUpstreamPreconnectRatio: 0.5 } },
      "1459 preconnectPolicy.perUpstreamPreconnectRatio",
    ],
    [{ preconnectPolicy: { predictivePreconnectRatio: 3.1 } }, "1459 preconnectPolicy.predictivePreconnectRatio"],
  ];
  for (const [spec, expected] of cases) {
    assert.deepEqual(reportLines(call({ ...spec })), [`error SLUICE-${expected}`]);
  }
});

Deno.test("preconnecting", () => {
  const policy = call({ preconnectPolicy: { perUpstreamPreconnectRatio: 3 } })?.fragment?.cluster?.preconnectPolicy;
  assert.deepEqual(policy, { perUpstreamPreconnectRatio: { value: 3 } });
});
