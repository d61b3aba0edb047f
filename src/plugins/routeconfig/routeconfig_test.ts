import assert from "node:assert/strict";
import { callHook } from "../test_hooks.ts";
import { plugin } from "./mod.ts";

const routes = (options: Record<string, unknown>) => callHook(plugin, "routeConfiguration", { options });

Deno.test("options of a route configuration", () => {
  assert.equal(routes({}), undefined);
  assert.deepEqual(routes({ maxDirectResponseBodySizeBytes: 0 })?.fragment.maxDirectResponseBodySizeBytes, {
    value: 0,
  });
  assert.deepEqual(routes({ maxDirectResponseBodySizeBytes: 0, mostSpecificHeaderMutationsWins: true })?.fragment, {
    maxDirectResponseBodySizeBytes: { value: 0 },
    mostSpecificHeaderMutationsWins: true,
  });
  assert.equal(routes({ ignorePortInHostMatching: true })?.fragment.ignorePortInHostMatching, true);
});
