import assert from "node:assert/strict";
import { callUpstream, reportLines } from "../test_upstream.ts";
import { plugin } from "./mod.ts";

const call = (outlierDetection: object) => callUpstream(plugin, { outlierDetection });

const numbers = {
  consecutive5xx: 0,
  maxEjectionPercent: 100,
  enforcingConsecutive5xx: 1,
  enforcingSuccessRate: 2,
  successRateMinimumHosts: 3,
  successRateRequestVolume: 4,
  successRateStdevFactor: 1900,
  consecutiveGatewayFailure: 5,
  enforcingConsecutiveGatewayFailure: 6,
  consecutiveLocalOriginFailure: 7,
  enforcingConsecutiveLocalOriginFailure: 8,
  enforcingLocalOriginSuccessRate: 0,
};

Deno.test("every setting goes to Envoy's of the same name", () => {
  const settings = { ...numbers, interval: "10s", baseEjectionTime: "0.5s", splitExternalLocalOriginErrors: true };
  assert.deepEqual(call(settings)?.fragment?.cluster?.outlierDetection, {
    ...Object.fromEntries(Object.entries(numbers).map(([name, value]) => [name, { value }])),
    interval: { seconds: 10 },
    baseEjectionTime: { nanos: 500_000_000 },
    splitExternalLocalOriginErrors: true,
  });
});

Deno.test("the interval is required", () => {
  assert.deepEqual(reportLines(call({ consecutive5xx: 3 })), ["error SLUICE-1472 outlierDetection.interval"]);
});

Deno.test("values that Envoy refuses are errors", () => {
  const paths = (settings: object) => reportLines(call({ interval: "1s", ...settings }));
  assert.deepEqual(paths({ interval: "0s" }), ["error SLUICE-1473 outlierDetection.interval"]);
  assert.deepEqual(paths({ baseEjectionTime: "-1s" }), ["error SLUICE-1473 outlierDetection.baseEjectionTime"]);
  for (const name of Object.keys(numbers).filter((name) => /Percent$|^enforcing/.test(name))) {
    assert.deepEqual(paths({ [name]: 101 }), [`error SLUICE-1473 outlierDetection.${name}`]);
  }
});

Deno.test("no outlier detection, no fragment", () => assert.equal(callUpstream(plugin, {}), undefined));
