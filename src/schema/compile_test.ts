import assert from "node:assert/strict";
import { shape } from "../api/mod.ts";
import type { Shape } from "../api/mod.ts";
import { createSchema } from "./schema.ts";

const { bool, duration, free, int32, list, map, message, oneof, recursive, string, uint32Value } = shape;
const schema = createSchema([]);

function faults(of: Shape, value: unknown): string[] {
  return schema.decodeValue(of, value).faults.map(({ code, path, message }) => `${code} ${path}: ${message}`);
}

const route = message({
  name: string(),
  retryCount: uint32Value(),
  acceptHttp10: bool(),
  ...oneof("action", {
    redirect: message({ host: string(), prefixRewrite: string() }),
    plainText: string(),
    enabled: bool(),
  }),
  options: message({ idleTimeout: duration(), prefixRewrite: string() }),
});
const host = message({ routes: list(route), labels: map(string()), extra: free() });

Deno.test("fields go by their JSON name and by their proto name", () => {
  const expected = { retryCount: 3, options: { idleTimeout: "5s" } };
  assert.deepEqual(schema.decodeValue(route, { retryCount: 3, options: { idleTimeout: "5s" } }).value, expected);
  assert.deepEqual(schema.decodeValue(route, { retry_count: 3, options: { idle_timeout: "5s" } }).value, expected);
  assert.deepEqual(schema.decodeValue(route, { accept_http_10: true }).value, { acceptHttp10: true });
});

Deno.test("a field under both of its names is a fault", () => {
  assert.deepEqual(faults(route, { retryCount: 3, retry_count: 4 }), [
    "SLUICE-1007 retry_count: retry_count and retryCount are one field, given twice",
  ]);
});

Deno.test("null is absent, in a field, in a oneof and for a whole message", () => {
  assert.deepEqual(schema.decodeValue(route, { name: null, redirect: null, plainText: "x", options: null }).value, {
    plainText: "x",
  });
  assert.deepEqual(schema.decodeValue(route, null), { faults: [] });
});

Deno.test("of a oneof at most one member may be set, and its zero counts", () => {
  assert.deepEqual(schema.decodeValue(route, { plainText: "" }).value, { plainText: "" });
  assert.deepEqual(schema.decodeValue(route, { enabled: false }).value, { enabled: false });
  assert.deepEqual(schema.decodeValue(route, { redirect: {} }).value, { redirect: {} });
  assert.deepEqual(faults(host, { routes: [{ redirect: {}, plain_text: "" }] }), [
    "SLUICE-1005 routes[0]: only one of redirect, plainText may be set",
  ]);
});

Deno.test("all faults are found, each with its path", () => {
  const value = {
    routes: [{ name: 7 }, null, { options: { idleTimeout: 5 } }, "x"],
    labels: { "a/b": 1, fine: "yes", gone: null },
    routse: [],
  };
  assert.deepEqual(faults(host, value), [
    "SLUICE-1003 routes[0].name: expected text, got a number: quote it",
    "SLUICE-1003 routes[1]: an item of a list cannot be empty",
    'SLUICE-1003 routes[2].options.idleTimeout: expected a duration, got the number 5: did you mean "5s"?',
    "SLUICE-1003 routes[3]: expected a mapping, got a text",
    'SLUICE-1003 labels["a/b"]: expected text, got a number: quote it',
    "SLUICE-1003 labels.gone: a value of a mapping cannot be empty",
    "SLUICE-1002 routse: unknown field routse, did you mean routes?",
  ]);
});

Deno.test("an unknown field is told where it belongs", () => {
  const told = (value: unknown) => schema.decodeValue(host, value).faults.map(({ message }) => message);
  assert.deepEqual(told({ routes: [{ idleTimeout: "5s" }] }), [
    "unknown field idleTimeout; idleTimeout belongs under options",
  ]);
  assert.deepEqual(told({ routes: [{ prefix_rewrite: "/" }] }), [
    "unknown field prefix_rewrite; prefixRewrite belongs under options",
  ]);
  assert.deepEqual(told({ routes: [{ redirect: { plainText: "/" } }] }), [
    "unknown field plainText; plainText belongs under routes[0]",
  ]);
  assert.deepEqual(told({ routes: [{ redirect: { idleTimeout: "5s" } }] }), [
    "unknown field idleTimeout; idleTimeout belongs under routes[0].options",
  ]);
  assert.deepEqual(told({ routes: [{ options: { labels: {} } }] }), [
    "unknown field labels; labels belongs at the top",
  ]);
  assert.deepEqual(told({ prefixRewrite: "/" }), [
    "unknown field prefixRewrite; prefixRewrite belongs under routes[].options",
  ]);
  assert.deepEqual(told({ wholly: 1 }), ["unknown field wholly"]);
});

Deno.test("what is decoded is frozen all the way down and shares nothing with its source", () => {
  const source = { routes: [{ name: "a", options: {} }], labels: { a: "b" }, extra: { list: [{ deep: [1] }] } };
  const { value } = schema.decodeValue(host, source);
  assert.deepEqual(value, source);
  const visit = (inner: unknown, outer: unknown): void => {
    if (typeof inner !== "object" || inner === null) return;
    assert.ok(Object.isFrozen(inner), JSON.stringify(inner));
    assert.notEqual(inner, outer);
    for (const key of Object.keys(inner)) {
      visit((inner as Record<string, unknown>)[key], (outer as Record<string, unknown>)[key]);
    }
  };
  visit(value, source);
  assert.ok(!Object.isFrozen(source.extra.list));
});

Deno.test("an empty list and an empty map are absent", () => {
  assert.deepEqual(schema.decodeValue(host, { routes: [], labels: {} }).value, {});
});

Deno.test("__proto__ is refused wherever a key is free, and changes no prototype", () => {
  const evil = JSON.parse('{"__proto__": {"polluted": true}}');
  assert.deepEqual(faults(host, evil), ["SLUICE-1002 __proto__: unknown field __proto__"]);
  assert.deepEqual(faults(host, { labels: evil }), ["SLUICE-1003 labels.__proto__: __proto__ cannot be a key"]);
  assert.deepEqual(faults(host, { extra: { a: evil } }), ["SLUICE-1003 extra.a.__proto__: __proto__ cannot be a key"]);
  assert.equal(({} as Record<string, unknown>).polluted, undefined);
});

Deno.test("names that every object inherits are no fields", () => {
  assert.deepEqual(faults(host, { constructor: 1, toString: 2 }), [
    "SLUICE-1002 constructor: unknown field constructor",
    "SLUICE-1002 toString: unknown field toString",
  ]);
});

interface Tree {
  readonly value?: number;
  readonly children?: readonly Tree[];
}
const tree: Shape = message({ value: int32(), children: list(recursive<Tree>(() => tree)) });

Deno.test("a message may contain itself, up to a depth", () => {
  assert.deepEqual(schema.decodeValue(tree, { children: [{ value: 1, children: [{ value: 2 }] }] }).value, {
    children: [{ value: 1, children: [{ value: 2 }] }],
  });
  let deep: unknown = { value: 1 };
  for (let i = 0; i < 20_000; i++) deep = { children: [deep] };
  const [fault, ...others] = schema.decodeValue(tree, deep).faults;
  assert.equal(fault?.message, "this is nested more than 100 levels deep");
  assert.deepEqual(others, []);
  assert.equal(schema.decodeValue(free(), deep).faults[0]?.message, "this is nested more than 100 levels deep");
});

Deno.test("free JSON keeps the digits of large integers as text", () => {
  assert.deepEqual(schema.decodeValue(free(), { id: 12345678901234567890n, half: 0.5, none: null }).value, {
    id: "12345678901234567890",
    half: 0.5,
    none: null,
  });
});

Deno.test("free JSON that is a member of a oneof is a message, so a mapping", () => {
  const choice = message(oneof("choice", { one: free(), other: string() }));
  assert.deepEqual(schema.decodeValue(choice, { one: { a: [1] } }).value, { one: { a: [1] } });
  assert.deepEqual(faults(choice, { one: "text" }), ["SLUICE-1003 one: expected a mapping, got a text"]);
  assert.deepEqual(faults(choice, { one: null }), []);
});
