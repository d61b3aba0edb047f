import assert from "node:assert/strict";
import type { Matcher, Spec } from "../api/mod.ts";
import { delegateTo, httpGateway, reportLines, routeTable, translate, virtualService } from "./fixtures_test.ts";

const settings: Spec<"Settings"> = { gateway: { validation: { warnRouteShortCircuiting: true } } };

function isHidden(earlier: Matcher, later: Matcher): boolean {
  const routes = [earlier, later].map((matcher) => ({ matchers: [matcher], directResponseAction: { status: 200 } }));
  const { reports } = translate([httpGateway(), virtualService("vs", [], routes)], settings);
  assert.ok(reports.every(({ code, path }) => code === "SLUICE-1231" && path === "virtualHost.routes[1]"));
  return reports.length > 0;
}

Deno.test("the same matcher again, an earlier prefix or regex hides a route", () => {
  assert.ok(isHidden({ prefix: "/a" }, { prefix: "/a" }));
  assert.ok(isHidden({ prefix: "/a" }, { exact: "/a/b" }));
  assert.ok(isHidden({ exact: "/a" }, { exact: "/a" }));
  assert.ok(isHidden({ regex: "/a.*" }, { prefix: "/ab" }));
  assert.ok(isHidden({ connectMatcher: {} }, { connectMatcher: {} }));
  assert.ok(isHidden({ methods: ["GET", "PUT"] }, { prefix: "/", methods: ["GET"] }));
  assert.ok(isHidden({ headers: [{ name: "H" }] }, { headers: [{ name: "h", value: "1" }] }));
  assert.ok(
    isHidden({ headers: [{ name: "h", value: "\\d", regex: true }] }, { headers: [{ name: "h", value: "1" }] }),
  );
});

Deno.test("what an earlier route does not take is not hidden", () => {
  assert.ok(!isHidden({ prefix: "/a/b" }, { prefix: "/a" }));
  assert.ok(!isHidden({ exact: "/a" }, { prefix: "/a" }));
  assert.ok(!isHidden({ prefix: "/a", caseSensitive: false }, { prefix: "/a" }));
  assert.ok(!isHidden({ regex: "/b(" }, { prefix: "/b" }));
  assert.ok(!isHidden({ regex: "/b" }, { prefix: "/b/c" }));
  assert.ok(!isHidden({ prefix: "/" }, { connectMatcher: {} }));
  assert.ok(!isHidden({ methods: ["GET"] }, { prefix: "/" }));
  assert.ok(!isHidden({ headers: [{ name: "h", value: "1" }] }, { headers: [{ name: "h" }] }));
  assert.ok(!isHidden({ headers: [{ name: "h", invertMatch: true }] }, { headers: [{ name: "h" }] }));
  assert.ok(!isHidden({ queryParameters: [{ name: "q" }] }, { prefix: "/" }));
});

Deno.test("the warning is off by default, and under a delegating route it names that one", () => {
  const resources = [
    httpGateway(),
    virtualService("vs", [], [delegateTo("/a", "t")]),
    routeTable(
      "t",
      ["/a", "/a/b"].map((prefix) => ({ matchers: [{ prefix }], directResponseAction: { status: 200 } })),
    ),
  ];
  assert.deepEqual(translate(resources).reports, []);
  assert.deepEqual(reportLines(translate(resources, settings).reports), [
    "warning 1231 VirtualService/gloo-system/vs virtualHost.routes[0]",
  ]);
});
