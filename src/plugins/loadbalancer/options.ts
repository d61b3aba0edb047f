import { shape } from "../../api/mod.ts";

const slowStartConfig = shape.message({
  slowStartWindow: shape.duration({ doc: "How long a new host is warmed up." }),
  aggression: shape.doubleValue({ doc: "Above zero: how steeply its share grows. Default 1." }),
  minWeightPercent: shape.doubleValue({ doc: "0 to 100: its share at the start. Default 10." }),
});
export type SlowStartConfig = shape.Infer<typeof slowStartConfig>;

export const loadBalancerConfig = shape.message({
  healthyPanicThreshold: shape.doubleValue({
    doc: "Per cent of healthy hosts below which all hosts are used. 0 to 100; default 50.",
  }),
  updateMergeWindow: shape.duration({ doc: "Changes of hosts within this time are taken as one. Default 1s." }),
  ...shape.oneof("type", {
    roundRobin: shape.message({ slowStartConfig }),
    leastRequest: shape.message({
      choiceCount: shape.uint32({ doc: "At least 2. Default 2." }),
      slowStartConfig,
    }),
    random: shape.message({}),
    ringHash: shape.message({
      ringHashConfig: shape.message({
        minimumRingSize: shape.uint64({ doc: "At most 8388608. Default 1024." }),
        maximumRingSize: shape.uint64({ doc: "At most 8388608, which is the default." }),
      }),
    }),
    maglev: shape.message({}),
  }),
  ...shape.oneof("localityConfig", { localityWeightedLbConfig: shape.message({}) }),
  useHostnameForHashing: shape.boolValue({ doc: "Hash a host's name instead of its address." }),
  closeConnectionsOnHostSetChange: shape.bool({ doc: "Close connections to all hosts when the hosts change." }),
});
export type LoadBalancerConfig = shape.Infer<typeof loadBalancerConfig>;

const hashPolicy = shape.message({
  ...shape.oneof("KeyType", {
    header: shape.string({ doc: "Name of a request header." }),
    cookie: shape.message({
      name: shape.string(),
      ttl: shape.duration({ doc: "Make a cookie where there is none; 0s makes a session cookie." }),
      path: shape.string(),
    }),
    sourceIp: shape.bool(),
  }),
  terminal: shape.bool({ doc: "Pass over the policies that follow once this one gave a key." }),
});
export type HashPolicy = shape.Infer<typeof hashPolicy>;

export const lbHash = shape.message({ hashPolicies: shape.list(hashPolicy) }, {
  doc: "What requests are hashed by where the upstream has a ringHash or maglev load balancer.",
});
