import assert from "node:assert/strict";
import { benchOptions } from "./options.ts";

Deno.test("without flags everything is measured at four sizes", () => {
  const options = benchOptions([]);
  assert.deepEqual(options.sizes, [100, 1000, 5000, 10000]);
  assert.deepEqual(options.forms, ["sotw", "delta"]);
  assert.deepEqual([...options.parts], ["start", "idle", "edits", "churn", "fanout"]);
  assert.equal(options.floor, true);
  assert.equal(options.churnMinutes, 0);
});

Deno.test("flags choose; another control plane has no floor", () => {
  const options = benchOptions(["--only", "edits,churn", "--xds", "delta", "--command", "gloo --dir={folder}"]);
  assert.deepEqual([...options.parts], ["edits", "churn"]);
  assert.deepEqual(options.forms, ["delta"]);
  assert.equal(options.floor, false);
  assert.equal(options.command, "gloo --dir={folder}");
});

Deno.test("words that are off are named", () => {
  assert.throws(() => benchOptions(["--sizes", "100,x"]), /--sizes: "x" is no whole number from 2/);
  assert.throws(() => benchOptions(["--edits", "0"]), /--edits: "0"/);
  assert.throws(() => benchOptions(["--only", "fanout,all"]), /--only: there is no all/);
  assert.throws(() => benchOptions(["--many"]));
});
