import assert from "node:assert/strict";
import { applyHolds } from "./apply_holds.ts";
import {
  assignment,
  cluster,
  configuration,
  rejected,
  route,
  secret,
  translation,
  virtualHost,
  withRoutes,
} from "./fixtures_test.ts";

const make = (body: string) =>
  translation({
    routes: [configuration([virtualHost("vs", [route("a", body)]), virtualHost("other", [route("b", "b")])])],
    clusters: [cluster("a", { refs: { endpoints: ["a"], secrets: ["s"] } })],
    endpoints: [assignment("a")],
    secrets: [secret("s")],
  });

Deno.test("equal content keeps its identity, from whole sets down to one virtual host", () => {
  const first = applyHolds({ translation: make("1"), served: undefined, now: 1 });
  const second = applyHolds({ translation: make("1"), served: first.served, now: 2 });
  for (const sort of ["endpoints", "clusters", "routes", "listeners", "secrets"] as const) {
    assert.equal(second.snapshot[sort], first.snapshot[sort], sort);
  }
  const third = applyHolds({ translation: make("2"), served: second.served, now: 3 });
  const [before, after] = [first, third].map(({ snapshot }) => [...snapshot.routes.get("rc")!.virtualHosts.values()]);
  assert.notEqual(after![0], before![0]);
  assert.equal(after![1], before![1]);
  assert.equal(third.snapshot.clusters, first.snapshot.clusters);
});

Deno.test("what is served is plain data: a copy of it works as well", () => {
  const first = applyHolds({ translation: make("1"), served: undefined, now: 1 });
  const bad = withRoutes(rejected("a"));
  const fromCopy = applyHolds({ translation: bad, served: structuredClone(first.served), now: 2 });
  const direct = applyHolds({ translation: bad, served: first.served, now: 2 });
  assert.deepEqual(fromCopy.snapshot, direct.snapshot);
  assert.deepEqual(fromCopy.held, direct.held);
  assert.equal(fromCopy.held.length, 1);
});

Deno.test("a translation without faults goes to Envoy as it is, whatever was served before", () => {
  const fresh = applyHolds({ translation: make("2"), served: undefined, now: 9 });
  const first = applyHolds({ translation: withRoutes(route("x", "x")), served: undefined, now: 1 });
  const later = applyHolds({ translation: make("2"), served: first.served, now: 2 });
  assert.deepEqual(later.snapshot, fresh.snapshot);
  assert.deepEqual(later.held, []);
});
