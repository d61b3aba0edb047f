import assert from "node:assert/strict";
import { decode, encode } from "../../envoy/mod.ts";
import { callHook, reportLines } from "../test_hooks.ts";
import { plugin } from "./mod.ts";

const http = (...accessLog: unknown[]) =>
  callHook(plugin, "httpConnectionManager", { listenerOptions: { accessLoggingService: { accessLog } } });
const FILE = { path: "/dev/stdout" };
const lines = (...accessLog: unknown[]) =>
  reportLines(http(...accessLog)).map((line) => line.replace("accessLoggingService.accessLog", ""));
const fileOf = (result: ReturnType<typeof http>) =>
  decode("envoy.extensions.access_loggers.file.v3.FileAccessLog", result!.fragment.accessLog[0].typedConfig.value);

Deno.test("logs as text, as JSON, and in Envoy's own format", () => {
  assert.equal(callHook(plugin, "httpConnectionManager"), undefined);
  assert.deepEqual(fileOf(http({ fileSink: FILE })), FILE);
  assert.deepEqual(fileOf(http({ fileSink: { ...FILE, stringFormat: "" } })), FILE);
  assert.deepEqual(fileOf(http({ fileSink: { ...FILE, stringFormat: "%PROTOCOL%\n" } })).logFormat, {
    textFormatSource: { inlineString: "%PROTOCOL%\n" },
  });
  const jsonFormat = { path: "%REQ(:path)%", more: { code: "%RESPONSE_CODE%", list: ["%PROTOCOL%", 1] } };
  assert.deepEqual(fileOf(http({ fileSink: { ...FILE, jsonFormat } })).logFormat, { jsonFormat });
});

Deno.test("TCP proxies get the same logs", () => {
  const listenerOptions = { accessLoggingService: { accessLog: [{ fileSink: FILE }] } };
  const { fragment: { tcpProxy } } = callHook(plugin, "tcpFilterChain", { listenerOptions })!;
  encode("envoy.extensions.filters.network.tcp_proxy.v3.TcpProxy", tcpProxy);
  assert.equal(tcpProxy.accessLog[0].name, "envoy.access_loggers.file");
});

Deno.test("formats that Envoy does not understand, however deep", () => {
  assert.deepEqual(lines({ fileSink: { ...FILE, stringFormat: "100%" } }), [
    "error SLUICE-1438 [0].fileSink.stringFormat",
  ]);
  const jsonFormat = { a: { b: ["%PROTOCOL%", "%NOPE%"] }, "%NOPE%": "names are no formats" };
  assert.deepEqual(lines({ fileSink: { ...FILE, jsonFormat } }), ["error SLUICE-1438 [0].fileSink.jsonFormat.a.b[1]"]);
  assert.deepEqual(lines({ fileSink: { ...FILE, jsonFormat: ["a"] } }), ["error SLUICE-1438 [0].fileSink.jsonFormat"]);
});

Deno.test("sinks: none or no path is an error, one over gRPC a warning", () => {
  assert.deepEqual(lines({}, { fileSink: {} }), ["error SLUICE-1437 [0]", "error SLUICE-1437 [1].fileSink.path"]);
  const result = http({ grpcService: { logName: "a" } }, { openTelemetryService: {} }, { fileSink: FILE });
  assert.deepEqual(reportLines(result), [
    "warning SLUICE-1401 accessLoggingService.accessLog[0].grpcService",
    "warning SLUICE-1401 accessLoggingService.accessLog[1].openTelemetryService",
  ]);
  assert.equal(result?.fragment.accessLog.length, 1);
});

const value = { defaultValue: 400, runtimeKey: "k" };
/** Each filter, and what Envoy gets. */
const FILTERS: readonly [unknown, unknown][] = [
  [{ statusCodeFilter: { comparison: { op: "GE", value } } }, {
    statusCodeFilter: { comparison: { op: "GE", value } },
  }],
  [{ durationFilter: { comparison: { value } } }, { durationFilter: { comparison: { op: "EQ", value } } }],
  [{ notHealthCheckFilter: {} }, { notHealthCheckFilter: {} }],
  [{ traceableFilter: {} }, { traceableFilter: {} }],
  [{ runtimeFilter: { runtimeKey: "k", percentSampled: { numerator: 5, denominator: "MILLION" } } }, {
    runtimeFilter: { runtimeKey: "k", percentSampled: { numerator: 5, denominator: "MILLION" } },
  }],
  [{ headerFilter: { header: { name: "x-a" } } }, { headerFilter: { header: { name: "x-a", presentMatch: true } } }],
  [{ headerFilter: { header: { name: "x-a", exactMatch: "b", invertMatch: true } } }, {
    headerFilter: { header: { name: "x-a", stringMatch: { exact: "b" }, invertMatch: true } },
  }],
  [{ headerFilter: { header: { name: "x-a", prefixMatch: "b" } } }, {
    headerFilter: { header: { name: "x-a", stringMatch: { prefix: "b" } } },
  }],
  [{ headerFilter: { header: { name: "x-a", suffixMatch: "b" } } }, {
    headerFilter: { header: { name: "x-a", stringMatch: { suffix: "b" } } },
  }],
  [{ headerFilter: { header: { name: "x-a", safeRegexMatch: { regex: "b+" } } } }, {
    headerFilter: { header: { name: "x-a", stringMatch: { safeRegex: { regex: "b+" } } } },
  }],
  [{ headerFilter: { header: { name: "x-a", rangeMatch: { start: "1", end: "5" } } } }, {
    headerFilter: { header: { name: "x-a", rangeMatch: { start: "1", end: "5" } } },
  }],
  [{ responseFlagFilter: { flags: ["UH", "UDO"] } }, { responseFlagFilter: { flags: ["UH", "UDO"] } }],
  [{ grpcStatusFilter: { statuses: ["CANCELED"], exclude: true } }, {
    grpcStatusFilter: { statuses: ["CANCELED"], exclude: true },
  }],
  [{
    andFilter: {
      filters: [{ traceableFilter: {} }, {
        orFilter: { filters: [{ traceableFilter: {} }, { notHealthCheckFilter: {} }] },
      }],
    },
  }, {
    andFilter: {
      filters: [{ traceableFilter: {} }, {
        orFilter: { filters: [{ traceableFilter: {} }, { notHealthCheckFilter: {} }] },
      }],
    },
  }],
];

Deno.test("every filter", () => {
  for (const [filter, expected] of FILTERS) {
    const result = http({ fileSink: FILE, filter });
    assert.deepEqual(reportLines(result), []);
    assert.deepEqual(JSON.parse(JSON.stringify(result?.fragment.accessLog[0].filter)), expected);
  }
});

Deno.test("filters that Envoy refuses", () => {
  const faulty = (filter: unknown) => lines({ fileSink: FILE, filter }).map((line) => line.replace("[0].filter", ""));
  assert.deepEqual(faulty({}), ["error SLUICE-1439 "]);
  assert.deepEqual(faulty({ statusCodeFilter: {} }), ["error SLUICE-1439 .statusCodeFilter.comparison.value"]);
  assert.deepEqual(faulty({ durationFilter: { comparison: { op: "LE" } } }), [
    "error SLUICE-1439 .durationFilter.comparison.value",
  ]);
  assert.deepEqual(faulty({ runtimeFilter: {} }), ["error SLUICE-1439 .runtimeFilter.runtimeKey"]);
  assert.deepEqual(faulty({ responseFlagFilter: { flags: ["UH", "ZZ"] } }), [
    "error SLUICE-1439 .responseFlagFilter.flags[1]",
  ]);
  assert.deepEqual(faulty({ headerFilter: {} }), ["error SLUICE-1420 .headerFilter.header.name"]);
  assert.deepEqual(faulty({ headerFilter: { header: { name: "a", prefixMatch: "" } } }), [
    "error SLUICE-1439 .headerFilter.header.prefixMatch",
  ]);
  assert.deepEqual(faulty({ headerFilter: { header: { name: "a", safeRegexMatch: { regex: "(" } } } }), [
    "error SLUICE-1413 .headerFilter.header.safeRegexMatch.regex",
  ]);
  assert.deepEqual(faulty({ andFilter: { filters: [{ orFilter: {} }] } }), [
    "error SLUICE-1439 .andFilter.filters",
    "error SLUICE-1439 .andFilter.filters[0].orFilter.filters",
  ]);
});
