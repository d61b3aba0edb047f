import assert from "node:assert/strict";
import { Search, type Suspect } from "./search.ts";

interface Thing extends Suspect {
  readonly name: string;
  readonly parent?: Thing;
  readonly within?: readonly Thing[];
}

const things = (count: number): Thing[] => Array.from({ length: count }, (_, i) => ({ name: String(i) }));

/** Lets a client that refuses `bad` answer until the search is over; gives how often it was asked. */
function play(search: Search<Thing>, all: readonly Thing[], isBad: (shown: ReadonlySet<Thing>) => boolean): number {
  let tries = 0;
  for (; !search.done; tries++) {
    const hidden = new Set([...search.back, ...search.guilty]);
    search.answered(!isBad(new Set(all.filter((thing) => !hidden.has(thing)))));
    assert.ok(tries < 10_000, "the search ends");
  }
  return tries;
}

Deno.test("those that are refused are found, in about log2(n) tries each", () => {
  let seed = 1;
  const random = (below: number) => (seed = seed * 1103515245 + 12345 & 0x7fffffff) % below;
  for (let round = 0; round < 300; round++) {
    const all = things(1 + random(200));
    const bad = new Set(all.filter(() => random(all.length) < 3));
    bad.add(all[random(all.length)]!);
    const search = new Search(all);
    const tries = play(search, all, (shown) => shown.values().some((thing) => bad.has(thing)));
    assert.deepEqual(new Set(search.guilty), bad);
    assert.ok(tries <= bad.size * (Math.ceil(Math.log2(all.length)) + 2), `${tries} for ${bad.size} of ${all.length}`);
  }
});

Deno.test("where one is likely, one try is enough", () => {
  const all = things(1000);
  const search = new Search(all, ({ name }) => name === "500");
  assert.equal(play(search, all, (shown) => shown.has(all[500]!)), 1);
  assert.deepEqual(search.guilty, [all[500]]);
});

Deno.test("where the likely one is not it, the others are searched", () => {
  const all = things(64);
  const search = new Search(all, ({ name }) => name === "5");
  const tries = play(search, all, (shown) => shown.has(all[6]!));
  assert.deepEqual(search.guilty, [all[6]]);
  assert.ok(tries <= 9, String(tries));
});

Deno.test("a thing of which the client refuses the parent is not tried, and not blamed", () => {
  const parent: Thing = { name: "parent" };
  const all = [...things(3), parent, { name: "child", parent }, { name: "other child", parent }];
  const search = new Search<Thing>(all);
  play(search, all, (shown) => shown.has(parent));
  assert.deepEqual(search.guilty.map(({ name }) => name), ["parent"]);
});

Deno.test("a thing that cannot be tried in parts by itself: one of its parts, or the whole", () => {
  const within = things(8);
  const whole: Thing = { name: "whole", within };
  const all = [{ name: "a" }, whole, { name: "b" }];
  const shows = (shown: ReadonlySet<Thing>, part: Thing, search: Search<Thing>) =>
    shown.has(whole) && !search.back.includes(part) && !search.guilty.includes(part);
  const one = new Search<Thing>(all);
  play(one, all, (shown) => shows(shown, within[5]!, one));
  assert.deepEqual(one.guilty.map(({ name }) => name), ["5"]);
  const rest = new Search<Thing>(all);
  const tries = play(rest, all, (shown) => shown.has(whole));
  assert.deepEqual(rest.guilty.map(({ name }) => name), ["whole"]);
  assert.ok(tries < 12, String(tries));
});

Deno.test("a search that is given up blames all that was not accepted", () => {
  const all = things(8);
  const search = new Search(all);
  search.answered(true);
  search.giveUp();
  assert.deepEqual(search.guilty.map(({ name }) => name), ["4", "5", "6", "7"]);
  assert.ok(search.done);
  assert.deepEqual(search.back, []);
});
