import assert from "node:assert/strict";
import { hostsOf, httpGateway, reportLines, translate, virtualService } from "./fixtures_test.ts";

const served = (result: ReturnType<typeof translate>) =>
  Object.fromEntries(hostsOf(result).map(({ name, domains }) => [name?.slice("gloo-system_".length), domains]));

Deno.test("a domain claimed twice: the first by name keeps it, the other loses it alone, bystanders notice nothing", () => {
  const result = translate([
    httpGateway(),
    virtualService("a", ["X.com", "a.com"]),
    virtualService("b", ["b.com", "x.COM"]),
    virtualService("c", ["c.com"]),
  ]);
  assert.deepEqual(served(result), { a: ["X.com", "a.com"], b: ["b.com"], c: ["c.com"] });
  assert.deepEqual(reportLines(result.reports), ["error 1211 VirtualService/gloo-system/b virtualHost.domains[1]"]);
  assert.match(result.reports[0]!.message, /listener-::-8080.*VirtualService gloo-system\/a/);
});

Deno.test("the one that had the domain keeps it", () => {
  const b = virtualService("b", ["x.com"]);
  const { claims } = translate([httpGateway(), b]);
  const a = virtualService("a", ["x.com"], undefined, { creationTimestamp: "2001-01-01T00:00:00Z" });
  const result = translate([httpGateway(), a, b], {}, claims);
  assert.deepEqual(served(result), { b: ["x.com"] });
  assert.deepEqual(reportLines(result.reports), ["error 1211 VirtualService/gloo-system/a virtualHost.domains[0]"]);
  assert.deepEqual(served(translate([httpGateway(), a, b])), { a: ["x.com"] });
});

Deno.test("a domain that its holder gives up goes to the next", () => {
  const before = translate([httpGateway(), virtualService("a", ["x.com"]), virtualService("b", ["x.com"])]);
  const after = translate(
    [httpGateway(), virtualService("a", ["y.com"]), virtualService("b", ["x.com"])],
    {},
    before.claims,
  );
  assert.deepEqual(served(after), { a: ["y.com"], b: ["x.com"] });
  assert.deepEqual(after.reports, []);
});

Deno.test("without claims the older one gets it, one of unknown age comes last", () => {
  const young = virtualService("a", ["x.com"], undefined, { creationTimestamp: "2024-01-01T00:00:00Z" });
  const old = virtualService("b", ["x.com"], undefined, { creationTimestamp: "2023-06-01T00:00:00Z" });
  const unknown = virtualService("0", ["x.com"]);
  assert.deepEqual(served(translate([httpGateway(), young, old, unknown])), { b: ["x.com"] });
});

Deno.test("no domains means *, which is a domain like others", () => {
  const result = translate([httpGateway(), virtualService("a", ["*"]), virtualService("b")]);
  assert.deepEqual(served(result), { a: ["*"] });
  assert.deepEqual(reportLines(result.reports), ["error 1211 VirtualService/gloo-system/b virtualHost.domains"]);
});

Deno.test("the same domain on two listeners is no conflict", () => {
  const one = httpGateway("one", { httpGateway: { virtualServices: [{ name: "a", namespace: "gloo-system" }] } });
  const two = httpGateway("two", {
    bindPort: 8081,
    httpGateway: { virtualServices: [{ name: "b", namespace: "gloo-system" }] },
  });
  const result = translate([one, two, virtualService("a", ["x.com"]), virtualService("b", ["x.com"])]);
  assert.deepEqual(result.reports, []);
});

Deno.test("an empty domain and one written twice are told and left out", () => {
  const result = translate([httpGateway(), virtualService("a", ["", "x.com", "X.com"]), virtualService("b", [""])]);
  assert.deepEqual(served(result), { a: ["x.com"] });
  assert.deepEqual(reportLines(result.reports), [
    "error 1212 VirtualService/gloo-system/a virtualHost.domains[0]",
    "error 1213 VirtualService/gloo-system/a virtualHost.domains[2]",
    "error 1212 VirtualService/gloo-system/b virtualHost.domains[0]",
  ]);
});
