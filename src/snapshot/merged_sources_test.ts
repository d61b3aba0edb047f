import assert from "node:assert/strict";
import { idOf } from "../api/mod.ts";
import type { AnyResource } from "../api/mod.ts";
import type { ResourceClient, Transaction } from "../watchers/mod.ts";
import { ApiSnapshot } from "./api_snapshot.ts";
import { MergedSources } from "./merged_sources.ts";

function upstream(name: string, from: string): AnyResource {
  return { kind: "Upstream", metadata: { name, namespace: "ns", labels: { from } }, spec: {} };
}

const client = (name: string, givesWay?: boolean) => ({ name, givesWay }) as ResourceClient;
const having = (...put: AnyResource[]): Transaction => ({ put, removed: [], reports: [] });
const without = (resource: AnyResource): Transaction => ({ put: [], removed: [idOf(resource)], reports: [] });

/** The sources, and what of each Upstream is seen: `a from files`. */
function sources(...clients: ResourceClient[]) {
  let snapshot = new ApiSnapshot(0, {});
  const merged = new MergedSources(clients, ["Upstream"], snapshot);
  const seen = (): string[] => {
    snapshot = merged.snapshot(snapshot);
    return snapshot.list("Upstream").map(({ metadata }) => `${metadata.name} from ${metadata.labels?.from}`);
  };
  return { merged, seen, codes: () => merged.reports().map(({ code }) => code) };
}

Deno.test("of two clients that have one resource the first keeps it, and the clash is told", () => {
  const { merged, seen, codes } = sources(client("files"), client("kube"));
  merged.apply(0, having(upstream("a", "files")));
  merged.apply(1, having(upstream("a", "kube")));
  assert.deepEqual([seen(), codes()], [["a from files"], ["SLUICE-1106"]]);
});

Deno.test("a client that gives way is overlaid silently, whatever the order, and seen again when the other is gone", () => {
  const { merged, seen, codes } = sources(client("found", true), client("kube"));
  merged.apply(0, having(upstream("a", "found"), upstream("b", "found")));
  assert.deepEqual(seen(), ["a from found", "b from found"]);
  merged.apply(1, having(upstream("a", "kube")));
  assert.deepEqual([seen(), codes()], [["a from kube", "b from found"], []]);
  merged.apply(0, having({ ...upstream("a", "found anew") } as AnyResource));
  assert.deepEqual([seen(), codes()], [["a from kube", "b from found"], []]);
  merged.apply(1, without(upstream("a", "kube")));
  assert.deepEqual([seen(), codes()], [["a from found anew", "b from found"], []]);
});

Deno.test("what gives way is no party to a clash of others, and of several that give way the first is seen", () => {
  const { merged, seen, codes } = sources(client("found", true), client("files"), client("kube"), client("more", true));
  merged.apply(3, having(upstream("a", "more")));
  merged.apply(0, having(upstream("a", "found")));
  assert.deepEqual([seen(), codes()], [["a from found"], []]);
  merged.apply(2, having(upstream("a", "kube")));
  merged.apply(1, having(upstream("a", "files")));
  assert.deepEqual([seen(), codes()], [["a from files"], ["SLUICE-1106"]]);
  merged.replace(1, having());
  assert.deepEqual([seen(), codes()], [["a from kube"], []]);
});
