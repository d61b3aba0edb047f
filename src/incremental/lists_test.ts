import assert from "node:assert/strict";
import { done, upstream, Upstreams } from "./fixtures_test.ts";
import { Incremental, type Revision, type Same } from "./mod.ts";

interface Item {
  readonly name: string;
}

const item = (name: string): Item => ({ name });
const items = (count: number): Item[] => Array.from({ length: count }, (_, i) => item(`${i}`));

/** A configuration of these Upstreams, which are the same objects in all configurations. */
const having = (...names: readonly string[]): Upstreams => new Upstreams(...names.map(known));
const all = new Map<string, ReturnType<typeof upstream>>();
const known = (name: string) => all.get(name) ?? all.set(name, upstream(name)).get(name)!;

const NOTHING = having();

/** A store whose function tells which items it was called for. */
class Bench {
  readonly incremental = new Incremental();
  made: string[] = [];

  /** What one revision gives for these. The result of an item has the Upstream of its name, if there is one. */
  each(
    list: readonly Item[],
    { configuration = NOTHING, beside, inputs = [], same }: {
      configuration?: Upstreams;
      beside?: readonly unknown[];
      inputs?: readonly unknown[];
      same?: Same;
    } = {},
  ) {
    this.made = [];
    return this.revise(configuration, ({ table, lookup }) => {
      const make = function* (this: Bench, index: number) {
        yield;
        const { name } = list[index]!;
        this.made.push(name);
        const found = lookup.get("Upstream", { name, namespace: "n" });
        return { text: [name, ...(beside ? [beside[index]] : []), ...inputs].join(" "), found: found?.metadata.name };
      }.bind(this);
      return done(table<string, object>("each").recallEach("key", { items: list, beside }, inputs, make, same));
    }) as readonly { text: string; found: string | undefined }[];
  }

  revise<T>(configuration: Upstreams, work: (revision: Revision) => T): T {
    const revision = this.incremental.begin(configuration);
    const result = work(revision);
    revision.finish();
    return result;
  }
}

const texts = (results: readonly { text: string }[]) => results.map(({ text }) => text);

Deno.test("each: the same list for the same items, and for other lists of the same items", () => {
  const bench = new Bench();
  const list = items(3);
  const first = bench.each(list);
  assert.deepEqual([texts(first), bench.made], [["0", "1", "2"], ["0", "1", "2"]]);
  assert.equal(bench.each(list), first);
  assert.equal(bench.each([...list]), first);
  assert.deepEqual(bench.made, []);
});

Deno.test("each: an item in the place of another is made, and all others are the objects that they were", () => {
  const bench = new Bench();
  const list = items(600);
  const first = bench.each(list);
  const second = bench.each(list.with(300, item("new")));
  assert.deepEqual(bench.made, ["new"]);
  assert.notEqual(second, first);
  second.forEach((result, i) => i === 300 ? assert.equal(result.text, "new") : assert.equal(result, first[i]));
  assert.equal(first[300]!.text, "300", "the list of before is as it was");
});

Deno.test("each: items that move, come and go keep their results", () => {
  const bench = new Bench();
  const [a, b, c, d] = items(4) as [Item, Item, Item, Item];
  const first = bench.each([a, b, c, d]);
  const swapped = bench.each([a, c, b, d]);
  assert.deepEqual(swapped, [first[0], first[2], first[1], first[3]]);
  const e = item("e");
  assert.deepEqual(texts(bench.each([e, a, c, d])), ["e", "0", "2", "3"]);
  assert.deepEqual(bench.made, ["e"]);
  assert.deepEqual(texts(bench.each([a, d])), ["0", "3"]);
  assert.deepEqual(bench.made, []);
  assert.deepEqual(texts(bench.each([])), []);
  assert.deepEqual(texts(bench.each([b])), ["1"]);
  assert.deepEqual(bench.made, ["1"], "what went was forgotten");
});

Deno.test("each: the list is the same where what is made anew is the object that it was", () => {
  const incremental = new Incremental();
  const result = {};
  const ask = (list: readonly Item[]) => {
    const revision = incremental.begin(NOTHING);
    const make = function* () {
      yield;
      return result;
    };
    const results = done(revision.table<string, object>("").recallEach("", { items: list }, [], make));
    revision.finish();
    return results;
  };
  assert.equal(ask(items(2)), ask(items(2)));
});

Deno.test("each: a look-up that gives another answer makes those again that made it", () => {
  const bench = new Bench();
  const list = items(3);
  const first = bench.each(list, { configuration: having("1") });
  assert.deepEqual(first.map(({ found }) => found), [undefined, "1", undefined]);
  const second = bench.each(list, { configuration: having("1", "2") });
  assert.deepEqual([bench.made, second.map(({ found }) => found)], [["2"], [undefined, "1", "2"]]);
  assert.deepEqual([second[0], second[1]], [first[0], first[1]]);
  bench.each(list, { configuration: having("1", "2", "other") });
  assert.deepEqual(bench.made, []);
  const edited = bench.each(list.with(0, item("other")), { configuration: having("2", "other") });
  assert.deepEqual([bench.made, edited.map(({ found }) => found)], [["other", "1"], ["other", undefined, "2"]]);
});

Deno.test("each: what changed while nobody asked counts when somebody does", () => {
  const bench = new Bench();
  const list = items(2);
  bench.each(list, { configuration: having("1") });
  bench.revise(NOTHING, () => {});
  bench.revise(having("other"), () => {});
  assert.deepEqual(bench.each(list, { configuration: having("other") })[1]!.found, undefined);
  assert.deepEqual(bench.made, ["1"]);
});

Deno.test("each: what stands beside an item, and inputs of all, count; by identity or as the caller says", () => {
  const bench = new Bench();
  const list = items(3);
  bench.each(list, { beside: ["x", "y", "z"] });
  assert.deepEqual(texts(bench.each(list, { beside: ["x", "Y", "z"] })), ["0 x", "1 Y", "2 z"]);
  assert.deepEqual(bench.made, ["1"]);
  const same: Same = (before: string, now: string) => before.toLowerCase() === now.toLowerCase();
  assert.deepEqual(texts(bench.each(list, { beside: ["X", "Y", "new"], same })), ["0 x", "1 Y", "2 new"]);
  assert.deepEqual(bench.made, ["2"]);
  bench.each([list[1]!, list[0]!, list[2]!], { beside: ["Y", "X", "new"] });
  assert.deepEqual(bench.made, [], "moved along with what stands beside");
  bench.each(list, { inputs: [1] });
  assert.deepEqual(bench.made, ["0", "1", "2"]);
});

Deno.test("each: what parts of results looked up counts too, however long they were left alone", () => {
  const incremental = new Incremental();
  const [one, two] = items(2) as [Item, Item];
  let calls = 0;
  const ask = (configuration: Upstreams) => {
    const revision = incremental.begin(configuration);
    const { table, lookup } = revision;
    const part = (name: string) =>
      table<string, { found: boolean }>("part").recall(name, [], () => {
        calls++;
        return { found: lookup.get("Upstream", { name, namespace: "n" }) !== undefined };
      });
    const whole = function* (index: number) {
      yield;
      return [part([one, two][index]!.name)];
    };
    const results = done(table<string, object>("whole").recallEach("", { items: [one, two] }, [], whole));
    revision.finish();
    return results;
  };
  assert.deepEqual(ask(NOTHING), [[{ found: false }], [{ found: false }]]);
  for (let i = 0; i < 5; i++) ask(NOTHING);
  assert.deepEqual(ask(having("1")), [[{ found: false }], [{ found: true }]]);
  assert.equal(calls, 3);
});

Deno.test("flatMap: chunks in which nothing changed are not asked for, and an equal list is the same", () => {
  const bench = new Bench();
  let asked = 0;
  const names = (list: readonly Item[]) => {
    asked = 0;
    return bench.revise(NOTHING, ({ table }) =>
      table<string, Item>("flat").flatMap("key", list, (one) => {
        asked++;
        return one.name.startsWith("no") ? [] : [one];
      }));
  };
  const list = items(1000);
  const first = names(list);
  assert.deepEqual([first, asked], [list, 1000]);
  assert.equal(names(list), first);
  assert.equal(asked, 0);
  const replaced = list.with(500, item("new")).with(501, item("newer"));
  assert.deepEqual(names(replaced), replaced);
  assert.ok(asked > 0 && asked <= 128, `${asked}`);
  const without = names(list.with(0, item("no 1")).with(999, item("no 2")));
  assert.deepEqual(without, list.slice(1, 999));
  assert.equal(names(list.with(0, item("no 3")).with(999, item("no 4"))), without, "others that give nothing");
  assert.equal(names([item("no 5"), ...list.slice(1, 999)]), without, "a shorter list that gives the same");
  assert.deepEqual(names([]), []);
});
