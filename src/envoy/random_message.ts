/** Random messages of any type, for tests. The same seed gives the same message. */
import protobuf from "protobufjs";
import { encode } from "./codec.ts";
import type { MessageName } from "./names.ts";
import { typeOf } from "./reflection.ts";

/** Gives a whole number from 0 to below its argument. */
export type Random = (below: number) => number;

/** A stream of numbers that hangs on the seed alone (a linear congruential generator). */
export function randomOf(seed: string): Random {
  let state = [...seed].reduce((sum, letter) => (sum * 31 + letter.charCodeAt(0)) >>> 0, 7);
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor(state / 2 ** 32 * below);
  };
}

/** A message of this full name that `encode` takes; below `depth` messages are empty. */
export function randomMessage(name: string, random: Random, depth: number): unknown {
  const special = SPECIAL[name];
  if (special) return special(random, depth);
  const message: { [name: string]: unknown } = {};
  if (depth === 0) return message;
  const oneofs = new Set<protobuf.OneOf>();
  for (const field of typeOf(name).fieldsArray) {
    // Few fields of a big message, so that it stays small; all of them come up over the samples.
    if (random(3) > 0 || (field.partOf && oneofs.has(field.partOf))) continue;
    if (field.partOf) oneofs.add(field.partOf);
    message[field.name] = randomField(field, random, depth - 1);
  }
  return message;
}

function randomField(field: protobuf.Field, random: Random, depth: number): unknown {
  const isMap = field instanceof protobuf.MapField;
  if (!isMap && !field.repeated) return randomValue(field, random, depth);
  const values = Array.from({ length: random(4) }, () => randomValue(field, random, depth));
  if (!isMap) return values;
  return Object.fromEntries(
    values.map((value) => [field.keyType === "string" ? randomText(random) : random(99), value]),
  );
}

function randomValue(field: protobuf.Field, random: Random, depth: number): unknown {
  const { resolvedType, type } = field.resolve();
  if (resolvedType instanceof protobuf.Type) return randomMessage(resolvedType.fullName.slice(1), random, depth);
  if (!resolvedType) return randomScalar(type, random);
  const names = Object.keys(resolvedType.values);
  return names[random(names.length)];
}

function randomScalar(type: string, random: Random): unknown {
  if (type === "string") return randomText(random);
  if (type === "bool") return random(2) === 1;
  if (type === "bytes") return Uint8Array.from({ length: random(200) }, () => random(256));
  if (type === "double" || type === "float") return [0, 0.5, -1.25, 3e10, random(1000) / 8][random(5)];
  const numbers = [0, 1, 127, 128, 300, 2 ** 31 - 1];
  if (!type.startsWith("u") && type !== "fixed32" && type !== "fixed64") numbers.push(-1, -128, -(2 ** 31));
  if (type.endsWith("64")) numbers.push(2 ** 32, 2 ** 53 - 1);
  return numbers[random(numbers.length)];
}

function randomText(random: Random): string {
  return ["", "a", "plain text", "ü", "語".repeat(random(60)), "x".repeat(random(300))][random(6)]!;
}

function randomJson(random: Random, depth: number): unknown {
  const kind = random(depth > 0 ? 6 : 4);
  if (kind === 4) return Array.from({ length: random(3) }, () => randomJson(random, depth - 1));
  return kind === 5 ? randomStruct(random, depth - 1) : [null, true, -1.5, randomText(random)][kind];
}

function randomStruct(random: Random, depth: number): unknown {
  return Object.fromEntries(
    Array.from({ length: random(4) }, () => [randomText(random), randomJson(random, depth - 1)]),
  );
}

function randomAny(random: Random, depth: number): unknown {
  const names: readonly MessageName[] = [
    "envoy.config.core.v3.Metadata",
    "google.protobuf.Duration",
    "google.protobuf.Struct",
  ];
  const name = names[random(names.length)]!;
  return {
    typeUrl: `type.googleapis.com/${name}`,
    value: encode(name, randomMessage(name, random, Math.max(0, depth - 1)) as never),
  };
}

const SPECIAL: Readonly<Record<string, (random: Random, depth: number) => unknown>> = {
  "google.protobuf.Any": randomAny,
  "google.protobuf.Duration": (random) => {
    const sign = random(2) === 1 ? 1 : -1;
    return { seconds: sign * random(99_999), nanos: sign * [0, 1, 1_000, 50_000_000][random(4)]! };
  },
  "google.protobuf.Timestamp": (random) => ({ seconds: random(2 ** 31), nanos: [0, 1, 500_000_000][random(3)] }),
  "google.protobuf.Struct": randomStruct,
  // Always an object: protobufjs' fromObject, to compare with, takes no other.
  "google.protobuf.Value": (random, depth) => [randomJson(random, depth)],
  "google.protobuf.ListValue": (random, depth) => Array.from({ length: random(3) }, () => randomJson(random, depth)),
};
