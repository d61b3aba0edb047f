import assert from "node:assert/strict";
import { callUpstream, reportLines } from "../test_upstream.ts";
import { plugin } from "./mod.ts";

Deno.test("a pipe is one endpoint", () => {
  assert.deepEqual(callUpstream(plugin, { pipe: { path: "/run/shop.sock" } }), {
    fragment: { endpoints: { discovery: "addresses", list: [{ address: { pipe: "/run/shop.sock" } }] } },
  });
});

Deno.test("a path is wanted, of at most 107 bytes", () => {
  assert.deepEqual(reportLines(callUpstream(plugin, { pipe: {} })), ["error SLUICE-1455 pipe.path"]);
  const path = (bytes: number) => callUpstream(plugin, { pipe: { path: "/" + "ä".repeat((bytes - 1) / 2) } });
  assert.deepEqual(reportLines(path(107)), []);
  assert.deepEqual(reportLines(path(109)), ["error SLUICE-1455 pipe.path"]);
});

Deno.test("functions of a serviceSpec are not served, and said so", () => {
  const result = callUpstream(plugin, { pipe: { path: "/x", serviceSpec: { rest: {} } } });
  assert.deepEqual(reportLines(result), ["warning SLUICE-1401 pipe.serviceSpec"]);
  assert.ok(result?.fragment);
});

Deno.test("an Upstream of another type is left alone", () => {
  assert.equal(callUpstream(plugin, { static: { hosts: [] } }), undefined);
});
