import assert from "node:assert/strict";
import { done, upstream, Upstreams } from "./fixtures_test.ts";
import { fromNothing, Incremental, type Revision } from "./mod.ts";

const [a, b] = [upstream("a"), upstream("b")];
const ref = (name: string) => ({ namespace: "n", name });

/** Runs `work` in the next revision. */
function next<T>(incremental: Incremental, configuration: Upstreams, work: (revision: Revision) => T): T {
  const revision = incremental.begin(configuration);
  const result = work(revision);
  revision.finish();
  return result;
}

/** Names found, through a table; a new object whenever it is made. */
const named = (name: string) => ({ lookup, table }: Revision) =>
  table<string, { found: string | undefined }>("names").recall(name, [], () => ({
    found: lookup.get("Upstream", ref(name))?.metadata.name,
  }));

Deno.test("a result is the same object until a look-up gives another answer", () => {
  const incremental = new Incremental();
  const first = next(incremental, new Upstreams(a, b), named("a"));
  assert.equal(next(incremental, new Upstreams(a, b), named("a")), first);
  assert.equal(next(incremental, new Upstreams(a, upstream("b")), named("a")), first, "b is nothing to it");
  const second = next(incremental, new Upstreams(upstream("a"), b), named("a"));
  assert.notEqual(second, first, "another object under the name");
  assert.deepEqual(next(incremental, new Upstreams(b), named("a")), { found: undefined }, "it is gone");
  assert.deepEqual(incremental.counts().get("names"), { made: 3, reused: 2 });
});

Deno.test("what was looked for and not there counts: it comes, and the result is made again", () => {
  const incremental = new Incremental();
  assert.deepEqual(next(incremental, new Upstreams(b), named("a")), { found: undefined });
  assert.deepEqual(next(incremental, new Upstreams(a, b), named("a")), { found: "a" });
});

Deno.test("a selection counts by what is in it before or after, not by what is elsewhere", () => {
  const incremental = new Incremental();
  const red = ({ lookup, table }: Revision) =>
    table<string, string[]>("red").recall(
      "",
      [],
      () => lookup.select("Upstream", { labels: { color: "red" } }).map(({ metadata }) => metadata.name),
    );
  const first = next(incremental, new Upstreams(a, b), red);
  assert.deepEqual(first, []);
  assert.equal(next(incremental, new Upstreams(upstream("a"), b), red), first, "neither form is red");
  assert.deepEqual(next(incremental, new Upstreams(upstream("a", { color: "red" }), b), red), ["a"], "it became red");
  assert.deepEqual(next(incremental, new Upstreams(upstream("a", { color: "blue" }), b), red), [], "it was red");
});

Deno.test("inputs count by identity, or as the caller says", () => {
  const incremental = new Incremental();
  const ask = (input: object, same?: (x: { v: number }, y: { v: number }) => boolean) => ({ table }: Revision) =>
    table<string, object>("t").recall("", [input], () => ({}), same);
  const nothing = new Upstreams();
  const input = { v: 1 };
  const first = next(incremental, nothing, ask(input));
  assert.equal(next(incremental, nothing, ask(input)), first);
  const second = next(incremental, nothing, ask({ v: 1 }));
  assert.notEqual(second, first);
  assert.equal(next(incremental, nothing, ask({ v: 1 }, (x, y) => x.v === y.v)), second);
  assert.notEqual(next(incremental, nothing, ask({ v: 2 }, (x, y) => x.v === y.v)), second);
});

Deno.test("a result rests on what its parts looked up, also where a part was given again", () => {
  const incremental = new Incremental();
  const both = (revision: Revision) =>
    revision.table<string, string>("both").recall(
      "",
      [],
      () => `${named("a")(revision).found} ${named("b")(revision).found}`,
    );
  assert.equal(next(incremental, new Upstreams(a, b), both), "a b");
  assert.equal(next(incremental, new Upstreams(a), both), "a undefined", "b is gone, a's part is given again");
  assert.equal(next(incremental, new Upstreams(), both), "undefined undefined", "a is gone, too");
  assert.deepEqual(incremental.counts().get("names"), { made: 4, reused: 2 });
});

Deno.test("a part lives on while the whole is given again, and is there when another part changes", () => {
  const incremental = new Incremental();
  const both = (revision: Revision) =>
    revision.table<string, object[]>("both").recall("", [], () => [named("a")(revision), named("b")(revision)]);
  const [partA] = next(incremental, new Upstreams(a, b), both);
  for (let i = 0; i < 3; i++) next(incremental, new Upstreams(a, b), both);
  const after = next(incremental, new Upstreams(a, upstream("b")), both);
  assert.equal(after[0], partA);
});

Deno.test("what revisions do not ask for is forgotten once there is much else", () => {
  const incremental = new Incremental();
  const first = next(incremental, new Upstreams(a), named("a"));
  next(incremental, new Upstreams(a), () => {});
  assert.equal(next(incremental, new Upstreams(a), named("a")), first, "a moment later it is still known");
  next(incremental, new Upstreams(a), (revision) => {
    for (let n = 0; n < 2000; n++) named(`x${n}`)(revision);
  });
  assert.notEqual(next(incremental, new Upstreams(a), named("a")), first);
});

Deno.test("what was not asked for while its look-ups changed is not believed afterwards", () => {
  const incremental = new Incremental();
  assert.deepEqual(next(incremental, new Upstreams(a), named("a")), { found: "a" });
  next(incremental, new Upstreams(), () => {});
  next(incremental, new Upstreams(b), () => {});
  assert.deepEqual(next(incremental, new Upstreams(b), named("a")), { found: undefined });
});

Deno.test("after a revision that was not finished nothing is believed", () => {
  const incremental = new Incremental();
  const first = next(incremental, new Upstreams(a), named("a"));
  incremental.begin(new Upstreams(upstream("a")));
  const again = next(incremental, new Upstreams(a), named("a"));
  assert.notEqual(again, first);
});

Deno.test("one key with other inputs in one revision is made for each; the last is remembered", () => {
  const incremental = new Incremental();
  const ask = (input: number) => ({ table }: Revision) =>
    table<string, number[]>("t").recall("", [input], () => [input]);
  next(incremental, new Upstreams(), (revision) => {
    assert.deepEqual([ask(1)(revision), ask(2)(revision)], [[1], [2]]);
  });
  next(incremental, new Upstreams(), (revision) => assert.deepEqual(ask(2)(revision), [2]));
  assert.deepEqual(incremental.counts().get("t"), { made: 2, reused: 1 });
});

Deno.test("questions that nobody asks any more are dropped, those of living results are kept", () => {
  const incremental = new Incremental();
  const standing = next(incremental, new Upstreams(a), named("a"));
  for (let i = 0; i < 5; i++) {
    // Far more questions than are kept without a look at them.
    next(incremental, new Upstreams(a), (revision) => {
      assert.equal(named("a")(revision), standing);
      for (let n = 0; n < 1000; n++) named(`x${i}-${n}`)(revision);
    });
  }
  assert.ok(incremental.questions < 4000, `${incremental.questions} questions`);
  assert.deepEqual(next(incremental, new Upstreams(), named("a")), { found: undefined }, "its question was kept");
});

Deno.test("the questions of a part are kept though another took its key, while a whole rests on it", () => {
  const incremental = new Incremental();
  const whole = (key: string, name: string) => (revision: Revision) =>
    revision.table<string, { found: string | undefined }>("wholes").recall(key, [], () => {
      const { lookup } = revision;
      return revision.table<string, { found: string | undefined }>("parts").recall("shared key", [name], () => ({
        found: lookup.get("Upstream", ref(name))?.metadata.name,
      }));
    });
  const ask = (revision: Revision) => [whole("1", "a")(revision).found, whole("2", "b")(revision).found];
  assert.deepEqual(next(incremental, new Upstreams(a, b), ask), ["a", "b"]);
  next(incremental, new Upstreams(a, b), (revision) => {
    ask(revision);
    for (let n = 0; n < 2000; n++) named(`x${n}`)(revision);
  });
  assert.deepEqual(next(incremental, new Upstreams(b), ask), [undefined, "b"]);
});

Deno.test("a result that is made in slices is remembered as any other; one that fails is not", () => {
  const incremental = new Incremental();
  const sliced = ({ lookup, table }: Revision) => {
    return done(
      table<string, object>("t").recallInSlices("", [], function* () {
        yield;
        return { found: lookup.get("Upstream", ref("a")) };
      }),
    );
  };
  const first = next(incremental, new Upstreams(a), sliced);
  assert.equal(next(incremental, new Upstreams(a), sliced), first);
  assert.deepEqual(next(incremental, new Upstreams(), sliced), { found: undefined });
  const fails = ({ table }: Revision) =>
    table<string, object>("u").recall("", [], () => {
      throw new Error("no");
    });
  assert.throws(() => next(incremental, new Upstreams(a), fails), /no/);
});

Deno.test("from nothing there is only what is asked", () => {
  assert.deepEqual(named("a")(fromNothing(new Upstreams(a))), { found: "a" });
});
