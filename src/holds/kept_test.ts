import assert from "node:assert/strict";
import { Incremental } from "../incremental/mod.ts";
import type { ProxyTranslation } from "../translator/mod.ts";
import { applyHoldsInSlices, type HoldsResult } from "./apply_holds.ts";
import {
  answers,
  applyAll,
  chain,
  cluster,
  configuration,
  listener,
  rejected,
  route,
  standInHost,
  translation,
  virtualHost,
  withRoutes,
} from "./fixtures_test.ts";

/** Applies translations one after the other with what is remembered; gives all results and how often each table made one. */
function remembering(...translations: readonly ProxyTranslation[]) {
  const incremental = new Incremental();
  const nothing = { get: () => undefined, select: () => [], changesSince: () => new Map() };
  const results: HoldsResult[] = [];
  for (const next of translations) {
    const revision = incremental.begin(nothing);
    const work = applyHoldsInSlices({ translation: next, served: results.at(-1)?.served, now: 1, revision });
    for (let step = work.next();; step = work.next()) {
      if (!step.done) continue;
      results.push(step.value);
      break;
    }
    revision.finish();
  }
  return { results, counts: incremental.counts() };
}

const hosts = ({ snapshot }: HoldsResult) => [...snapshot.routes.get("rc")!.virtualHosts.values()];

Deno.test("the resource of a piece that stays is the same object wherever the piece stands", () => {
  const [one, two] = [virtualHost("one", [route("a", "a")]), virtualHost("two", [route("b", "b")])];
  const of = (...virtualHosts: typeof one[]) => translation({ routes: [configuration(virtualHosts)] });
  const edited = virtualHost("one", [route("a", "new")]);
  const { results } = remembering(of(one, two), of(edited, two), of(virtualHost("new", []), edited, two), of(two));
  const [first, second, third, fourth] = results.map(hosts);
  assert.notEqual(second![0], first![0]);
  assert.equal(second![1], first![1]);
  assert.deepEqual(third!.slice(1), second);
  assert.equal(third![2], second![1]);
  assert.deepEqual(fourth!.map(({ name }) => name), ["rc/two"]);
  assert.equal(fourth![0], first![1]);
});

Deno.test("what is held for long stays the same objects while others edit", () => {
  const cert = (key: string) => chain(key, key, { match: { serverNames: [`${key}.test`] } });
  const badCert = { ...cert("b"), rejected: "hold" as const, bytes: undefined };
  const badHost = virtualHost("whole", [route("r", "r")], { rejected: "hold", bytes: standInHost("rc/whole") });
  const good = translation({
    routes: [configuration([
      virtualHost("vs", [route("a", "a"), route("b", "b")]),
      virtualHost("whole", [route("r", "r")]),
      virtualHost("other", []),
    ])],
    listeners: [listener([cert("a"), cert("b")])],
    clusters: [cluster("c")],
  });
  const [vs, whole, listeners] = [
    virtualHost("vs", [route("a", "a"), rejected("b")]),
    badHost,
    [listener([cert("a"), badCert])],
  ];
  const clusters = [{ ...cluster("c"), rejected: "hold" as const, bytes: undefined }];
  const faulty = (body: string) =>
    translation({
      routes: [configuration([vs, whole, virtualHost("other", [route("o", body)])])],
      listeners,
      clusters,
    });
  const { results, counts } = remembering(good, faulty("1"), faulty("2"), faulty("3"), faulty("4"));
  const [, , second, third] = results;
  assert.equal(third!.held.length, 4);
  assert.deepEqual(third!.held, second!.held);
  const [before, after] = [second!, third!].map(({ served }) => served.pieces);
  assert.deepEqual(after!.routes[0]!.virtualHosts.map((host, i) => host === before!.routes[0]!.virtualHosts[i]), [
    true,
    true,
    false,
  ]);
  assert.equal(after!.listeners[0], before!.listeners[0]);
  assert.equal(after!.clusters[0], before!.clusters[0]);
  assert.equal(third!.snapshot.listeners, second!.snapshot.listeners);
  assert.deepEqual(hosts(third!).slice(0, 2), hosts(second!).slice(0, 2));
  // Once with the good form, once with the held one; then it is known.
  assert.equal(counts.get("heldListener")!.made, 2);
});

Deno.test("a route configuration is joined anew where it was not served before, though its pieces are the same", () => {
  const routes = [configuration([virtualHost("vs", [route("a", "a")])])];
  const [last] = remembering(translation({ routes, listeners: [] }), translation({ routes })).results.slice(-1);
  assert.deepEqual(answers(last!), ["a"]);
});

Deno.test("the answer for no virtual hosts goes when there are some", () => {
  const nothing = virtualHost("vs", [], { rejected: "hold", bytes: undefined, domains: [] });
  const result = applyAll(translation({ routes: [configuration([nothing])] }), withRoutes(route("a", "a")));
  assert.deepEqual(hosts(result).map(({ name }) => name), ["rc/vs"]);
});
