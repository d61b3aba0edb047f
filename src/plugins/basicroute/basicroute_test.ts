import assert from "node:assert/strict";
import { callHook, reportLines } from "../test_hooks.ts";
import { plugin } from "./mod.ts";

const action = (options: Record<string, unknown>, gloo = {}) => callHook(plugin, "routeAction", { options, gloo });

/** What a fragment sets. */
function set(result: ReturnType<typeof action>): unknown {
  return Object.fromEntries(Object.entries(result?.fragment ?? {}).filter(([, value]) => value !== undefined));
}

Deno.test("a route without options gets nothing", () => {
  assert.equal(action({}), undefined);
  assert.equal(callHook(plugin, "route"), undefined);
  assert.equal(callHook(plugin, "virtualHost"), undefined);
});

Deno.test("rewrites of the path", () => {
  assert.deepEqual(set(action({ prefixRewrite: "/v2" })), { prefixRewrite: "/v2" });
  const regexRewrite = { pattern: { regex: "^/(.*)$" }, substitution: "/x/\\1" };
  assert.deepEqual(set(action({ prefixRewrite: "", regexRewrite })), { regexRewrite });
});

Deno.test("a path rewrite that Envoy or Gloo refuses is an error", () => {
  const regexRewrite = { pattern: { regex: "a" } };
  assert.deepEqual(reportLines(action({ prefixRewrite: "/a", regexRewrite })), ["error SLUICE-1411 regexRewrite"]);
  assert.deepEqual(reportLines(action({ prefixRewrite: "/a/../b" })), ["error SLUICE-1412 prefixRewrite"]);
  for (const regex of ["", "(", "a(?=b)"]) {
    const result = action({ regexRewrite: { pattern: { regex } } });
    assert.deepEqual(reportLines(result), ["error SLUICE-1413 regexRewrite.pattern.regex"]);
  }
  assert.deepEqual(
    reportLines(action({ regexRewrite: { pattern: { regex: "a" }, substitution: "a\nb" } })),
    ["error SLUICE-1412 regexRewrite.substitution"],
  );
});

Deno.test("regexMaxProgramSize of Settings bounds a regex", () => {
  const options = { regexRewrite: { pattern: { regex: "[a-z]{20}" } } };
  assert.deepEqual(reportLines(action(options)), []);
  assert.deepEqual(reportLines(action(options, { regexMaxProgramSize: 5 })), [
    "error SLUICE-1413 regexRewrite.pattern.regex",
  ]);
});

Deno.test("rewrites of the host", () => {
  assert.deepEqual(set(action({ hostRewrite: "a.example:8080", appendXForwardedHost: true })), {
    hostRewriteLiteral: "a.example:8080",
    appendXForwardedHost: true,
  });
  assert.deepEqual(set(action({ autoHostRewrite: true })), { autoHostRewrite: { value: true } });
  assert.deepEqual(set(action({ hostRewriteHeader: "x-host" })), { hostRewriteHeader: "x-host" });
  const hostRewritePathRegex = { pattern: { regex: "^/(.+)/.+$" }, substitution: "\\1" };
  assert.deepEqual(set(action({ hostRewritePathRegex })), { hostRewritePathRegex });
});

Deno.test("a host that is none, and a header that is none, are errors", () => {
  for (const hostRewrite of ["", "a b", "http://a/", "a\nb"]) {
    assert.deepEqual(reportLines(action({ hostRewrite })), ["error SLUICE-1417 hostRewrite"]);
  }
  assert.deepEqual(reportLines(action({ hostRewriteHeader: "x host" })), ["error SLUICE-1417 hostRewriteHeader"]);
});

Deno.test("time limits", () => {
  const maxStreamDuration = {
    maxStreamDuration: "60s",
    grpcTimeoutHeaderMax: "0s",
    grpcTimeoutHeaderOffset: "0.010s",
  };
  assert.deepEqual(set(action({ timeout: "0s", idleTimeout: "1.5s", maxStreamDuration })), {
    timeout: {},
    idleTimeout: { seconds: 1, nanos: 500_000_000 },
    maxStreamDuration: {
      maxStreamDuration: { seconds: 60 },
      grpcTimeoutHeaderMax: {},
      grpcTimeoutHeaderOffset: { nanos: 10_000_000 },
    },
  });
  const negative = action({ timeout: "-1s", idleTimeout: "-1s", maxStreamDuration: { grpcTimeoutHeaderMax: "-1s" } });
  assert.deepEqual(reportLines(negative), [
    "error SLUICE-1414 timeout",
    "error SLUICE-1414 idleTimeout",
    "error SLUICE-1414 maxStreamDuration.grpcTimeoutHeaderMax",
  ]);
});

Deno.test("retries of a route and of a virtual host", () => {
  const retries = {
    retryOn: "5xx, retriable-status-codes",
    perTryTimeout: "2s",
    retryBackOff: { baseInterval: "0.025s", maxInterval: "1s" },
    retriableStatusCodes: [409],
    previousPriorities: {},
    rateLimitedRetryBackOff: { resetHeaders: [{ name: "retry-after" }], maxInterval: "10s" },
  };
  const { retryPolicy } = action({ retries })!.fragment;
  assert.deepEqual(retryPolicy.numRetries, { value: 1 });
  assert.deepEqual(retryPolicy.perTryTimeout, { seconds: 2 });
  assert.deepEqual(retryPolicy.retryBackOff, { baseInterval: { nanos: 25_000_000 }, maxInterval: { seconds: 1 } });
  assert.deepEqual(retryPolicy.retriableStatusCodes, [409]);
  assert.equal(retryPolicy.retryPriority.name, "envoy.retry_priorities.previous_priorities");
  assert.deepEqual([...retryPolicy.retryPriority.typedConfig.value], [8, 1]);
  assert.deepEqual(retryPolicy.rateLimitedRetryBackOff, {
    resetHeaders: [{ name: "retry-after", format: "SECONDS" }],
    maxInterval: { seconds: 10 },
  });
  const host = callHook(plugin, "virtualHost", { options: { retries: { retryOn: "reset", numRetries: 3 } } });
  assert.deepEqual(host?.fragment.retryPolicy.numRetries, { value: 3 });
});

Deno.test("a retry policy that Envoy refuses is an error; a condition that it passes over is a warning", () => {
  const faulty = (retries: Record<string, unknown>) => reportLines(action({ retries }));
  assert.deepEqual(faulty({ retryOn: "5xx,5x" }), ["warning SLUICE-1416 retries.retryOn"]);
  assert.deepEqual(faulty({ perTryTimeout: "-1s" }), ["error SLUICE-1414 retries.perTryTimeout"]);
  assert.deepEqual(faulty({ retryBackOff: { maxInterval: "1s" } }), [
    "error SLUICE-1415 retries.retryBackOff.baseInterval",
  ]);
  assert.deepEqual(faulty({ retryBackOff: { baseInterval: "0.0005s" } }), [
    "error SLUICE-1415 retries.retryBackOff.baseInterval",
  ]);
  assert.deepEqual(faulty({ retryBackOff: { baseInterval: "2s", maxInterval: "1s" } }), [
    "error SLUICE-1415 retries.retryBackOff.maxInterval",
  ]);
  assert.deepEqual(faulty({ previousPriorities: { updateFrequency: 0 } }), [
    "error SLUICE-1415 retries.previousPriorities.updateFrequency",
  ]);
  assert.deepEqual(faulty({ rateLimitedRetryBackOff: { maxInterval: "0s" } }), [
    "error SLUICE-1415 retries.rateLimitedRetryBackOff.resetHeaders",
    "error SLUICE-1414 retries.rateLimitedRetryBackOff.maxInterval",
  ]);
  assert.deepEqual(faulty({ rateLimitedRetryBackOff: { resetHeaders: [{ name: "a b" }] } }), [
    "error SLUICE-1420 retries.rateLimitedRetryBackOff.resetHeaders[0].name",
  ]);
});

Deno.test("upgrades", () => {
  const result = action({ upgrades: [{ websocket: { enabled: false } }, { connectTerminate: {} }] });
  assert.deepEqual(result?.fragment.upgradeConfigs, [
    { upgradeType: "websocket", enabled: { value: false }, connectConfig: undefined },
    { upgradeType: "CONNECT", enabled: undefined, connectConfig: {} },
  ]);
  assert.deepEqual(reportLines(action({ upgrades: [{ connect: {} }, { connectTerminate: {} }, {}] })), [
    "error SLUICE-1418 upgrades[1]",
    "error SLUICE-1418 upgrades[2]",
  ]);
});

Deno.test("on a route that does not forward the options are a warning each, and set nothing", () => {
  const result = callHook(plugin, "route", {
    options: { timeout: "1s", prefixRewrite: "/a" },
    route: { redirectAction: { hostRedirect: "a" } },
  });
  assert.deepEqual(reportLines(result), ["warning SLUICE-1410 timeout", "warning SLUICE-1410 prefixRewrite"]);
  assert.equal(result?.fragment, undefined);
});
