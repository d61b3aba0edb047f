import assert from "node:assert/strict";
import { ApiSnapshot } from "../snapshot/mod.ts";
import { decoded, id, upstream } from "./fixtures_test.ts";
import { Lately } from "./lately.ts";

const NOTHING = new ApiSnapshot(0, {});
const put = (...names: string[]) => ({ put: names.map((name) => decoded(upstream(name))), removed: [] });
const missing = (lately: Lately, now: number) => [...lately.missingIn(NOTHING, now).get("Upstream")?.keys() ?? []];

Deno.test("lately: each is believed in for five seconds from when it was last let through", () => {
  const lately = new Lately();
  assert.equal(lately.until, Infinity);
  lately.add(put("a"), 0);
  lately.add(put("b"), 1_000);
  lately.add(put("a"), 2_000);
  assert.equal(lately.until, 6_000);
  assert.deepEqual(missing(lately, 5_999), ["gloo-system/b", "gloo-system/a"]);
  assert.deepEqual(missing(lately, 6_000), ["gloo-system/a"]);
  assert.equal(lately.until, 7_000);
});

Deno.test("lately: what shows is no longer awaited, and what is gone shows by not being there", () => {
  const lately = new Lately();
  lately.add({ put: [], removed: [id("Upstream", "gone")] }, 0);
  assert.deepEqual(missing(lately, 1), []);
  lately.add(put("a"), 0);
  const shown = NOTHING.with(lately.missingIn(NOTHING, 1));
  assert.equal(lately.missingIn(shown, 1).size, 0);
  lately.add({ put: [], removed: [id("Upstream", "a")] }, 1);
  assert.deepEqual([...lately.missingIn(shown, 2).get("Upstream")!], [["gloo-system/a", undefined]]);
});

Deno.test("lately: what somebody else has changed since is not awaited; what is only on its way is", () => {
  const generation = (n: number, port: number) =>
    decoded({
      ...upstream("a", { static: { hosts: [{ addr: "10.0.0.1", port }] } }),
      metadata: { name: "a", namespace: "gloo-system", generation: n },
    });
  for (const [shown, awaited] of [[1, true], [2, true], [3, false]] as const) {
    const lately = new Lately();
    lately.add({ put: [generation(2, 80)], removed: [] }, 0);
    const snapshot = NOTHING.with(new Map([["Upstream", new Map([["gloo-system/a", generation(shown, 81)]])]]));
    assert.equal(lately.missingIn(snapshot, 1).size === 1, awaited, `generation ${shown}`);
  }
});
