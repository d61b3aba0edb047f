import assert from "node:assert/strict";
import { callUpstream } from "../test_upstream.ts";
import { plugin } from "./mod.ts";

const thresholds = (spec: Record<string, unknown>, gloo = {}) =>
  callUpstream(plugin, spec, { gloo })?.fragment?.cluster?.circuitBreakers?.thresholds;

Deno.test("the Upstream's limits, of which zero is one", () => {
  const circuitBreakers = {
    maxConnections: 0,
    maxPendingRequests: 2,
    maxRequests: 3,
    maxRetries: 4,
    trackRemaining: true,
  };
  assert.deepEqual(thresholds({ circuitBreakers }), [{
    maxConnections: { value: 0 },
    maxPendingRequests: { value: 2 },
    maxRequests: { value: 3 },
    maxRetries: { value: 4 },
    trackRemaining: true,
  }]);
});

Deno.test("Settings are for Upstreams without limits, and are not mixed with theirs", () => {
  const gloo = { circuitBreakers: { maxConnections: 9, maxRetries: 9 } };
  assert.deepEqual(thresholds({}, gloo), [{ maxConnections: { value: 9 }, maxRetries: { value: 9 } }]);
  assert.deepEqual(thresholds({ circuitBreakers: { maxRetries: 1 } }, gloo), [{ maxRetries: { value: 1 } }]);
});

Deno.test("no limits, no fragment", () => assert.equal(callUpstream(plugin, {}), undefined));
