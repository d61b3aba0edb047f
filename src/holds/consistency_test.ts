import assert from "node:assert/strict";
import { decode, encode } from "../envoy/mod.ts";
import {
  answers,
  applyAll,
  assignment,
  cluster,
  configuration,
  hostsOf,
  route,
  secret,
  translation,
  virtualHost,
  withRoutes,
} from "./fixtures_test.ts";

Deno.test("an EDS cluster without endpoints gets an empty assignment, and unreferenced ones are left out", () => {
  const { snapshot } = applyAll(translation({
    clusters: [cluster("a"), cluster("static", { refs: {} })],
    endpoints: [assignment("b")],
    secrets: [secret("unused")],
  }));
  assert.deepEqual([...snapshot.endpoints.keys()], ["a"]);
  assert.deepEqual(decode("envoy.config.endpoint.v3.ClusterLoadAssignment", snapshot.endpoints.get("a")!.bytes), {
    clusterName: "a",
  });
  assert.equal(snapshot.secrets.size, 0);
});

Deno.test("a route configuration that a listener names and nobody has answers 500; unreferenced ones are left out", () => {
  const { snapshot } = applyAll(translation({ routes: [configuration([], { name: "other" })] }));
  assert.deepEqual([...snapshot.routes.keys()], ["rc"]);
  const [host] = hostsOf(snapshot);
  assert.deepEqual(host!.domains, ["*"]);
  assert.equal(host!.routes![0]!.directResponse!.status, 500);
});

Deno.test("a route configuration without virtual hosts answers 404: an empty one would keep its listener closed", () => {
  const { snapshot } = applyAll(translation({ routes: [configuration([])] }));
  assert.equal(hostsOf(snapshot)[0]!.routes![0]!.directResponse!.status, 404);
});

Deno.test("a virtual host is its frame, its domains and its routes, with all origins and needs", () => {
  const pieces = [
    route("a", "a", "r[0]", { refs: { clusters: ["one"] } }),
    route("b", "b", "r[1]", {
      refs: { clusters: ["one", "two"] },
      origin: { kind: "RouteTable", namespace: "ns", name: "rt", path: "" },
    }),
  ];
  const { snapshot } = applyAll(withRoutes(...pieces));
  const resource = snapshot.routes.get("rc")!;
  const [host] = resource.virtualHosts.values();
  assert.equal(host!.name, "rc/vs");
  assert.deepEqual(hostsOf(snapshot)[0]!.domains, ["vs.test"]);
  assert.deepEqual(host!.refs, { clusters: ["one", "two"] });
  assert.deepEqual(host!.origins.map(({ kind, name }) => `${kind} ${name}`), ["VirtualService vs", "RouteTable rt"]);
  assert.deepEqual(resource.refs, { clusters: ["one", "two"] });
  const whole = decode("envoy.config.route.v3.RouteConfiguration", resource.bytes);
  assert.deepEqual(whole.virtualHosts, hostsOf(snapshot));
});

Deno.test("two virtual hosts of one name cannot both be served", () => {
  const hosts = [virtualHost("vs", [route("a", "1")]), virtualHost("other", [route("b", "2")], { name: "rc/vs" })];
  const result = applyAll(translation({ routes: [configuration(hosts)] }));
  assert.deepEqual(answers(result), ["1"]);
  assert.equal(hostsOf(result.snapshot).length, 1);
});

Deno.test("where none of a route's clusters is served, the replacement answers", () => {
  const withoutClusters = encode("envoy.config.route.v3.Route", {
    match: { prefix: "/" },
    directResponse: { status: 404 },
  });
  const piece = route("a", "served", "a", { refs: { clusters: ["a", "b"] }, withoutClusters });
  assert.deepEqual(answers(applyAll(withRoutes(piece))), [404]);
  assert.deepEqual(answers(applyAll({ ...withRoutes(piece), clusters: [cluster("b")] })), ["served"]);
});

Deno.test("nothing changed: the same snapshot sets; one route changed: only that host is another object", () => {
  const make = (body: string) =>
    translation({
      routes: [configuration([virtualHost("vs", [route("a", body)]), virtualHost("other", [route("b", "b")])])],
      clusters: [cluster("a")],
      endpoints: [assignment("a")],
    });
  const first = applyAll(make("1"));
  const again = applyAll(make("1"), make("1"));
  assert.deepEqual(again.snapshot, first.snapshot);
  const twice = applyAll(make("1"), make("1"), make("2"));
  const before = applyAll(make("1"));
  const [vs, other] = twice.snapshot.routes.get("rc")!.virtualHosts.values();
  const [vsBefore, otherBefore] = before.snapshot.routes.get("rc")!.virtualHosts.values();
  assert.notEqual(vs!.version, vsBefore!.version);
  assert.equal(other!.version, otherBefore!.version);
});
