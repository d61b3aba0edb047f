import assert from "node:assert/strict";
import { decode } from "../envoy/mod.ts";
import { host, httpListener, json, to, told, translated, upstream } from "./fixtures_test.ts";

const VIRTUAL_HOST = "envoy.config.route.v3.VirtualHost";
const PLACE = "Proxy/proxy listeners[0].httpListener.virtualHosts";
const route = { routeAction: to("a") };
const given = (...hosts: ReturnType<typeof host>[]) =>
  translated({ listeners: [httpListener(hosts)], resources: [upstream("a")] });

Deno.test("a virtual host is named after its route configuration and says whose it is", () => {
  const { routes: [configuration] } = given(host("vh", [route], { options: { attempts: true } }));
  assert.equal(configuration!.name, "listener-::-8080-routes");
  const [piece] = configuration!.virtualHosts;
  assert.equal(piece!.name, "listener-::-8080-routes/vh");
  assert.deepEqual(piece!.domains, ["vh.test"]);
  assert.deepEqual(json(VIRTUAL_HOST, piece!.bytes), {
    name: "listener-::-8080-routes/vh",
    includeRequestAttemptCount: true,
    metadata: { filterMetadata: { sluice: { kind: "Proxy", namespace: "gloo-system", name: "proxy" } } },
  });
});

Deno.test("no domains mean every domain", () => {
  assert.deepEqual(given(host("vh", [route], { domains: undefined })).routes[0]!.virtualHosts[0]!.domains, ["*"]);
});

Deno.test("bad domains are left out and reported; the host lives on with the others", () => {
  const { routes, reports } = given(
    host("vh", [route], { domains: ["ok.test", "", "a*b.test", "*.x.*", "a b", "*.good"] }),
  );
  assert.deepEqual(routes[0]!.virtualHosts[0]!.domains, ["ok.test", "*.good"]);
  assert.equal(routes[0]!.virtualHosts[0]!.rejected, undefined);
  assert.deepEqual(told(reports), [
    `error SLUICE-1322 ${PLACE}[0].domains[1]`,
    `error SLUICE-1323 ${PLACE}[0].domains[2]`,
    `error SLUICE-1323 ${PLACE}[0].domains[3]`,
    `error SLUICE-1323 ${PLACE}[0].domains[4]`,
  ]);
});

Deno.test("a domain belongs to the first host that has it, whatever its case", () => {
  const { routes, reports } = given(
    host("one", [route], { domains: ["A.test"] }),
    host("two", [route], { domains: ["a.test", "b.test"] }),
  );
  assert.deepEqual(routes[0]!.virtualHosts.map(({ domains }) => domains), [["A.test"], ["b.test"]]);
  assert.deepEqual(told(reports), [`error SLUICE-1321 ${PLACE}[1].domains[0]`]);
});

Deno.test("a host that loses all its domains has nothing to serve", () => {
  const { routes } = given(host("one", [route]), host("two", [route], { domains: ["one.test"] }));
  assert.equal(routes[0]!.virtualHosts[1]!.rejected, "hold");
  assert.equal(routes[0]!.virtualHosts[1]!.bytes, undefined);
});

Deno.test("of two hosts of one name the second is not served", () => {
  const { routes, reports } = given(host("vh", [route]), host("vh", [route], { domains: ["other.test"] }));
  assert.deepEqual(told(reports), [`error SLUICE-1320 ${PLACE}[1]`]);
  assert.deepEqual(routes[0]!.virtualHosts.map(({ rejected }) => rejected), [undefined, "hold"]);
  assert.notEqual(routes[0]!.virtualHosts[0]!.key, routes[0]!.virtualHosts[1]!.key);
});

Deno.test("an error in its options rejects the host; its stand-in keeps the domains and answers all with 500", () => {
  const { routes, reports } = given(host("bad", [route], { options: { fault: "wrong" } }), host("good", [route]));
  assert.deepEqual(told(reports), [`error SLUICE-1401 ${PLACE}[0].options.fault`]);
  const [bad, good] = routes[0]!.virtualHosts;
  assert.equal(bad!.rejected, "hold");
  assert.deepEqual(bad!.domains, ["bad.test"]);
  const standIn = decode(VIRTUAL_HOST, bad!.bytes!);
  assert.equal(standIn.routes![0]!.match!.prefix, "/");
  assert.equal(standIn.routes![0]!.directResponse!.status, 500);
  assert.equal(bad!.routes.length, 1);
  assert.equal(good!.rejected, undefined);
});

Deno.test("a fault in the gateway's route options rejects the frame alone, and bystanders are served", () => {
  const result = translated({
    listeners: [httpListener([host("vh", [route])], { routeOptions: { fault: "wrong" } })],
    resources: [upstream("a")],
  });
  assert.deepEqual(told(result.reports), ["error SLUICE-1401 Proxy/proxy listeners[0].routeOptions.fault"]);
  assert.equal(result.routes[0]!.rejected, "hold");
  assert.deepEqual(decode("envoy.config.route.v3.RouteConfiguration", result.routes[0]!.bytes!), {
    name: "listener-::-8080-routes",
    validateClusters: {},
  });
  assert.equal(result.routes[0]!.virtualHosts[0]!.rejected, undefined);
});

Deno.test("keys of routes stay when other routes are added before them", () => {
  const named = { ...route, matchers: [{ prefix: "/b" }] };
  const before = given(host("vh", [named])).routes[0]!.virtualHosts[0]!.routes[0]!.key;
  const after = given(host("vh", [{ ...route, matchers: [{ prefix: "/new" }] }, named, named]));
  const keys = after.routes[0]!.virtualHosts[0]!.routes.map(({ key }) => key);
  assert.equal(keys[1], before);
  assert.equal(keys[2], `${before}~2`);
});

Deno.test("a host that gateway translation found invalid is rejected without a second report, and keeps its domains", () => {
  const { routes, reports } = given(host("vh", [route], { invalid: "why" }));
  assert.deepEqual(told(reports), []);
  assert.equal(routes[0]!.virtualHosts[0]!.rejected, "hold");
  assert.deepEqual(routes[0]!.virtualHosts[0]!.domains, ["vh.test"]);
});
