import assert from "node:assert/strict";
import type { Origin, ProxyMatcher } from "../api/mod.ts";
import { told } from "./fixtures_test.ts";
import { routeMatch } from "./matchers.ts";
import { Faults } from "./origins.ts";

const ORIGIN: Origin = { kind: "VirtualService", namespace: "ns", name: "vs", path: "matchers[0]" };

function match(matcher: ProxyMatcher, size?: number) {
  const faults = new Faults();
  return {
    match: routeMatch(matcher, ORIGIN, size, faults),
    faults: told(faults.reports).map((text) => text.split(" ")[3]),
  };
}

Deno.test("each path specifier becomes its Envoy form, and none means /", () => {
  assert.deepEqual(match({}).match, { prefix: "/" });
  assert.deepEqual(match({ prefix: "" }).match, { prefix: "/" });
  assert.deepEqual(match({ prefix: "/a", caseSensitive: false }).match, {
    prefix: "/a",
    caseSensitive: { value: false },
  });
  assert.deepEqual(match({ exact: "/a" }).match, { path: "/a" });
  assert.deepEqual(match({ regex: "/a.*", caseSensitive: false }).match, { safeRegex: { regex: "/a.*" } });
  assert.deepEqual(match({ connectMatcher: {} }).match, { connectMatcher: {} });
});

Deno.test("a prefix that ends at a slash is one of Envoy's own, and what Envoy refuses there is a fault", () => {
  assert.deepEqual(match({ pathSeparatedPrefix: "/a/b" }), { match: { pathSeparatedPrefix: "/a/b" }, faults: [] });
  for (const text of ["", "/", "/a/", "/a?b", "/a#b", "/a//b"]) {
    assert.deepEqual(match({ pathSeparatedPrefix: text }).faults, ["matchers[0].pathSeparatedPrefix"], text);
  }
});

Deno.test("headers match by value, regex or presence, and can be inverted", () => {
  const { match: { headers } } = match({
    headers: [
      { name: "a", value: "b" },
      { name: "a", value: "b.*", regex: true },
      { name: "a", invertMatch: true },
      { name: ":authority", value: "x" },
    ],
  });
  assert.deepEqual(headers, [
    { name: "a", stringMatch: { exact: "b" } },
    { name: "a", stringMatch: { safeRegex: { regex: "b.*" } } },
    { name: "a", presentMatch: true, invertMatch: true },
    { name: ":authority", stringMatch: { exact: "x" } },
  ]);
});

Deno.test("query parameters match by value, regex or presence", () => {
  const { match: { queryParameters } } = match({
    queryParameters: [{ name: "a", value: "b" }, { name: "a", value: "b|c", regex: true }, { name: "d" }],
  });
  assert.deepEqual(queryParameters, [
    { name: "a", stringMatch: { exact: "b" } },
    { name: "a", stringMatch: { safeRegex: { regex: "b|c" } } },
    { name: "d", presentMatch: true },
  ]);
});

Deno.test("several methods are one regex, and a matcher with methods alone means the path /", () => {
  assert.deepEqual(match({ methods: ["GET", "POST"] }).match, {
    prefix: "/",
    headers: [{ name: ":method", stringMatch: { safeRegex: { regex: "GET|POST" } } }],
  });
  assert.deepEqual(match({ methods: ["GET"] }).match.headers, [{ name: ":method", stringMatch: { exact: "GET" } }]);
});

Deno.test("what Envoy would refuse is reported at its field", () => {
  assert.deepEqual(match({ prefix: "/a//b" }).faults, ["matchers[0].prefix"]);
  assert.deepEqual(match({ exact: "" }).faults, ["matchers[0].exact"]);
  assert.deepEqual(match({ regex: "/a(?=b)" }).faults, ["matchers[0].regex"]);
  assert.deepEqual(match({ headers: [{ name: "a b", value: "x" }] }).faults, ["matchers[0].headers[0].name"]);
  assert.deepEqual(match({ headers: [{ name: "a", value: "(", regex: true }] }).faults, [
    "matchers[0].headers[0].value",
  ]);
  assert.deepEqual(match({ headers: [{ name: "a", value: "x\ny" }] }).faults, ["matchers[0].headers[0].value"]);
  assert.deepEqual(match({ queryParameters: [{ value: "x" }] }).faults, ["matchers[0].queryParameters[0].name"]);
  assert.deepEqual(match({ methods: ["GET", "G T"] }).faults, ["matchers[0].methods[1]"]);
});

Deno.test("regexes may be as large as Settings say", () => {
  assert.deepEqual(match({ regex: "a{150}" }, 100).faults, ["matchers[0].regex"]);
  assert.deepEqual(match({ regex: "a{150}" }, 500).match.safeRegex?.googleRe2, { maxProgramSize: { value: 500 } });
});
