/** Random Services with what belongs to them, as the API server has them. */
import { NAMES, NAMESPACES } from "./names.ts";
import type { Random } from "./random.ts";

/** Of an Upstream. */
export function kubeUpstream(random: Random): object {
  return {
    serviceName: random.mostly(NAMES, ""),
    servicePort: random.mostly([80, 80, 81], 0),
    ...random.maybe(2, () => ({ serviceNamespace: random.pick(NAMESPACES) })),
    ...random.maybe(3, () => ({ selector: { app: random.pick(["x", "y"]) } })),
    ...random.maybe(3, () => ({ subsetSpec: { selectors: [{ keys: ["tier"] }] } })),
    ...random.maybe(8, () => ({ serviceSpec: random.pick([{ grpc: {} }, { rest: {} }]) })),
  };
}

/** Of a route. */
export function kubeDestination(random: Random): object {
  const ref = {
    name: random.mostly(NAMES, "nowhere"),
    ...random.maybe(2, () => ({ namespace: random.pick(NAMESPACES) })),
  };
  return { ref, port: random.mostly([80, 80, 81], 0) };
}

export function serviceSpec(random: Random): object {
  return {
    ...random.weighed<object>([
      [6, () => ({ clusterIP: random.pick(["10.96.0.1", "fd00:10::1", "None"]) })],
      [1, () => ({ type: "ExternalName", externalName: random.mostly(["away.example"], "localhost") })],
    ]),
    ...random.maybe(2, () => ({ selector: { app: "x" } })),
    ...random.maybe(5, () => ({ publishNotReadyAddresses: true })),
    ports: [
      { name: random.mostly(["web"], "grpc"), port: 80 },
      ...random.upTo(1, () => ({ name: "other", port: 81, protocol: random.mostly(["TCP"], "UDP") })),
    ],
  };
}

/** As the whole object has it beside its metadata: an EndpointSlice has no spec. */
export function endpointSliceSpec(random: Random): object {
  const family = random.pick([4, 4, 6]);
  return {
    addressType: family === 4 ? "IPv4" : "IPv6",
    ports: ["web", "grpc", "other"].map((name, i) => ({ name, port: 8080 + i })),
    endpoints: random.upTo(3, () => endpoint(random, family)),
  };
}

function endpoint(random: Random, family: number): object {
  const n = 1 + random.below(4);
  return {
    addresses: [random.mostly([family === 4 ? `10.2.0.${n}` : `fd00::${n}`], "a.name")],
    ...random.maybe(2, () => ({ conditions: conditions(random) })),
    ...random.maybe(2, () => ({ zone: random.pick(["za", "zb"]), nodeName: random.pick(["n1", "n2"]) })),
    ...random.maybe(2, () => ({ targetRef: { kind: "Pod", name: random.pick(NAMES) } })),
  };
}

function conditions(random: Random): object {
  return random.pick([
    { ready: true },
    { ready: false },
    { ready: false, serving: true, terminating: true },
    { ready: false, serving: false, terminating: true },
  ]);
}

/** Of an EndpointSlice: the Service that it belongs to. */
export function sliceLabels(random: Random): Record<string, string> {
  return random.oneIn(20) ? {} : { "kubernetes.io/service-name": random.pick(NAMES) };
}

/** Of a Service. */
export function serviceAnnotations(random: Random): Record<string, string> {
  return { "gloo.solo.io/h2_service": random.pick(["true", "false"]) };
}
