import assert from "node:assert/strict";
import { joinFamilies } from "./families.ts";
import type { SliceAddress } from "./slices.ts";

const address = (host: string, target?: string): SliceAddress => ({
  ...{ host, port: 80, family: host.includes(":") ? 6 : 4 },
  ...(target && { target }),
});
const joined = (list: readonly SliceAddress[], first: 4 | 6 = 4) =>
  joinFamilies(list, first).map(({ first, others }) => [first, ...others].map(({ host }) => host).join());

Deno.test("the addresses of one pod are one endpoint, those of the Service's first family first", () => {
  const list = [address("10.0.0.1", "a"), address("10.0.0.2", "b"), address("fd00::1", "a"), address("fd00::2", "b")];
  assert.deepEqual(joined(list), ["10.0.0.1,fd00::1", "10.0.0.2,fd00::2"]);
  assert.deepEqual(joined(list, 6), ["fd00::1,10.0.0.1", "fd00::2,10.0.0.2"]);
});

Deno.test("a pod that has the second family alone is an endpoint too", () => {
  assert.deepEqual(joined([address("10.0.0.1", "a"), address("fd00::2", "b")]), ["10.0.0.1", "fd00::2"]);
});

Deno.test("addresses that belong to nothing are used of one family only, so that no endpoint is there twice", () => {
  const list = [address("10.0.0.1"), address("fd00::1")];
  assert.deepEqual(joined(list), ["10.0.0.1"]);
  assert.deepEqual(joined(list, 6), ["fd00::1"]);
  assert.deepEqual(joined([address("fd00::1"), address("fd00::2", "b")]), ["fd00::1", "fd00::2"]);
});
