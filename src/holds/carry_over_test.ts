import assert from "node:assert/strict";
import {
  applyAll,
  assignment,
  chain,
  cluster,
  configuration,
  listener,
  rejected,
  route,
  secret,
  translation,
  virtualHost,
  withRoutes,
} from "./fixtures_test.ts";

const toA = () => route("r", "x", "r", { refs: { clusters: ["a"] } });

Deno.test("a held route keeps its cluster, with endpoints and secrets, though the translation lacks them now", () => {
  const before = {
    ...withRoutes(toA()),
    clusters: [cluster("a", { refs: { endpoints: ["a"], secrets: ["s"] } }), cluster("b")],
    endpoints: [assignment("a"), assignment("b")],
    secrets: [secret("s")],
  };
  const { snapshot } = applyAll(before, withRoutes(rejected("r")), withRoutes(rejected("r")));
  assert.deepEqual([...snapshot.clusters.keys()], ["a"]);
  assert.deepEqual([...snapshot.endpoints.keys()], ["a"]);
  assert.equal(snapshot.endpoints.get("a")!.version, assignment("a").version);
  assert.deepEqual([...snapshot.secrets.keys()], ["s"]);
});

Deno.test("a route that is not held brings nothing back: its cluster was removed on purpose", () => {
  const before = { ...withRoutes(toA()), clusters: [cluster("a")], endpoints: [assignment("a")] };
  assert.equal(applyAll(before, withRoutes(toA())).snapshot.clusters.size, 0);
});

Deno.test("what there is now is used by held pieces too", () => {
  const before = { ...withRoutes(toA()), clusters: [cluster("a")], endpoints: [assignment("a")] };
  const changed = cluster("a", { refs: {} });
  const { snapshot } = applyAll(before, { ...withRoutes(rejected("r")), clusters: [changed] });
  assert.deepEqual(snapshot.clusters.get("a")!.refs, {});
});

Deno.test("a rejected cluster is held with its endpoints; one that was never served is left out", () => {
  const good = { ...withRoutes(toA()), clusters: [cluster("a")], endpoints: [assignment("a")] };
  const bad = { ...withRoutes(toA()), clusters: [cluster("a", { rejected: "hold", bytes: undefined, refs: {} })] };
  const result = applyAll(good, bad, bad);
  assert.deepEqual(result.snapshot.clusters.get("a")!.bytes, cluster("a").bytes);
  assert.equal(result.snapshot.endpoints.get("a")!.version, assignment("a").version);
  assert.deepEqual(result.held.map(({ what, since }) => [what, since]), [["cluster", 2000]]);
  assert.equal(applyAll(bad).snapshot.clusters.size, 0);
});

Deno.test("a held filter chain keeps its secret and its route configuration with the clusters of that", () => {
  const routes = [configuration([virtualHost("vs", [toA()])])];
  const before = translation({
    listeners: [listener([chain("c", "x", { refs: { routes: ["rc"], secrets: ["s"] } })])],
    routes,
    clusters: [cluster("a")],
    endpoints: [assignment("a")],
    secrets: [secret("s")],
  });
  const bad = translation({ listeners: [listener([chain("c", "", { rejected: "hold", bytes: undefined })])] });
  const { snapshot } = applyAll(before, bad);
  assert.deepEqual([...snapshot.secrets.keys()], ["s"]);
  assert.deepEqual([...snapshot.routes.keys()], ["rc"]);
  assert.deepEqual([...snapshot.routes.get("rc")!.virtualHosts.keys()], ["rc/vs"]);
  assert.deepEqual([...snapshot.clusters.keys()], ["a"]);
});
