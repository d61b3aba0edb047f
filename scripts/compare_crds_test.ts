import assert from "node:assert/strict";
import type { JsonSchema } from "../src/schema/mod.ts";
import { differences } from "./compare_crds.ts";

const object = (properties: Record<string, JsonSchema>) => ({ type: "object", properties });
const text = { type: "string" };
const unknown = { "x-kubernetes-preserve-unknown-fields": true };

Deno.test("a field that is unknown in the other schema, or of another type, is a difference", () => {
  const theirs = object({
    same: text,
    lost: text,
    list: { type: "array", items: object({ deep: text }) },
    map: { type: "object", additionalProperties: { type: "integer" } },
    free: { type: "object", ...unknown },
  });
  const ours = object({
    same: text,
    more: text,
    list: { type: "array", items: object({}) },
    map: { type: "object", additionalProperties: { "x-kubernetes-int-or-string": true } },
    free: object({ a: text }),
  });
  assert.deepEqual(differences(theirs, ours), [
    ".lost: not known here",
    ".list[].deep: not known here",
    ".map.*: integer; here number or text",
    ".free: keeps what is unknown; here only known fields are kept",
  ]);
  assert.deepEqual(differences(theirs, theirs), []);
});

Deno.test("below what keeps unknown fields there is no difference", () => {
  assert.deepEqual(differences(object({ a: object({ b: text }) }), object({ a: unknown })), []);
});
