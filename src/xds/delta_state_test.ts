import assert from "node:assert/strict";
import { TYPE_URL } from "../envoy/mod.ts";
import { DeltaState } from "./delta_state.ts";
import { EMPTY_ENVOY_SNAPSHOT, type ResourceSet, type XdsResource } from "./resource.ts";
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

/** `["a1", "-b"]`: a at version 1 is sent, b is removed. */
function told(update: Update | undefined): string[] | undefined {
  if (update === undefined) return undefined;
  return [...update.resources.map(({ name, version }) => name + version), ...update.removed.map((name) => `-${name}`)]
    .sort();
}

interface Ask {
  subscribe?: string[];
  unsubscribe?: string[];
  nonce?: string;
  error?: string;
  initial?: Record<string, string>;
}

function client(whole: boolean) {
  const state = new DeltaState(whole ? "unnamed" : "never");
  let sequence = 0;
  return {
    state,
    ask: ({ subscribe = [], unsubscribe = [], nonce = "", error, initial = {} }: Ask) =>
      state.receive({
        subscribe,
        unsubscribe,
        nonce,
        initialVersions: new Map(Object.entries(initial)),
        ...(error === undefined ? {} : { error }),
      }),
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
      return told(update);
    },
  };
}

Deno.test("rule 1: only error_detail makes a NACK", () => {
  const { state, ask, take } = client(true);
  ask({});
  take(set("a1"));
  assert.equal(ask({ nonce: "1" }).nack, undefined);
  assert.equal(state.exchange.settled, true);
  take(set("a2"));
  assert.equal(state.exchange.settled, false);
  assert.equal(ask({ nonce: "2", error: "no" }).nack?.response.changed[0]?.name, "a");
  assert.equal(state.exchange.settled, true);
});

Deno.test("rule 2: what a request subscribes to counts although its nonce is stale", () => {
  const { ask, take } = client(false);
  const all = set("a1", "b1");
  ask({ subscribe: ["a"] });
  take(all);
  ask({ subscribe: ["b"], nonce: "0" });
  assert.deepEqual(take(all), ["b1"]);
  ask({ unsubscribe: ["a"], nonce: "0" });
  assert.deepEqual(take(set("a2", "b2")), ["b2"]);
});

Deno.test("rule 3: no names at first is the wildcard; `*` is explicit and may stand beside names", () => {
  const implicit = client(true);
  implicit.ask({});
  assert.deepEqual(implicit.take(set("a1", "b1")), ["a1", "b1"]);
  implicit.ask({ unsubscribe: ["*"] });
  assert.equal(implicit.take(set("a2")), undefined);
  const explicit = client(true);
  explicit.ask({ subscribe: ["*", "a", "z"] });
  assert.deepEqual(explicit.take(set("a1", "b1")), ["-z", "a1", "b1"]);
  explicit.ask({ unsubscribe: ["*"] });
  assert.deepEqual(explicit.take(set("a2", "b2")), ["a2"]);
  const named = client(true);
  named.ask({ subscribe: ["a"] });
  assert.deepEqual(named.take(set("a1", "b1")), ["a1"]);
});

Deno.test("rule 3: for types that are asked for by name, no names at first asks for nothing", () => {
  const { ask, take } = client(false);
  ask({});
  assert.equal(take(set("a1")), undefined);
});

Deno.test("only changes are sent", () => {
  const { ask, take } = client(true);
  ask({});
  take(set("a1", "b1", "c1"));
  assert.deepEqual(take(set("a1", "b2", "d1")), ["-c", "b2", "d1"]);
  assert.equal(take(set("a1", "b2", "d1")), undefined);
});

Deno.test("a wildcard client that comes with nothing hears that there is nothing", () => {
  const { ask, take } = client(true);
  ask({});
  assert.deepEqual(take(set()), []);
});

Deno.test("rule 5: a name that is asked for again is sent again", () => {
  const { ask, take } = client(false);
  const all = set("a1", "b1");
  ask({ subscribe: ["a", "b"] });
  take(all);
  ask({ subscribe: ["a"], nonce: "1" });
  assert.deepEqual(take(all), ["a1"]);
});

Deno.test("rule 6: an unknown name is answered as removed, remembered, and sent when it comes to be", () => {
  const { ask, take } = client(false);
  ask({ subscribe: ["a", "z"] });
  assert.deepEqual(take(set("a1")), ["-z", "a1"]);
  ask({ nonce: "1" });
  assert.deepEqual(take(set("a1", "z1")), ["z1"]);
  assert.deepEqual(take(set("a1")), ["-z"]);
  assert.deepEqual(take(set("a1", "z2")), ["z2"]);
});

Deno.test("rule 6: unknown names to unsubscribe are passed over", () => {
  const { ask, take } = client(false);
  ask({ subscribe: ["a"] });
  take(set("a1"));
  ask({ unsubscribe: ["q"], nonce: "1" });
  assert.equal(take(set("a1")), undefined);
});

Deno.test("rule 6: unsubscribing a name that the wildcard also covers is answered", () => {
  const { ask, take } = client(true);
  const all = set("a1", "b1");
  ask({ subscribe: ["*", "a", "z"] });
  take(all);
  ask({ unsubscribe: ["a", "z"], nonce: "1" });
  assert.deepEqual(take(all), ["-z", "a1"]);
});

Deno.test("rule 6: initial_resource_versions: equal ones are not sent, vanished ones are removed", () => {
  const wildcard = client(true);
  wildcard.ask({ initial: { a: "1", b: "1", c: "1" } });
  assert.deepEqual(wildcard.take(set("a1", "b2", "d1")), ["-c", "b2", "d1"]);
  const named = client(false);
  named.ask({ subscribe: ["a", "b", "c"], initial: { a: "1", b: "1", c: "1" } });
  assert.deepEqual(named.take(set("a1", "b2", "d1")), ["-c", "b2"]);
  const same = client(true);
  same.ask({ initial: { a: "1" } });
  assert.equal(same.take(set("a1")), undefined);
  assert.deepEqual(same.take(set("a2")), ["a2"]);
});

Deno.test("rule 7: no name twice, even when it is changed, asked for again and owed at once", () => {
  const { ask, take, state } = client(true);
  ask({});
  take(set("a1"));
  ask({ subscribe: ["a", "b"], nonce: "1" });
  state.owe(["a", "b"]);
  assert.deepEqual(take(set("a2")), ["-b", "a2"]);
});

Deno.test("rule 7: what was refused is not sent again", () => {
  const { ask, take } = client(true);
  ask({});
  take(set("a1"));
  take(set("a2"));
  ask({ nonce: "2", error: "no" });
  assert.equal(take(set("a2")), undefined);
  assert.deepEqual(take(set("a3")), ["a3"]);
});

Deno.test("rule 8: what is owed is sent again although it is equal, also to a client that came back", () => {
  const { ask, take, state } = client(false);
  ask({ subscribe: ["a", "b"] });
  take(set("a1", "b1"));
  state.owe(["b"]);
  assert.deepEqual(take(set("a1", "b1")), ["b1"]);
  const back = client(false);
  back.state.owe(["a"]);
  back.ask({ subscribe: ["a", "b"], initial: { a: "1", b: "1" } });
  assert.deepEqual(back.take(set("a1", "b1")), ["a1"]);
});

Deno.test("the wildcard asked for later brings everything", () => {
  const { ask, take } = client(true);
  ask({ subscribe: ["a"] });
  take(set("a1", "b1"));
  ask({ subscribe: ["*"], nonce: "1" });
  assert.deepEqual(take(set("a1", "b1")), ["a1", "b1"]);
});

Deno.test("what a client is assumed to hold, and no more, it need not be sent", () => {
  const { state, ask, take } = client(true);
  ask({});
  const before = set("a1", "b1", "c1");
  take(before);
  take(set("a2", "b2", "c1"));
  state.assume(before);
  assert.deepEqual(take(set("a1", "b2", "c1")), ["b2"]);
  state.assume(before);
  assert.equal(take(before), undefined);
});

Deno.test("a client may ask for more names than a call takes arguments", () => {
  const { ask, take } = client(false);
  ask({ subscribe: ["a"] });
  take(set("a1"));
  const names = Array.from({ length: 200_000 }, (_, index) => `none-${index}`);
  ask({ subscribe: names, nonce: "1" });
  assert.equal(take(set("a1"))!.length, names.length);
});
