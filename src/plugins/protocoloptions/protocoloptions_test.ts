import assert from "node:assert/strict";
import { callUpstream, reportLines } from "../test_upstream.ts";
import { plugin } from "./mod.ts";

const call = (spec: Record<string, unknown>) => callUpstream(plugin, spec);
const windows = { initialStreamWindowSize: 65535, initialConnectionWindowSize: 2147483647, maxConcurrentStreams: 1 };
const envoyWindows = {
  initialStreamWindowSize: { value: 65535 },
  initialConnectionWindowSize: { value: 2147483647 },
  maxConcurrentStreams: { value: 1 },
};

Deno.test("useHttp2 chooses HTTP/2 with its settings", () => {
  const result = call({ useHttp2: true, ...windows, overrideStreamErrorOnInvalidHttpMessage: false });
  assert.deepEqual(result, {
    fragment: {
      httpProtocolOptions: {
        explicitHttpConfig: {
          http2ProtocolOptions: { ...envoyWindows, overrideStreamErrorOnInvalidHttpMessage: { value: false } },
        },
      },
    },
  });
});

Deno.test("a gRPC serviceSpec means HTTP/2", () => {
  const chosen = (serviceSpec: object) => call({ static: { hosts: [], serviceSpec } })?.fragment?.httpProtocolOptions;
  assert.deepEqual(chosen({ grpc: {} }), { explicitHttpConfig: { http2ProtocolOptions: {} } });
  assert.equal(chosen({ rest: {} }), undefined);
});

Deno.test("USE_DOWNSTREAM_PROTOCOL speaks both, with or without useHttp2", () => {
  for (const useHttp2 of [true, undefined]) {
    const result = call({ protocolSelection: "USE_DOWNSTREAM_PROTOCOL", useHttp2, ...windows });
    assert.deepEqual(result?.fragment?.httpProtocolOptions, {
      useDownstreamProtocolConfig: { httpProtocolOptions: {}, http2ProtocolOptions: envoyWindows },
    });
  }
});

Deno.test("settings of HTTP/2 without HTTP/2 are a warning and not sent", () => {
  const result = call({ initialStreamWindowSize: 70000, useHttp2: false });
  assert.deepEqual(reportLines(result), ["warning SLUICE-1461 initialStreamWindowSize"]);
  assert.deepEqual(result?.fragment, {});
});

Deno.test("values outside their ranges are errors", () => {
  const cases: [object, string][] = [
    [{ initialStreamWindowSize: 65534 }, "initialStreamWindowSize"],
    [{ initialConnectionWindowSize: 2147483648 }, "initialConnectionWindowSize"],
    [{ maxConcurrentStreams: 0 }, "maxConcurrentStreams"],
    [{ maxConcurrentStreams: 2147483648 }, "maxConcurrentStreams"],
  ];
  for (const [spec, path] of cases) {
    assert.deepEqual(reportLines(call({ useHttp2: true, ...spec })), [`error SLUICE-1460 ${path}`]);
  }
});

Deno.test("the PROXY protocol has versions V1 and V2", () => {
  assert.deepEqual(call({ proxyProtocolVersion: "V2" }), { fragment: { proxyProtocol: "V2" } });
  assert.deepEqual(reportLines(call({ proxyProtocolVersion: "v2" })), ["error SLUICE-1462 proxyProtocolVersion"]);
});
