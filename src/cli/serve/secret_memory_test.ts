import assert from "node:assert/strict";
import type { Resource } from "../../api/mod.ts";
import { ApiSnapshot } from "../../snapshot/mod.ts";
import type { JsonValue } from "../../watchers/mod.ts";
import { SecretMemory } from "./secret_memory.ts";

const secret = (value: string): Resource<"Secret"> =>
  ({
    kind: "Secret",
    metadata: { name: "s", namespace: "ns" },
    spec: { header: { headers: { a: value } } },
  }) as Resource<
    "Secret"
  >;

const snapshotOf = (one: Resource<"Secret">): ApiSnapshot =>
  new ApiSnapshot(1, { Secret: new Map([["ns/s", one]]) } as ConstructorParameters<typeof ApiSnapshot>[1]);

const values = (memory: SecretMemory): unknown[] =>
  memory.all().map(({ spec }) => (spec as { header: { headers: { a: string } } }).header.headers.a);

Deno.test("forms of a Secret that only the last process knew are remembered, before and after this one knows any", () => {
  const before = new SecretMemory();
  before.see(snapshotOf(secret("one")));
  before.see(snapshotOf(secret("two")));
  assert.deepEqual(before.takeChanged(), ["ns/s"]);
  const kept = new Map([...before.keys()].map((key) => [key, JSON.stringify(before.get(key))]));
  const former = { keys: () => kept.keys(), get: (key: string) => JSON.parse(kept.get(key)!) as JsonValue };
  const memory = new SecretMemory();
  memory.follow(former);
  assert.deepEqual(values(memory), ["two", "one"]);
  memory.see(snapshotOf(secret("three")));
  assert.deepEqual(values(memory), ["three", "two", "one"]);
  const other = new SecretMemory();
  other.follow(former);
  other.see(snapshotOf(secret("three")));
  assert.deepEqual(values(other), ["three", "two", "one"]);
});

Deno.test("of Secrets that are gone no more than a hundred are remembered", () => {
  const memory = new SecretMemory();
  const many = Array.from({ length: 300 }, (_, i): [string, Resource<"Secret">] => [
    `ns/${i}`,
    { ...secret("x"), metadata: { name: String(i), namespace: "ns" } },
  ]);
  memory.see(new ApiSnapshot(1, { Secret: new Map(many) } as ConstructorParameters<typeof ApiSnapshot>[1]));
  assert.equal([...memory.keys()].length, 300);
  memory.takeChanged();
  memory.see(snapshotOf(secret("one")));
  assert.equal([...memory.keys()].length, 101);
  assert.equal(memory.takeChanged().length, 201);
});
