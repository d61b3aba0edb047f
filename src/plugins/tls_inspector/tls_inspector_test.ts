import assert from "node:assert/strict";
import { callHook } from "../test_hooks.ts";
import { plugin } from "./mod.ts";

Deno.test("the filter is there where the listener uses TLS, and only there", () => {
  assert.equal(callHook(plugin, "listener", { usesTls: false }), undefined);
  const { fragment } = callHook(plugin, "listener", { usesTls: true })!;
  assert.deepEqual(fragment.listenerFilters.map(({ name }: { name: string }) => name), [
    "envoy.filters.listener.tls_inspector",
  ]);
});
