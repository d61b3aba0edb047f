import assert from "node:assert/strict";
import { done, upstream, Upstreams } from "./fixtures_test.ts";
import { Incremental, type Revision } from "./mod.ts";

const ref = (name: string) => ({ namespace: "n", name });
const [a, b] = [upstream("a"), upstream("b")];
const other = upstream("a");

/** Each Upstream of these names through a table, and all of them as a list. */
function work({ lookup, table }: Revision, list: readonly object[] = NAMES) {
  const made: string[] = [];
  const one = (name: string) =>
    table<string, object>("one").recall(name, [], () => {
      made.push(name);
      return { found: lookup.get("Upstream", ref(name)) };
    });
  const each = table<string, object>("each").recallEach("all", { items: list }, [], function* (i) {
    yield;
    return one((list[i] as { name: string }).name);
  });
  return { results: [one("a"), one("b")], all: done(each), made };
}

const NAMES = [{ name: "a" }, { name: "b" }];

/** A store after one revision of these two. */
function bench() {
  const incremental = new Incremental();
  const first = incremental.begin(new Upstreams(a, b));
  const before = work(first);
  first.finish();
  const next = (...upstreams: ReturnType<typeof upstream>[]) => {
    const revision = incremental.begin(new Upstreams(...upstreams));
    const result = work(revision);
    revision.finish();
    return result;
  };
  return { incremental, before, next };
}

Deno.test("trial: what did not change is as it was, what did is made; dropped, it leaves no trace", () => {
  const { incremental, before, next } = bench();
  const counts = incremental.counts();
  const trial = incremental.try(new Upstreams(other, b))!;
  const tried = work(trial);
  assert.deepEqual(tried.made, ["a"]);
  assert.deepEqual(tried.results[0], { found: other });
  assert.equal(tried.results[1], before.results[1], "b is the very same");
  trial.drop();
  assert.deepEqual(incremental.counts(), counts);
  const after = next(a, b);
  assert.deepEqual([after.made, after.all], [[], before.all]);
  assert.equal(after.all, before.all, "the list too");
  assert.deepEqual(next(other, b).made, ["a"], "what was tried is not remembered");
});

Deno.test("trial: the revision after it makes what it would have made without it", () => {
  const revisions = [[a, b], [a, upstream("b")], [other, b], [upstream("a"), b], [b], [a], [
    upstream("a"),
    upstream("b"),
  ]];
  for (const upstreams of revisions) {
    const [plain, tried] = [bench(), bench()];
    const trial = tried.incremental.try(new Upstreams(other, b))!;
    work(trial);
    trial.drop();
    assert.deepEqual(tried.next(...upstreams), plain.next(...upstreams));
  }
});

Deno.test("trial: a revision undoes what was tried and goes on from the one before; the trial is over", () => {
  const { incremental, before, next } = bench();
  const kept = incremental.try(new Upstreams(other, b))!;
  work(kept);
  kept.finish();
  const unfinished = incremental.try(new Upstreams(b))!;
  work(unfinished);
  assert.deepEqual([kept.isLive, unfinished.isLive], [true, true]);
  const after = next(a, b);
  assert.deepEqual([after.made, kept.isLive, unfinished.isLive], [[], false, false]);
  assert.equal(after.all, before.all);
  unfinished.finish();
  unfinished.drop();
  assert.deepEqual(next(a, b).made, [], "what is over undoes nothing");
});

Deno.test("trial: one that is finished is the ground of the next; dropping it undoes both", () => {
  const { incremental, next } = bench();
  const first = incremental.try(new Upstreams(other, b))!;
  work(first);
  first.finish();
  const second = incremental.try(new Upstreams(other, upstream("b")))!;
  assert.deepEqual(work(second).made, ["b"], "a was tried before");
  second.drop();
  const third = incremental.try(new Upstreams(other, b))!;
  assert.deepEqual(work(third).made, []);
  third.finish();
  first.drop();
  assert.deepEqual([first.isLive, third.isLive], [false, false]);
  assert.deepEqual(work(incremental.try(new Upstreams(a, b))!).made, []);
  assert.deepEqual(next(a, b).made, []);
});

Deno.test("trial: one that was left in its midst is dropped when another begins, and leaves nothing half done", () => {
  const { incremental, before } = bench();
  const left = incremental.try(new Upstreams(other, b))!;
  const half = left.table<string, object>("one").recallInSlices("a", [1], function* () {
    yield;
    return {};
  });
  half.next();
  const next = incremental.try(new Upstreams(a, b))!;
  assert.equal(left.isLive, false);
  assert.equal(work(next).all, before.all);
});

Deno.test("trial: none while a revision is under way or before the first; settled() tells when", async () => {
  const incremental = new Incremental();
  assert.equal(incremental.try(new Upstreams(a)), undefined);
  let settled = 0;
  const count = () => void settled++;
  const waiting = incremental.settled().then(count);
  const unfinished = incremental.begin(new Upstreams(a));
  assert.equal(incremental.try(new Upstreams(a)), undefined);
  await Promise.resolve();
  assert.equal(settled, 0);
  const revision = incremental.begin(new Upstreams(b));
  void unfinished;
  revision.finish();
  await waiting;
  await incremental.settled().then(count);
  assert.equal(settled, 2);
  assert.ok(incremental.try(new Upstreams(b)));
});

Deno.test("trial: questions that only a trial asked, and marks that it made, make nothing again later", () => {
  const { incremental, next } = bench();
  const trial = incremental.try(new Upstreams(other))!;
  trial.table<string, unknown>("asks").recall("c", [], () => trial.lookup.get("Upstream", ref("c")));
  work(trial);
  trial.drop();
  assert.deepEqual(next(a, b).made, []);
  assert.deepEqual(next(a, b, upstream("c")).made, []);
});
