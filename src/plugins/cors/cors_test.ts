import assert from "node:assert/strict";
import { decode } from "../../envoy/mod.ts";
import { callHook, reportLines } from "../test_hooks.ts";
import { plugin } from "./mod.ts";

const FORWARD = { routeAction: {} };
const route = (cors: Record<string, unknown>, action: Record<string, unknown> = FORWARD) =>
  callHook(plugin, "route", { options: { cors }, route: action });
const policyOf = (result: ReturnType<typeof route>) =>
  decode(
    "envoy.extensions.filters.http.cors.v3.CorsPolicy",
    result!.fragment.typedPerFilterConfig["envoy.filters.http.cors"].value,
  );

Deno.test("the filter is always there, whatever the options", () => {
  const [filter] = callHook(plugin, "httpFilters")!.fragment;
  assert.equal(filter.name, "envoy.filters.http.cors");
  assert.deepEqual(filter.place, { stage: "Cors", side: "during" });
  assert.equal(filter.disabled, undefined);
});

Deno.test("every field of a policy, on a virtual host and on a route", () => {
  const cors = {
    allowOrigin: ["https://a.com"],
    allowOriginRegex: ["https://[a-z]\\.b\\.com"],
    allowMethods: ["GET", "PUT"],
    allowHeaders: ["x-a", "x-b"],
    exposeHeaders: ["x-c"],
    maxAge: "600",
    allowCredentials: true,
  };
  const expected = {
    allowOriginStringMatch: [{ exact: "https://a.com" }, { safeRegex: { regex: "https://[a-z]\\.b\\.com" } }],
    allowMethods: "GET,PUT",
    allowHeaders: "x-a,x-b",
    exposeHeaders: "x-c",
    maxAge: "600",
    allowCredentials: { value: true },
  };
  assert.deepEqual(policyOf(route(cors)), expected);
  assert.deepEqual(policyOf(callHook(plugin, "virtualHost", { options: { cors } })), expected);
});

Deno.test("what a route leaves out stays empty, so that Envoy takes it from the virtual host", () => {
  assert.deepEqual(policyOf(route({ allowOrigin: ["*"] })), { allowOriginStringMatch: [{ exact: "*" }] });
});

Deno.test("a policy without origin is an error", () => {
  const cors = { allowMethods: ["GET"] };
  assert.deepEqual(reportLines(route(cors)), ["error SLUICE-1425 cors"]);
  assert.deepEqual(reportLines(callHook(plugin, "virtualHost", { options: { cors } })), ["error SLUICE-1425 cors"]);
});

Deno.test("disableForRoute wants no origin; on a virtual host it is a warning", () => {
  const off = policyOf(route({ disableForRoute: true }));
  assert.equal(off.filterEnabled?.defaultValue?.numerator ?? 0, 0);
  assert.ok(off.filterEnabled);
  const host = callHook(plugin, "virtualHost", { options: { cors: { allowOrigin: ["*"], disableForRoute: true } } });
  assert.deepEqual(reportLines(host), ["warning SLUICE-1427 cors.disableForRoute"]);
  assert.equal(policyOf(host).filterEnabled, undefined);
});

Deno.test("texts that are not usable", () => {
  const result = route({
    allowOrigin: [""],
    allowOriginRegex: ["("],
    allowMethods: [" "],
    exposeHeaders: ["a\nb"],
    maxAge: "1d",
  });
  assert.deepEqual(reportLines(result), [
    "error SLUICE-1426 cors.allowOrigin[0]",
    "error SLUICE-1413 cors.allowOriginRegex[0]",
    "error SLUICE-1426 cors.allowMethods[0]",
    "error SLUICE-1426 cors.exposeHeaders[0]",
    "warning SLUICE-1426 cors.maxAge",
  ]);
  assert.deepEqual(reportLines(route({ allowOrigin: ["*"], maxAge: "1\n" })), ["error SLUICE-1426 cors.maxAge"]);
});

Deno.test("a direct response gets plain headers", () => {
  const direct = { directResponseAction: { status: 200 } };
  const cors = { allowOrigin: ["https://a.com"], allowMethods: ["GET"], maxAge: "5%", allowCredentials: true };
  const result = route(cors, direct);
  assert.deepEqual(result?.fragment, {
    responseHeadersToAdd: [
      { header: { key: "access-control-allow-origin", value: "https://a.com" } },
      { header: { key: "access-control-allow-methods", value: "GET" } },
      { header: { key: "access-control-max-age", value: "5%%" } },
      { header: { key: "access-control-allow-credentials", value: "true" } },
    ],
  });
  assert.deepEqual(reportLines(route({ allowOrigin: ["a", "b"] }, direct)), ["warning SLUICE-1427 cors"]);
  assert.deepEqual(reportLines(route({}, direct)), ["error SLUICE-1425 cors"]);
  assert.equal(route({ disableForRoute: true }, direct), undefined);
});

Deno.test("on a redirect cors is a warning", () => {
  const result = route({ allowOrigin: ["*"] }, { redirectAction: {} });
  assert.deepEqual(reportLines(result), ["warning SLUICE-1410 cors"]);
  assert.equal(result?.fragment, undefined);
});
