import assert from "node:assert/strict";
import { callHook } from "../test_hooks.ts";
import { plugin } from "./mod.ts";

const host = (options: Record<string, unknown>) => callHook(plugin, "virtualHost", { options });

Deno.test("numbers of tries, for the upstream and for the client", () => {
  assert.deepEqual(host({ includeRequestAttemptCount: true, includeAttemptCountInResponse: false })?.fragment, {
    includeRequestAttemptCount: true,
    includeAttemptCountInResponse: false,
  });
  assert.equal(host({ includeAttemptCountInResponse: true })?.fragment.includeAttemptCountInResponse, true);
  assert.equal(host({ includeRequestAttemptCount: false }), undefined);
});
