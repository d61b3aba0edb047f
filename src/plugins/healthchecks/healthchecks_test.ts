import assert from "node:assert/strict";
import type { Resource } from "../../api/mod.ts";
import { callUpstream, reportLines } from "../test_upstream.ts";
import { plugin } from "./mod.ts";

const base = { timeout: "1s", interval: "5s", unhealthyThreshold: 3, healthyThreshold: 2 };
const envoyBase = {
  timeout: { seconds: 1 },
  interval: { seconds: 5 },
  unhealthyThreshold: { value: 3 },
  healthyThreshold: { value: 2 },
};
const secrets: Resource<"Secret">[] = [
  {
    kind: "Secret",
    metadata: { name: "token", namespace: "ns" },
    spec: { header: { headers: { "x-token": "50%", "a-first": "1" } } },
  },
  { kind: "Secret", metadata: { name: "tls", namespace: "ns" }, spec: { tls: {} } },
];
const call = (check: object, more = {}) =>
  callUpstream(plugin, { healthChecks: [{ ...base, ...check }], ...more }, { secrets });
const converted = (check: object, more = {}) => call(check, more)?.fragment?.cluster?.healthChecks?.[0];
const http = (httpHealthCheck: object) =>
  converted({ httpHealthCheck: { path: "/up", ...httpHealthCheck } })?.httpHealthCheck;

Deno.test("the settings that all checkers share", () => {
  const check = converted({
    initialJitter: "0s",
    intervalJitter: "1s",
    intervalJitterPercent: 10,
    reuseConnection: false,
    noTrafficInterval: "60s",
    unhealthyInterval: "2s",
    unhealthyEdgeInterval: "3s",
    healthyEdgeInterval: "4s",
    alwaysLogHealthCheckFailures: true,
    tcpHealthCheck: {},
  });
  assert.deepEqual(check, {
    ...envoyBase,
    initialJitter: {},
    intervalJitter: { seconds: 1 },
    intervalJitterPercent: 10,
    reuseConnection: { value: false },
    noTrafficInterval: { seconds: 60 },
    unhealthyInterval: { seconds: 2 },
    unhealthyEdgeInterval: { seconds: 3 },
    healthyEdgeInterval: { seconds: 4 },
    alwaysLogHealthCheckFailures: true,
    tcpHealthCheck: {},
  });
});

Deno.test("several checks have names, as Envoy wants it; a single one has none", () => {
  const healthChecks = [{ ...base, tcpHealthCheck: {} }, { ...base, tcpHealthCheck: {} }];
  const names = (list: object[]) =>
    callUpstream(plugin, { healthChecks: list })?.fragment?.cluster?.healthChecks?.map(({ name }) => name);
  assert.deepEqual(names(healthChecks), ["check-0", "check-1"]);
  assert.deepEqual(names(healthChecks.slice(1)), [undefined]);
});

Deno.test("eventLogPath names a file sink", () => {
  const sink = converted({ tcpHealthCheck: {}, eventLogPath: "/tmp/health.log" })?.eventLogger?.[0];
  assert.equal(sink?.name, "envoy.health_check.event_sinks.file");
  assert.match(sink?.typedConfig?.typeUrl ?? "", /HealthCheckEventFileSink$/);
});

Deno.test("HTTP checks", () => {
  const result = http({
    host: "shop.example",
    serviceName: "shop",
    requestHeadersToRemove: ["x-old"],
    useHttp2: true,
    expectedStatuses: [{ start: "200", end: "204" }],
    method: "HEAD",
  });
  assert.deepEqual(result, {
    path: "/up",
    host: "shop.example",
    serviceNameMatcher: { prefix: "shop" },
    requestHeadersToRemove: ["x-old"],
    codecClientType: "HTTP2",
    expectedStatuses: [{ start: "200", end: "204" }],
    method: "HEAD",
  });
});

Deno.test("headers, and those of a Secret with their values as they stand", () => {
  const headers = http({
    requestHeadersToAdd: [
      { header: { key: "x-check", value: "%HOSTNAME%" } },
      { headerSecretRef: { name: "token" }, append: false },
    ],
  })?.requestHeadersToAdd;
  assert.deepEqual(headers, [
    { header: { key: "x-check", value: "%HOSTNAME%" }, appendAction: "APPEND_IF_EXISTS_OR_ADD" },
    { header: { key: "a-first", value: "1" }, appendAction: "OVERWRITE_IF_EXISTS_OR_ADD" },
    { header: { key: "x-token", value: "50%%" }, appendAction: "OVERWRITE_IF_EXISTS_OR_ADD" },
  ]);
});

Deno.test("TCP checks", () => {
  const tcpHealthCheck = { send: { text: "50494E47" }, receive: [{ text: "4f4b" }] };
  assert.deepEqual(converted({ tcpHealthCheck })?.tcpHealthCheck, tcpHealthCheck);
});

Deno.test("gRPC checks want HTTP/2", () => {
  const grpcHealthCheck = { serviceName: "shop", authority: "shop.example" };
  assert.deepEqual(converted({ grpcHealthCheck }, { useHttp2: true })?.grpcHealthCheck, grpcHealthCheck);
  assert.deepEqual(reportLines(call({ grpcHealthCheck })), ["error SLUICE-1469 healthChecks[0].grpcHealthCheck"]);
});

Deno.test("custom checks carry the settings of a checker that Envoy has", () => {
  const redis = "type.googleapis.com/envoy.extensions.health_checkers.redis.v3.Redis";
  const customHealthCheck = { name: "envoy.health_checkers.redis", typedConfig: { "@type": redis, key: "down" } };
  const check = converted({ customHealthCheck })?.customHealthCheck;
  assert.equal(check?.name, "envoy.health_checkers.redis");
  assert.deepEqual(check?.typedConfig, { typeUrl: redis, value: new Uint8Array([10, 4, 100, 111, 119, 110]) });
});

Deno.test("a message about the settings of a custom check shows their fields, not their values", () => {
  const redis = "type.googleapis.com/envoy.extensions.health_checkers.redis.v3.Redis";
  const messages = [{ key: 31415926 }, { key: ["hunter2: x"] }, { kye: "hunter2" }].map((more) => {
    const typedConfig = { "@type": redis, ...more };
    return call({ customHealthCheck: { name: "redis", typedConfig } })?.reports?.[0]?.message ?? "";
  });
  for (const message of messages) assert.doesNotMatch(message, /31415926|hunter2/);
  assert.match(messages[2]!, /unknown field: "kye"/);
});

Deno.test("what is required and missing", () => {
  const result = callUpstream(plugin, { healthChecks: [{}] });
  assert.deepEqual(reportLines(result), [
    "error SLUICE-1467 healthChecks[0].timeout",
    "error SLUICE-1467 healthChecks[0].interval",
    "error SLUICE-1467 healthChecks[0].unhealthyThreshold",
    "error SLUICE-1467 healthChecks[0].healthyThreshold",
    "error SLUICE-1467 healthChecks[0]",
  ]);
  assert.equal(result?.fragment, undefined);
});

Deno.test("values that Envoy refuses are errors", () => {
  const httpCheck = (more: object) => ({ httpHealthCheck: { path: "/", ...more } });
  const custom = (more: object) => ({ customHealthCheck: { name: "x", ...more } });
  const header = (more: object) => httpCheck({ requestHeadersToAdd: [more] });
  const cases: [object, string][] = [
    [{ tcpHealthCheck: {}, timeout: "0s" }, "1468 .timeout"],
    [{ tcpHealthCheck: {}, healthyEdgeInterval: "0s" }, "1468 .healthyEdgeInterval"],
    [{ tcpHealthCheck: {}, intervalJitter: "-1s" }, "1468 .intervalJitter"],
    [{ httpHealthCheck: {} }, "1467 .httpHealthCheck.path"],
    [httpCheck({ host: "a\nb" }), "1468 .httpHealthCheck.host"],
    [httpCheck({ method: "CONNECT" }), "1468 .httpHealthCheck.method"],
    [httpCheck({ responseAssertions: {} }), "1401 .httpHealthCheck.responseAssertions"],
    [httpCheck({ requestHeadersToRemove: [":path"] }), "1470 .httpHealthCheck.requestHeadersToRemove[0]"],
    [httpCheck({ expectedStatuses: [{ start: "99", end: "200" }] }), "1468 .httpHealthCheck.expectedStatuses[0]"],
    [httpCheck({ expectedStatuses: [{ start: "200", end: "601" }] }), "1468 .httpHealthCheck.expectedStatuses[0]"],
    [httpCheck({ expectedStatuses: [{ start: "200", end: "200" }] }), "1468 .httpHealthCheck.expectedStatuses[0]"],
    [header({}), "1470 .httpHealthCheck.requestHeadersToAdd[0]"],
    [header({ header: { key: "host", value: "x" } }), "1470 .httpHealthCheck.requestHeadersToAdd[0].header.key"],
    [header({ header: { key: "x", value: "50%" } }), "1470 .httpHealthCheck.requestHeadersToAdd[0].header.value"],
    [header({ headerSecretRef: { name: "tls" } }), "1470 .httpHealthCheck.requestHeadersToAdd[0].headerSecretRef"],
    [{ tcpHealthCheck: { send: { text: "abc" } } }, "1468 .tcpHealthCheck.send.text"],
    [{ tcpHealthCheck: { receive: [{}] } }, "1468 .tcpHealthCheck.receive[0].text"],
    [custom({}), "1471 .customHealthCheck.typedConfig"],
    [custom({ config: {} }), "1471 .customHealthCheck.config"],
    [custom({ typedConfig: { "@type": "a/b.C", d: 1 } }), "1471 .customHealthCheck.typedConfig"],
    [custom({ typedConfig: {} }), "1471 .customHealthCheck.typedConfig"],
  ];
  for (const [check, expected] of cases) {
    const [code, path] = expected.split(" ");
    assert.deepEqual(reportLines(call(check)), [`error SLUICE-${code} healthChecks[0]${path}`]);
  }
});

Deno.test("no health checks, no fragment", () => assert.equal(callUpstream(plugin, { healthChecks: [] }), undefined));
