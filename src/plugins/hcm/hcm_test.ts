import assert from "node:assert/strict";
import { decode } from "../../envoy/mod.ts";
import { callHook, reportLines } from "../test_hooks.ts";
import { plugin } from "./mod.ts";
import { httpConnectionManagerSettings } from "./options.ts";

const hcm = (settings: Record<string, unknown>) =>
  callHook(plugin, "httpConnectionManager", { options: { httpConnectionManagerSettings: settings } });

/** The fragment without what it leaves unset. */
function set(result: ReturnType<typeof hcm>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(result?.fragment ?? {}).filter(([, value]) => value !== undefined));
}
const lines = (settings: Record<string, unknown>) =>
  reportLines(hcm(settings)).map((line) => line.replace("httpConnectionManagerSettings.", ""));

Deno.test("without settings there is nothing, so that the translator's defaults hold", () => {
  assert.equal(callHook(plugin, "httpConnectionManager"), undefined);
  assert.deepEqual(set(hcm({})), {});
});

/** Each setting by itself, and all that it sets. */
const CASES: readonly [Record<string, unknown>, Record<string, unknown>][] = [
  [{ skipXffAppend: true }, { skipXffAppend: true }],
  [{ via: "1.1 edge" }, { via: "1.1 edge" }],
  [{ xffNumTrustedHops: 2 }, { xffNumTrustedHops: 2 }],
  [{ useRemoteAddress: false }, { useRemoteAddress: { value: false } }],
  [{ generateRequestId: false }, { generateRequestId: { value: false } }],
  [{ proxy100Continue: true }, { proxy100Continue: true }],
  [{ streamIdleTimeout: "1s" }, { streamIdleTimeout: { seconds: 1 } }],
  [{ idleTimeout: "1s" }, { commonHttpProtocolOptions: { idleTimeout: { seconds: 1 } } }],
  [{ maxRequestHeadersKb: 96 }, { maxRequestHeadersKb: { value: 96 } }],
  [{ requestTimeout: "1s" }, { requestTimeout: { seconds: 1 } }],
  [{ requestHeadersTimeout: "1s" }, { requestHeadersTimeout: { seconds: 1 } }],
  [{ drainTimeout: "1s" }, { drainTimeout: { seconds: 1 } }],
  [{ delayedCloseTimeout: "0s" }, { delayedCloseTimeout: {} }],
  [{ serverName: "edge" }, { serverName: "edge" }],
  [{ stripAnyHostPort: true }, { stripAnyHostPort: true }],
  [{ acceptHttp10: true, defaultHostForHttp10: "a" }, {
    httpProtocolOptions: { acceptHttp10: true, defaultHostForHttp10: "a" },
  }],
  [{ allowChunkedLength: true }, { httpProtocolOptions: { allowChunkedLength: true } }],
  [{ enableTrailers: true }, { httpProtocolOptions: { enableTrailers: true } }],
  [{ properCaseHeaderKeyFormat: true }, { httpProtocolOptions: { headerKeyFormat: { properCaseWords: {} } } }],
  [{ properCaseHeaderKeyFormat: false }, {}],
  [{ forwardClientCertDetails: "SANITIZE_SET", setCurrentClientCertDetails: { subject: false, uri: true } }, {
    forwardClientCertDetails: "SANITIZE_SET",
    setCurrentClientCertDetails: { subject: { value: false }, uri: true },
  }],
  [{ preserveExternalRequestId: true }, { preserveExternalRequestId: true }],
  [{ upgrades: [{ connect: {} }] }, { upgradeConfigs: [{ upgradeType: "CONNECT" }] }],
  [{ upgrades: [{ websocket: { enabled: false } }] }, {
    upgradeConfigs: [{ upgradeType: "websocket", enabled: { value: false } }],
  }],
  [{ maxConnectionDuration: "1s" }, { commonHttpProtocolOptions: { maxConnectionDuration: { seconds: 1 } } }],
  [{ maxStreamDuration: "1s" }, { commonHttpProtocolOptions: { maxStreamDuration: { seconds: 1 } } }],
  [{ maxHeadersCount: 1 }, { commonHttpProtocolOptions: { maxHeadersCount: { value: 1 } } }],
  [{ headersWithUnderscoresAction: "REJECT_CLIENT_REQUEST" }, {
    commonHttpProtocolOptions: { headersWithUnderscoresAction: "REJECT_REQUEST" },
  }],
  [{ maxRequestsPerConnection: 0 }, { commonHttpProtocolOptions: { maxRequestsPerConnection: { value: 0 } } }],
  [{ serverHeaderTransformation: "PASS_THROUGH" }, { serverHeaderTransformation: "PASS_THROUGH" }],
  [{ pathWithEscapedSlashesAction: "REJECT_REQUEST" }, { pathWithEscapedSlashesAction: "REJECT_REQUEST" }],
  [{ codecType: "HTTP2" }, { codecType: "HTTP2" }],
  [{ mergeSlashes: true }, { mergeSlashes: true }],
  [{ normalizePath: false }, { normalizePath: { value: false } }],
  [
    {
      http2ProtocolOptions: {
        maxConcurrentStreams: 1,
        initialStreamWindowSize: 65535,
        initialConnectionWindowSize: 65535,
        overrideStreamErrorOnInvalidHttpMessage: true,
      },
    },
    {
      http2ProtocolOptions: {
        maxConcurrentStreams: { value: 1 },
        initialStreamWindowSize: { value: 65535 },
        initialConnectionWindowSize: { value: 65535 },
        overrideStreamErrorOnInvalidHttpMessage: { value: true },
      },
    },
  ],
  [
    { internalAddressConfig: { unixSockets: true, cidrRanges: [{ addressPrefix: "10.0.0.0", prefixLen: 8 }] } },
    {
      internalAddressConfig: {
        unixSockets: true,
        cidrRanges: [{ addressPrefix: "10.0.0.0", prefixLen: { value: 8 } }],
      },
    },
  ],
  [{ appendXForwardedPort: true }, { appendXForwardedPort: true }],
];

for (const [settings, fragment] of CASES) {
  Deno.test(`settings ${JSON.stringify(settings)}`, () => {
    const result = hcm(settings);
    assert.deepEqual(JSON.parse(JSON.stringify(set(result))), fragment);
    assert.deepEqual(reportLines(result), []);
  });
}

Deno.test("header names keep their case, request ids are set up, early headers are changed", () => {
  const { fragment } = hcm({
    preserveCaseHeaderKeyFormat: true,
    uuidRequestIdConfig: { packTraceReason: false },
    earlyHeaderManipulation: {
      headersToAdd: [{ header: { key: "x-a", value: "b" }, append: false }],
      headersToRemove: ["x-c"],
    },
  })!;
  assert.match(fragment.httpProtocolOptions.headerKeyFormat.statefulFormatter.typedConfig.typeUrl, /preserve_case/);
  const uuid = fragment.requestIdExtension.typedConfig.value;
  assert.deepEqual(decode("envoy.extensions.request_id.uuid.v3.UuidRequestIdConfig", uuid), { packTraceReason: {} });
  const [early] = fragment.earlyHeaderMutationExtensions;
  const { mutations } = decode(
    "envoy.extensions.http.early_header_mutation.header_mutation.v3.HeaderMutation",
    early.typedConfig.value,
  );
  assert.equal(mutations?.[0]?.append?.header?.key, "x-a");
  assert.equal(mutations?.[0]?.append?.appendAction, "OVERWRITE_IF_EXISTS_OR_ADD");
  assert.equal(mutations?.[1]?.remove, "x-c");
});

Deno.test("every setting but tracing is among the cases", () => {
  const tried = new Set(CASES.flatMap(([settings]) => Object.keys(settings)));
  const more = ["preserveCaseHeaderKeyFormat", "uuidRequestIdConfig", "earlyHeaderManipulation", "tracing"];
  const untried = Object.keys(httpConnectionManagerSettings.fields).filter((name) => !tried.has(name));
  assert.deepEqual(untried.sort(), more.sort());
});

Deno.test("values that Envoy refuses", () => {
  assert.deepEqual(lines({ streamIdleTimeout: "-1s", maxStreamDuration: "-1s" }), [
    "error SLUICE-1430 streamIdleTimeout",
    "error SLUICE-1430 maxStreamDuration",
  ]);
  assert.deepEqual(lines({ maxRequestHeadersKb: 0 }), ["error SLUICE-1430 maxRequestHeadersKb"]);
  assert.deepEqual(lines({ maxRequestHeadersKb: 8193 }), ["error SLUICE-1430 maxRequestHeadersKb"]);
  assert.deepEqual(lines({ maxHeadersCount: 0 }), ["error SLUICE-1430 maxHeadersCount"]);
  const http2ProtocolOptions = {
    maxConcurrentStreams: 0,
    initialStreamWindowSize: 65534,
    initialConnectionWindowSize: 1,
  };
  assert.deepEqual(lines({ http2ProtocolOptions }), [
    "error SLUICE-1430 http2ProtocolOptions.maxConcurrentStreams",
    "error SLUICE-1430 http2ProtocolOptions.initialStreamWindowSize",
    "error SLUICE-1430 http2ProtocolOptions.initialConnectionWindowSize",
  ]);
  assert.deepEqual(lines({ via: "a\nb", serverName: "a\0" }), [
    "error SLUICE-1421 via",
    "error SLUICE-1421 serverName",
  ]);
  assert.deepEqual(lines({ upgrades: [{ websocket: {} }, { websocket: {} }, { connectTerminate: {} }] }), [
    "error SLUICE-1418 upgrades[2]",
    "error SLUICE-1418 upgrades[1]",
  ]);
  assert.deepEqual(lines({ earlyHeaderManipulation: { headersToRemove: ["host"] } }), [
    "error SLUICE-1420 earlyHeaderManipulation.headersToRemove[0]",
  ]);
});

Deno.test("ranges of internal addresses", () => {
  const cidrRanges = [
    { addressPrefix: "a.com" },
    { addressPrefix: "10.0.0.0", prefixLen: 33 },
    { addressPrefix: "fd00::", prefixLen: 129 },
    { addressPrefix: "fd00::", prefixLen: 128 },
    {},
  ];
  assert.deepEqual(lines({ internalAddressConfig: { cidrRanges } }), [
    "error SLUICE-1432 internalAddressConfig.cidrRanges[0].addressPrefix",
    "error SLUICE-1432 internalAddressConfig.cidrRanges[1].prefixLen",
    "error SLUICE-1432 internalAddressConfig.cidrRanges[2].prefixLen",
    "error SLUICE-1432 internalAddressConfig.cidrRanges[4].addressPrefix",
  ]);
});

Deno.test("settings without effect are warnings; the rest is served", () => {
  const settings = {
    defaultHostForHttp10: "a",
    setCurrentClientCertDetails: { uri: true },
    tracing: { verbose: true },
    serverName: "edge",
  };
  assert.deepEqual(lines(settings), [
    "warning SLUICE-1431 defaultHostForHttp10",
    "warning SLUICE-1431 setCurrentClientCertDetails",
    "warning SLUICE-1401 tracing",
  ]);
  assert.deepEqual(set(hcm(settings)), { serverName: "edge" });
});
