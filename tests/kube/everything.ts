/** Objects of a cluster that make Sluice do all that it does there. */
import { apiVersionOf, GLOO_KINDS, KINDS } from "../../src/api/mod.ts";
import { routing, service, slice } from "./services.ts";
import { answering, gateway, type Manifest } from "./world.ts";

const named = (kind: (typeof GLOO_KINDS)[number], name: string, spec: object = {}): Manifest => ({
  apiVersion: apiVersionOf(kind),
  kind,
  metadata: { name },
  spec,
});

/** Of each kind of Gloo's that is an object an empty one: right or wrong, it gets a status. */
export const oneOfEach: readonly Manifest[] = GLOO_KINDS.filter((kind) => KINDS[kind].crd && kind !== "Settings")
  .map((kind) => named(kind, "each"));

/** It is rejected: its route leads nowhere. */
export const rejected: Manifest = routing("rejected", "rejected.test", { upstream: { name: "" } });

/** It wants the labels of Pods. */
export const withSubsets: Manifest = named("Upstream", "with-subsets", {
  kube: {
    serviceName: "pets",
    serviceNamespace: "shop",
    servicePort: 80,
    subsetSpec: { selectors: [{ keys: ["version"] }] },
  },
});

/** The Service in front of Envoys, and the addresses that Ingresses are to show. */
export const front: Manifest = {
  ...service("front"),
  spec: { type: "LoadBalancer", ports: [{ name: "http", port: 80, targetPort: 8080 }] },
};
export const addresses = [{ ip: "192.0.2.1" }];

/** It shows them. */
export const ingress: Manifest = {
  apiVersion: "networking.k8s.io/v1",
  kind: "Ingress",
  metadata: { name: "web", namespace: "shop" },
  spec: { ingressClassName: "sluice", defaultBackend: { service: { name: "pets", port: { number: 80 } } } },
};

/** Settings of Sluice's own. */
export const settings = (sluice: object): Manifest => named("Settings", "default", { sluice });

/** All others. */
export const routed: readonly Manifest[] = [
  gateway(18_080),
  answering("routed", "x", "routed.test"),
  service("pets"),
  slice("pets", ["10.77.0.11"]),
];
