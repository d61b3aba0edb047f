import assert from "node:assert/strict";
import {
  answers,
  applyAll,
  configuration,
  hostsOf,
  origin,
  rejected,
  route,
  standInHost,
  translation,
  virtualHost,
  withRoutes,
} from "./fixtures_test.ts";

Deno.test("a rejected route keeps its last good form, and the others go on being updated", () => {
  const result = applyAll(
    withRoutes(route("a", "a1"), route("b", "b1")),
    withRoutes(rejected("a"), route("b", "b2")),
  );
  assert.deepEqual(answers(result), ["a1", "b2"]);
});

Deno.test("without a last good form the stand-in serves, and without that nothing does", () => {
  assert.deepEqual(answers(applyAll(withRoutes(rejected("a"), route("b", "b")))), [500, "b"]);
  assert.deepEqual(answers(applyAll(withRoutes(rejected("a", "a", { bare: true }), route("b", "b")))), ["b"]);
});

Deno.test("a stand-in is no last good form", () => {
  const result = applyAll(withRoutes(rejected("a")), withRoutes(rejected("a")));
  assert.deepEqual(answers(result), [500]);
  assert.deepEqual(result.held, []);
});

Deno.test("a hold lasts over many translations, keeps its beginning, and ends with the mended route", () => {
  const bad = withRoutes(rejected("a", "routes[0]"));
  const good = withRoutes(route("a", "a1", "routes[0]"));
  const result = applyAll(good, bad, bad, bad);
  assert.deepEqual(answers(result), ["a1"]);
  assert.deepEqual(result.held, [{ origin: origin("routes[0]"), what: "route", since: 2000 }]);
  const mended = applyAll(good, bad, withRoutes(route("a", "a2", "routes[0]")));
  assert.deepEqual(answers(mended), ["a2"]);
  assert.deepEqual(mended.held, []);
  assert.deepEqual(mended.served.since, {});
});

Deno.test("where Settings want replacement the stand-in serves even if a last good form is known", () => {
  const result = applyAll(withRoutes(route("a", "a1")), withRoutes(rejected("a", "a", { replace: true })));
  assert.deepEqual(answers(result), [500]);
  assert.deepEqual(result.held, []);
});

Deno.test("a delegating route that became faulty keeps the routes that it led to, in their order", () => {
  const before = withRoutes(route("k>x", "x"), route("other", "o"), route("k>y>z", "z"), route("kk>no", "no"));
  const bad = withRoutes(rejected("k"), route("other", "o2"));
  assert.deepEqual(answers(applyAll(before, bad)), ["x", "z", "o2"]);
  assert.deepEqual(answers(applyAll(before, bad, bad)), ["x", "z", "o2"]);
});

Deno.test("a matcher edited into a bad one: the route at that place goes on, also when it moves later", () => {
  const before = withRoutes(route("one", "1", "routes[0]"), route("two", "2", "routes[1]"));
  const bad = withRoutes(route("one", "1", "routes[0]"), rejected("broken", "routes[1]", { bare: true }));
  assert.deepEqual(answers(applyAll(before, bad)), ["1", "2"]);
  const moved = withRoutes(
    route("new", "n", "routes[0]"),
    route("one", "1", "routes[1]"),
    rejected("broken", "routes[2]", { bare: true }),
  );
  assert.deepEqual(answers(applyAll(before, bad, moved)), ["n", "1", "2"]);
});

Deno.test("a new bad route does not take the form of the one that it pushed away", () => {
  const before = withRoutes(route("one", "1", "routes[0]"));
  const bad = withRoutes(rejected("new", "routes[0]"), route("one", "1", "routes[1]"));
  assert.deepEqual(answers(applyAll(before, bad)), [500, "1"]);
});

Deno.test("one served form stands in for one rejected piece only", () => {
  const before = withRoutes(route("k", "1", "routes[0]"));
  const bad = withRoutes(rejected("l|m0", "routes[0]"), rejected("l|m1", "routes[0]"));
  assert.deepEqual(answers(applyAll(before, bad)), ["1", 500]);
});

Deno.test("a virtual host with bad options keeps its frame; its routes and domains go on", () => {
  const hosts = (rest: object, ...routes: ReturnType<typeof route>[]) =>
    translation({ routes: [configuration([virtualHost("vs", routes, rest)])] });
  const bad = { rejected: "hold" as const, bytes: standInHost("rc/vs"), domains: ["new.test"] };
  const result = applyAll(hosts({}, route("a", "a1")), hosts(bad, route("a", "a2")));
  assert.deepEqual(answers(result), ["a2"]);
  assert.deepEqual(hostsOf(result.snapshot)[0]!.domains, ["new.test"]);
  assert.deepEqual(result.held.map(({ what }) => what), ["virtual host"]);
  const never = applyAll(hosts(bad, route("a", "a1")));
  assert.deepEqual(answers(never), [500]);
  assert.deepEqual(hostsOf(never.snapshot)[0]!.domains, ["new.test"]);
});

Deno.test("a host that is held with old domains does not share one with a host that has it now", () => {
  const bad = { rejected: "hold" as const, bytes: undefined, domains: [] };
  const result = applyAll(
    translation({
      routes: [configuration([virtualHost("a", [route("x", "a")], { domains: ["one.test", "two.test"] })])],
    }),
    translation({
      routes: [configuration([
        virtualHost("a", [route("x", "a")], bad),
        virtualHost("b", [route("y", "b")], { domains: ["ONE.test"] }),
      ])],
    }),
  );
  assert.deepEqual(hostsOf(result.snapshot).map(({ domains }) => domains), [["two.test"], ["ONE.test"]]);
});

Deno.test("the frame of a route configuration is held", () => {
  const frame = (rest: object) =>
    translation({ routes: [configuration([virtualHost("vs", [route("a", "a")])], rest)] });
  const good = frame({ bytes: new Uint8Array([0x0a, 2, 0x72, 0x63, 0x4a, 0]) });
  const result = applyAll(good, frame({ rejected: "hold" }));
  assert.deepEqual(result.snapshot.routes.get("rc")!.frame, good.routes[0]!.bytes);
  assert.deepEqual(result.held.map(({ what }) => what), ["route configuration"]);
});

Deno.test("a route is found again where the name of its route configuration changed with a matcher", () => {
  const named = (name: string, piece: ReturnType<typeof route>) => ({
    ...translation({ routes: [configuration([virtualHost("vs", [piece], { name: `${name}/vs` })], { name })] }),
  });
  const result = applyAll(named("rc", route("a", "a1")), {
    ...named("rc", rejected("a")),
    routes: named("rc", rejected("a")).routes,
  });
  assert.deepEqual(answers(result), ["a1"]);
  const renamed = configuration([virtualHost("vs", [rejected("a")], { name: "rc2/vs" })], { name: "rc2" });
  const moved = applyAll(named("rc", route("a", "a1")), { ...translation({}), routes: [renamed] });
  assert.equal(moved.served.pieces.routes[0]!.virtualHosts[0]!.routes[0]!.rejected, undefined);
});
