import assert from "node:assert/strict";
import { TYPE_URL } from "../envoy/mod.ts";
import { EMPTY_ENVOY_SNAPSHOT, type ResourceSet, type XdsResource } from "./resource.ts";
import { SotwState } from "./sotw_state.ts";
import type { Update } from "./type_state.ts";

const encoder = new TextEncoder();

/** `set("a1", "b1")`: resources a and b, each at version 1. */
function set(...texts: string[]): ResourceSet {
  return new Map(texts.map((text): [string, XdsResource] => [
    text[0]!,
    {
      typeUrl: TYPE_URL.cluster,
      name: text[0]!,
      version: text.slice(1),
      bytes: encoder.encode(text),
      origins: [],
      refs: {},
    },
  ]));
}

const names = (update: Update | undefined) => update?.resources.map(({ name, version }) => name + version).sort();

/** A state that is asked and answered as by a client. */
function client(whole: boolean, trust = true) {
  const state = new SotwState(whole, trust);
  let sequence = 0;
  return {
    state,
    ask: (wanted: string[], more: { version?: string; nonce?: string; error?: string } = {}) =>
      state.receive({ version: "", nonce: state.exchange.nonce, names: wanted, ...more }),
    take(resources: ResourceSet) {
      const update = state.take(resources);
      if (update === undefined) return undefined;
      const { version, removed, changed } = update;
      state.exchange.sent({
        sequence: ++sequence,
        version,
        changed,
        removed,
        shown: EMPTY_ENVOY_SNAPSHOT,
        aimed: EMPTY_ENVOY_SNAPSHOT,
      });
      return update;
    },
  };
}

Deno.test("rule 1: the version is the same in every stream and process and differs with the content", () => {
  const [one, other] = [client(true), client(true)];
  one.ask([]);
  other.ask([]);
  const first = one.take(set("a1", "b1"))!;
  assert.equal(other.take(set("b1", "a1"))!.version, first.version);
  one.ask([]);
  assert.notEqual(one.take(set("a1", "b2"))!.version, first.version);
});

Deno.test("rule 1: only error_detail makes a NACK, not an old version", () => {
  const { state, ask, take } = client(true);
  ask([]);
  const { version } = take(set("a1"))!;
  assert.deepEqual(ask([], { version: "something old" }).nack, undefined);
  assert.equal(state.exchange.versionAcked, version);
  assert.equal(take(set("a1")), undefined);
  take(set("a2"));
  assert.equal(ask([], { version, error: "no" }).nack?.detail, "no");
  assert.equal(state.exchange.versionAcked, version);
});

Deno.test("rule 2: a request with a stale nonce gets no reply and changes no subscription", () => {
  const { state, ask, take } = client(false);
  ask(["a"]);
  take(set("a1", "b1"));
  take(set("a2", "b1"));
  ask(["a", "b"], { nonce: "1" });
  assert.equal(take(set("a2", "b1")), undefined);
  assert.equal(state.covers("b"), false);
  ask(["a", "b"], { nonce: "2" });
  assert.deepEqual(names(take(set("a2", "b1"))), ["b1"]);
});

Deno.test("rule 3: no names at first is the wildcard, and stays it until a name was sent", () => {
  const { ask, take, state } = client(true);
  ask([]);
  assert.deepEqual(names(take(set("a1", "b1"))), ["a1", "b1"]);
  ask([]);
  assert.equal(state.wanted, undefined);
  ask(["a"]);
  assert.equal(state.wanted, 1);
  assert.deepEqual(names(take(set("a1", "b1"))), ["a1"]);
  ask([]);
  assert.equal(state.wanted, 0);
  assert.equal(take(set("a2")), undefined);
});

Deno.test("rule 3: `*` stands beside names", () => {
  const { ask, take, state } = client(true);
  ask(["*", "a"]);
  assert.deepEqual(names(take(set("a1", "b1"))), ["a1", "b1"]);
  ask(["a"]);
  assert.equal(state.covers("b"), false);
  take(set("a1", "b1"));
  ask(["a", "*"]);
  assert.deepEqual(names(take(set("a1", "b1"))), ["a1", "b1"]);
});

Deno.test("rule 3: for types that are asked for by name, no names at first asks for nothing", () => {
  const { ask, take } = client(false);
  ask([]);
  assert.equal(take(set("a1")), undefined);
  ask(["*"]);
  assert.deepEqual(names(take(set("a1"))), ["a1"]);
});

Deno.test("rule 4: clusters and listeners come as the whole set, empty too", () => {
  const { ask, take } = client(true);
  ask([]);
  assert.deepEqual(names(take(set())), []);
  assert.deepEqual(names(take(set("a1", "b1"))), ["a1", "b1"]);
  assert.deepEqual(names(take(set("a1", "b2"))), ["a1", "b2"]);
  assert.deepEqual(names(take(set("a1"))), ["a1"]);
});

Deno.test("rule 4: of other types only what is asked for and changed; never an empty response", () => {
  const { ask, take } = client(false);
  ask(["a", "b"]);
  assert.deepEqual(names(take(set("a1", "b1", "c1"))), ["a1", "b1"]);
  assert.deepEqual(names(take(set("a2", "b1", "c2"))), ["a2"]);
  assert.equal(take(set("a2", "b1", "c3")), undefined);
  assert.equal(take(set("b1")), undefined);
});

Deno.test("rule 5: a name that is added is sent although it did not change, others are not", () => {
  const { ask, take } = client(false);
  const all = set("a1", "b1");
  ask(["a"]);
  take(all);
  ask(["a", "b"]);
  assert.deepEqual(names(take(all)), ["b1"]);
  ask(["a"]);
  assert.equal(take(all), undefined);
  ask(["a", "b"]);
  assert.deepEqual(names(take(all)), ["b1"]);
});

Deno.test("rule 6: a name that is missing is sent when it comes to be", () => {
  const { ask, take } = client(false);
  ask(["a"]);
  assert.equal(take(set()), undefined);
  assert.deepEqual(names(take(set("a1"))), ["a1"]);
});

Deno.test("rule 7: no name twice, even when it is changed, added and owed at once", () => {
  const { ask, take, state } = client(false);
  ask(["a"]);
  take(set("a1", "b1"));
  ask(["a", "b"]);
  state.owe(["a", "b"]);
  assert.deepEqual(names(take(set("a2", "b2"))), ["a2", "b2"]);
});

Deno.test("rule 7: an equal set is not sent again, nor what the client refused", () => {
  const { ask, take } = client(true);
  ask([]);
  take(set("a1"));
  assert.equal(take(set("a1")), undefined);
  take(set("a2"));
  ask([], { error: "refused" });
  assert.equal(take(set("a2")), undefined);
  assert.deepEqual(names(take(set("a3"))), ["a3"]);
});

Deno.test("a client that comes back with the present version hears nothing; with another it hears all", () => {
  for (const whole of [true, false]) {
    const wanted = whole ? [] : ["a", "b"];
    const earlier = client(whole);
    earlier.ask(wanted);
    const { version } = earlier.take(set("a1", "b1"))!;
    const back = client(whole);
    back.ask(wanted, { version, nonce: "" });
    assert.equal(back.take(set("a1", "b1", ...whole ? [] : ["c1"])), undefined);
    assert.deepEqual(names(back.take(set("a2", "b1"))), whole ? ["a2", "b1"] : ["a2"]);
    const late = client(whole);
    late.ask(wanted, { version, nonce: "" });
    assert.deepEqual(names(late.take(set("a2", "b1"))), ["a2", "b1"]);
  }
});

Deno.test("a client that is no Envoy gets everything when it comes back", () => {
  const earlier = client(true, false);
  earlier.ask([]);
  const { version } = earlier.take(set("a1"))!;
  const back = client(true, false);
  back.ask([], { version, nonce: "" });
  assert.deepEqual(names(back.take(set("a1"))), ["a1"]);
});

Deno.test("a client that asks for one more name while it was away is sent all it asks for", () => {
  const earlier = client(false);
  earlier.ask(["a"]);
  const { version } = earlier.take(set("a1", "b1"))!;
  const back = client(false);
  back.ask(["a", "b"], { version, nonce: "" });
  assert.deepEqual(names(back.take(set("a1", "b1"))), ["a1", "b1"]);
});

Deno.test("rule 8: what is owed is sent again although it is equal, also to a client that came back", () => {
  const { ask, take, state } = client(false);
  ask(["a", "b"]);
  const { version } = take(set("a1", "b1"))!;
  state.owe(["b"]);
  assert.deepEqual(names(take(set("a1", "b1"))), ["b1"]);
  const back = client(false);
  back.state.owe(["a"]);
  back.ask(["a", "b"], { version, nonce: "" });
  assert.deepEqual(names(back.take(set("a1", "b1"))), ["a1"]);
});

Deno.test("the version of a named type counts what is wanted only", () => {
  const { ask, take } = client(false);
  ask(["a"]);
  const first = take(set("a1", "b1"))!.version;
  take(set("a2", "b2"));
  assert.equal(take(set("a1", "b3"))!.version, first);
});

Deno.test("names that are dropped no longer count in the version", () => {
  const { ask, take } = client(false);
  ask(["a", "b"]);
  take(set("a1", "b1"));
  ask(["a"]);
  const narrowed = take(set("a2", "b1"))!.version;
  const other = client(false);
  other.ask(["a"]);
  assert.equal(other.take(set("a2", "b1"))!.version, narrowed);
});

Deno.test("what a client is assumed to hold, and no more, it need not be sent", () => {
  for (const whole of [true, false]) {
    const { state, ask, take } = client(whole);
    ask(whole ? [] : ["a", "b", "c"]);
    const before = set("a1", "b1", "c1");
    const { version } = take(before)!;
    take(set("a2", "b2", "c1"));
    state.assume(before);
    assert.equal(take(before), undefined);
    assert.deepEqual(names(take(set("a1", "b2", "c1"))), whole ? ["a1", "b2", "c1"] : ["b2"]);
    state.assume(set("a1", "b2", "c1"));
    assert.equal(take(before)!.version, version, "the version follows what the client holds");
  }
});
