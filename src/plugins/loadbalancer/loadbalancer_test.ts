import assert from "node:assert/strict";
import { decode, nameOf } from "../../envoy/mod.ts";
import { callUpstream, checkMessage, reportLines } from "../test_upstream.ts";
import { plugin } from "./mod.ts";
import type { HashPolicy } from "./options.ts";

const call = (loadBalancerConfig: object) => callUpstream(plugin, { loadBalancerConfig });
const cluster = (config: object) => call(config)?.fragment?.cluster;

Deno.test("the common settings", () => {
  const config = {
    healthyPanicThreshold: 0,
    updateMergeWindow: "0s",
    localityWeightedLbConfig: {},
    closeConnectionsOnHostSetChange: true,
  };
  assert.deepEqual(cluster(config), {
    commonLbConfig: {
      healthyPanicThreshold: { value: 0 },
      updateMergeWindow: {},
      localityWeightedLbConfig: {},
      closeConnectionsOnHostSetChange: true,
    },
  });
});

Deno.test("hashing by host name is a policy of its own", () => {
  const policy = (config: object) => {
    const result = call({ useHostnameForHashing: true, ...config });
    assert.deepEqual(reportLines(result), []);
    const { loadBalancingPolicy, ...rest } = result!.fragment!.cluster!;
    const { name, typedConfig } = loadBalancingPolicy!.policies![0]!.typedExtensionConfig!;
    return [rest, name, decode(nameOf(typedConfig!.typeUrl!)!, typedConfig!.value!)];
  };
  const ring = { ringHash: { ringHashConfig: { minimumRingSize: "10" } }, localityWeightedLbConfig: {} };
  assert.deepEqual(policy(ring), [{}, "envoy.load_balancing_policies.ring_hash", {
    minimumRingSize: { value: 10 },
    consistentHashingLbConfig: { useHostnameForHashing: true },
    localityWeightedLbConfig: {},
  }]);
  assert.deepEqual(policy({ maglev: {} }), [{}, "envoy.load_balancing_policies.maglev", {
    consistentHashingLbConfig: { useHostnameForHashing: true },
  }]);
  assert.deepEqual(cluster({ useHostnameForHashing: false, maglev: {} }), { lbPolicy: "MAGLEV" });
  const idle = call({ useHostnameForHashing: true, random: {} });
  assert.deepEqual(reportLines(idle), ["warning SLUICE-1466 loadBalancerConfig.useHostnameForHashing"]);
  assert.deepEqual(idle?.fragment?.cluster, { lbPolicy: "RANDOM" });
});

Deno.test("the policies", () => {
  const slowStartConfig = { slowStartWindow: "30s", aggression: 1.5, minWeightPercent: 20 };
  const slowStart = {
    slowStartConfig: {
      slowStartWindow: { seconds: 30 },
      aggression: { defaultValue: 1.5, runtimeKey: "upstream.shop_ns.slowStart.aggression" },
      minWeightPercent: { value: 20 },
    },
  };
  assert.deepEqual(cluster({ roundRobin: {} }), { lbPolicy: "ROUND_ROBIN" });
  assert.deepEqual(cluster({ roundRobin: { slowStartConfig } }), {
    lbPolicy: "ROUND_ROBIN",
    roundRobinLbConfig: slowStart,
  });
  assert.deepEqual(cluster({ leastRequest: {} }), { lbPolicy: "LEAST_REQUEST" });
  assert.deepEqual(cluster({ leastRequest: { choiceCount: 2, slowStartConfig } }), {
    lbPolicy: "LEAST_REQUEST",
    leastRequestLbConfig: { choiceCount: { value: 2 }, ...slowStart },
  });
  assert.deepEqual(cluster({ random: {} }), { lbPolicy: "RANDOM" });
  assert.deepEqual(cluster({ maglev: {} }), { lbPolicy: "MAGLEV" });
  assert.deepEqual(cluster({ ringHash: {} }), { lbPolicy: "RING_HASH", ringHashLbConfig: {} });
  assert.deepEqual(
    cluster({ ringHash: { ringHashConfig: { minimumRingSize: "10", maximumRingSize: "8388608" } } }),
    {
      lbPolicy: "RING_HASH",
      ringHashLbConfig: { minimumRingSize: { value: "10" }, maximumRingSize: { value: "8388608" } },
    },
  );
});

Deno.test("values that Envoy refuses are errors", () => {
  const ring = (ringHashConfig: object) => ({ ringHash: { ringHashConfig } });
  const slow = (slowStartConfig: object) => ({ roundRobin: { slowStartConfig } });
  const cases: [object, string][] = [
    [{ healthyPanicThreshold: 100.5 }, "healthyPanicThreshold"],
    [{ healthyPanicThreshold: NaN }, "healthyPanicThreshold"],
    [{ updateMergeWindow: "-1s" }, "updateMergeWindow"],
    [{ leastRequest: { choiceCount: 1 } }, "leastRequest.choiceCount"],
    [slow({ minWeightPercent: -1 }), "roundRobin.slowStartConfig.minWeightPercent"],
    [slow({ slowStartWindow: "-1s" }), "roundRobin.slowStartConfig.slowStartWindow"],
    [ring({ minimumRingSize: "8388609" }), "ringHash.ringHashConfig.minimumRingSize"],
    [ring({ maximumRingSize: "18446744073709551615" }), "ringHash.ringHashConfig.maximumRingSize"],
    [ring({ minimumRingSize: "20", maximumRingSize: "19" }), "ringHash.ringHashConfig.maximumRingSize"],
    [ring({ maximumRingSize: "1023" }), "ringHash.ringHashConfig.maximumRingSize"],
  ];
  for (const [config, path] of cases) {
    assert.deepEqual(reportLines(call(config)), [`error SLUICE-1463 loadBalancerConfig.${path}`]);
  }
});

Deno.test("an aggression that says nothing to Envoy is ignored with a warning", () => {
  const result = call({ roundRobin: { slowStartConfig: { aggression: 0 } } });
  assert.deepEqual(reportLines(result), [
    "warning SLUICE-1463 loadBalancerConfig.roundRobin.slowStartConfig.aggression",
  ]);
  assert.deepEqual(result?.fragment?.cluster?.roundRobinLbConfig, { slowStartConfig: {} });
});

Deno.test("a subsetSpec in the Upstream's type becomes subsets", () => {
  const subsetSpec = {
    selectors: [{ keys: ["version", "color"] }, { keys: ["host"], singleHostPerSubset: true }],
    fallbackPolicy: "DEFAULT_SUBSET",
    defaultSubset: { values: { version: "v1" } },
  };
  assert.deepEqual(callUpstream(plugin, { kube: { subsetSpec } })?.fragment?.cluster, {
    lbSubsetConfig: {
      fallbackPolicy: "DEFAULT_SUBSET",
      defaultSubset: { version: "v1" },
      subsetSelectors: [{ keys: ["color", "version"] }, { keys: ["host"], singleHostPerSubset: true }],
    },
  });
  const bare = callUpstream(plugin, { kube: { subsetSpec: {} } })?.fragment?.cluster;
  assert.deepEqual(bare, { lbSubsetConfig: { fallbackPolicy: "ANY_ENDPOINT", subsetSelectors: [] } });
});

Deno.test("subsets and hashing by host name exclude each other", () => {
  const loadBalancerConfig = { maglev: {}, useHostnameForHashing: true };
  const spec = { kube: { subsetSpec: { selectors: [{ keys: ["version"] }] } } };
  const told = reportLines(callUpstream(plugin, { ...spec, loadBalancerConfig }));
  assert.deepEqual(told, ["error SLUICE-1484 loadBalancerConfig.useHostnameForHashing"]);
  assert.deepEqual(reportLines(callUpstream(plugin, { ...spec, loadBalancerConfig: { maglev: {} } })), []);
});

const hash = (...hashPolicies: HashPolicy[]) => {
  const result = plugin.routeAction!({ options: { lbHash: { hashPolicies } } } as never);
  if (result?.fragment) checkMessage("envoy.config.route.v3.RouteAction", result.fragment);
  return result;
};

Deno.test("hash policies, in their order", () => {
  const result = hash(
    { header: "x-user", terminal: true },
    { cookie: { name: "session", ttl: "0s", path: "/" } },
    { cookie: { name: "passive" } },
    { sourceIp: true },
  );
  assert.deepEqual(result?.fragment, {
    hashPolicy: [
      { header: { headerName: "x-user" }, terminal: true },
      { cookie: { name: "session", ttl: {}, path: "/" } },
      { cookie: { name: "passive" } },
      { connectionProperties: { sourceIp: true } },
    ],
  });
});

Deno.test("a hash policy that Envoy refuses is an error", () => {
  const cases: [HashPolicy, string][] = [
    [{}, ""],
    [{ header: "" }, ".header"],
    [{ header: "a b" }, ".header"],
    [{ cookie: {} }, ".cookie.name"],
    [{ cookie: { name: "a=b" } }, ".cookie.name"],
    [{ cookie: { name: "a", ttl: "-1s" } }, ".cookie.ttl"],
    [{ cookie: { name: "a", path: "/;x" } }, ".cookie.path"],
  ];
  for (const [policy, path] of cases) {
    assert.deepEqual(reportLines(hash(policy)), [`error SLUICE-1465 lbHash.hashPolicies[0]${path}`]);
  }
});

Deno.test("lbHash wants a routeAction", () => {
  const call = (route: object) => plugin.route!({ options: { lbHash: {} }, route } as never);
  assert.deepEqual(reportLines(call({ directResponseAction: { status: 200 } })), ["error SLUICE-1464 lbHash"]);
  assert.equal(call({ routeAction: {} }), undefined);
});
