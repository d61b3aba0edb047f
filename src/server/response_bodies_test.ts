import assert from "node:assert/strict";
import { cluster } from "../xds/test_snapshot.ts";
import { ResponseBodies } from "./response_bodies.ts";
import { packed } from "./xds_messages.ts";

Deno.test("responses that carry the same while one of them is on its way share their bytes", () => {
  const made: number[] = [];
  const bodies = new ResponseBodies(packed, (bytes) => made.push(bytes));
  const [a, b] = [cluster("a"), cluster("b")];
  const body = bodies.of([a, b]);
  assert.equal(bodies.of([a, b]), body);
  assert.deepEqual(made, [body.length]);
  const alone = bodies.of([a]);
  assert.notEqual(alone, body);
  assert.equal(bodies.of([a, b]), body);
  assert.equal(bodies.of([a]), alone);
  assert.notDeepEqual(bodies.of([b, a]), body);
  assert.equal(made.length, 3);
});

Deno.test("a response without resources has none", () => {
  const bodies = new ResponseBodies(packed, () => assert.fail("something was made"));
  assert.deepEqual(bodies.of([]), new Uint8Array());
});
