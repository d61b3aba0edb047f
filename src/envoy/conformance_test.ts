/** The codec beside protobufjs, which knows nothing of it, on random messages of every type. */
import { deepEqual, equal } from "node:assert/strict";
import protobuf from "protobufjs";
import protojson from "protobufjs/ext/protojson";
import { decodeMessage } from "./decode.ts";
import { encodeMessage } from "./encode.ts";
import { messageFromJson } from "./from_json.ts";
import descriptor from "./gen/descriptor.json" with { type: "json" };
import { randomMessage, randomOf } from "./random_message.ts";
import { messageToJson } from "./to_json.ts";

const root = protobuf.Root.fromJSON(descriptor as protobuf.INamespace);
root.resolveAll();
// protojson looks this field up by its name in the .proto file, which the descriptor leaves out.
Object.assign(root.lookupType("google.protobuf.Any").fields.typeUrl!, { protoName: "type_url" });
const types = typesOf(root);
const SAMPLES_OF_A_TYPE = 4;

Deno.test("protobufjs reads the bytes of every message and writes the same", () => {
  for (const { name, type, bytes, label } of samples()) {
    deepEqual(new Uint8Array(type.encode(type.decode(bytes)).finish()), bytes, label);
    deepEqual(encodeMessage(name, decodeMessage(name, bytes)), bytes, label);
  }
});

Deno.test("protobufjs gives the same JSON, and from it come the same bytes", () => {
  for (const { name, type, bytes, label } of samples()) {
    const json = messageToJson(name, decodeMessage(name, bytes));
    deepEqual({ label, json }, { label, json: protojson.toJson(type, type.decode(bytes)) });
    deepEqual(encodeMessage(name, messageFromJson(name, json)), bytes, label);
  }
});

Deno.test("the samples are of every message, and most are not empty", () => {
  const all = [...samples()];
  equal(all.length, types.length * SAMPLES_OF_A_TYPE);
  equal(types.length > 400, true);
  equal(all.filter(({ bytes }) => bytes.length > 0).length > all.length / 2, true);
});

function* samples(): Generator<{ name: string; type: protobuf.Type; bytes: Uint8Array; label: string }> {
  for (const type of types) {
    const name = type.fullName.slice(1);
    for (let seed = 1; seed <= SAMPLES_OF_A_TYPE; seed++) {
      const message = randomMessage(name, randomOf(`${name} ${seed}`), 4);
      yield { name, type, bytes: encodeMessage(name, message), label: `${name}, seed ${seed}` };
    }
  }
}

function typesOf(namespace: protobuf.NamespaceBase): protobuf.Type[] {
  return namespace.nestedArray.flatMap((object) => [
    ...(object instanceof protobuf.Type ? [object] : []),
    ...(object instanceof protobuf.Namespace ? typesOf(object) : []),
  ]);
}
