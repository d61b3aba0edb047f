/** The codec beside protobufjs' own ways to the same bytes, on random messages of every type. */
import assert from "node:assert/strict";
import protobuf from "protobufjs";
import protojson from "protobufjs/ext/protojson";
import { decode, encode, fromJson, toJson } from "./codec.ts";
import descriptor from "./gen/descriptor.json" with { type: "json" };
import type { MessageName } from "./names.ts";
import { randomMessage, randomOf } from "./random_message.ts";

// A wrapper is what protobufjs calls in place of a type's own fromObject and toObject.
for (const name of [".google.protobuf.Struct", ".google.protobuf.Value", ".google.protobuf.ListValue"]) {
  protobuf.wrappers[name] = {
    fromObject(this: protobuf.Type, json) {
      return protojson.fromJson(this, json);
    },
    toObject(this: protobuf.Type, message) {
      return protojson.toJson(this, message);
    },
  };
}
const root = protobuf.Root.fromJSON(descriptor as protobuf.INamespace);
root.resolveAll();
const types = typesOf(root);
const SAMPLES_OF_A_TYPE = 4;

Deno.test("protobufjs makes the same message of the same object, without our checks", () => {
  for (const { type, message, bytes, label } of samples()) {
    const plain = (message: protobuf.Message) => type.toObject(message, { enums: String, longs: String });
    assert.deepEqual(plain(type.decode(bytes)), plain(type.fromObject(message as object)), label);
  }
});

Deno.test("what decode gives has the same bytes again", () => {
  for (const { name, bytes, label } of samples()) assert.deepEqual(encode(name, decode(name, bytes)), bytes, label);
});

Deno.test("the order of properties and map keys changes no bytes", () => {
  for (const { name, message, bytes, label } of samples()) {
    assert.deepEqual(encode(name, reversed(message) as never), bytes, label);
  }
});

Deno.test("from the JSON of bytes come the same bytes", () => {
  for (const { name, bytes, label } of samples()) assert.deepEqual(fromJson(name, toJson(name, bytes)), bytes, label);
});

Deno.test("the samples are of every message, and most are not empty", () => {
  const all = [...samples()];
  assert.equal(all.length, types.length * SAMPLES_OF_A_TYPE);
  assert.equal(types.length > 400, true);
  assert.equal(all.filter(({ bytes }) => bytes.length > 0).length > all.length / 2, true);
});

interface Sample {
  readonly name: MessageName;
  readonly type: protobuf.Type;
  readonly message: unknown;
  readonly bytes: Uint8Array;
  readonly label: string;
}

function* samples(): Generator<Sample> {
  for (const type of types) {
    const name = type.fullName.slice(1) as MessageName;
    for (let seed = 1; seed <= SAMPLES_OF_A_TYPE; seed++) {
      const message = randomMessage(name, randomOf(`${name} ${seed}`), 4);
      yield { name, type, message, bytes: encode(name, message as never), label: `${name}, seed ${seed}` };
    }
  }
}

function reversed(value: unknown): unknown {
  if (typeof value !== "object" || value === null || value instanceof Uint8Array) return value;
  if (Array.isArray(value)) return value.map(reversed);
  return Object.fromEntries(Object.entries(value).reverse().map(([key, one]) => [key, reversed(one)]));
}

function typesOf(namespace: protobuf.NamespaceBase): protobuf.Type[] {
  return namespace.nestedArray.flatMap((object) => [
    ...(object instanceof protobuf.Type ? [object] : []),
    ...(object instanceof protobuf.Namespace ? typesOf(object) : []),
  ]);
}
