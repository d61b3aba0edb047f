import assert from "node:assert/strict";
import type { HoleName } from "../api/mod.ts";
import { plugins } from "./mod.ts";

Deno.test("every plugin has a name of its own, and no two own one option", () => {
  const names = plugins.map(({ name }) => name);
  assert.deepEqual(names, [...new Set(names)]);
  const owners = new Map<string, string>();
  for (const plugin of plugins) {
    for (const [hole, fields] of Object.entries(plugin.options) as [HoleName, object][]) {
      for (const field of Object.keys(fields)) {
        const key = `${hole}.${field}`;
        assert.equal(owners.get(key), undefined, `${key} is owned by ${owners.get(key)} and ${plugin.name}`);
        owners.set(key, plugin.name);
      }
    }
  }
});
