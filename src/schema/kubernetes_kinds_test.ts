import assert from "node:assert/strict";
import { createSchema } from "./schema.ts";

const schema = createSchema([]);
const decode = (document: unknown) => schema.decode(document, { defaultNamespace: "gloo-system" });

Deno.test("of Kubernetes' own objects what Sluice goes by is kept, and fields of later versions are passed over", () => {
  const service = decode({
    apiVersion: "v1",
    kind: "Service",
    metadata: {
      name: "pets",
      namespace: "shop",
      uid: "1",
      resourceVersion: "5",
      managedFields: [{}],
      labels: { a: "b" },
    },
    spec: { type: "ClusterIP", ports: [{ name: "http", port: 80, targetPort: 8080, nodePort: 3 }], later: {} },
    status: { loadBalancer: { ingress: [{ ip: "192.0.2.1", ipMode: "VIP" }] } },
  });
  assert.deepEqual(service.reports, []);
  assert.deepEqual(service.resource, {
    kind: "Service",
    metadata: { name: "pets", namespace: "shop", labels: { a: "b" } },
    spec: {
      type: "ClusterIP",
      ports: [{ name: "http", port: 80 }],
      loadBalancerIngress: [{ ip: "192.0.2.1" }],
    },
  });
  const slice = decode({
    apiVersion: "discovery.k8s.io/v1",
    kind: "EndpointSlice",
    metadata: {
      name: "pets-1",
      namespace: "shop",
      annotations: { a: "b" },
      labels: { "kubernetes.io/service-name": "pets" },
    },
    addressType: "IPv4",
    endpoints: [{ addresses: ["10.0.0.1"], conditions: { ready: false }, deprecatedTopology: {}, zone: "a" }],
    ports: [{ name: "http", port: 8080, protocol: "TCP" }],
  });
  assert.deepEqual(slice.resource, {
    kind: "EndpointSlice",
    metadata: { name: "pets-1", namespace: "shop", labels: { "kubernetes.io/service-name": "pets" } },
    spec: {
      addressType: "IPv4",
      endpoints: [{ addresses: ["10.0.0.1"], conditions: { ready: false }, zone: "a" }],
      ports: [{ name: "http", port: 8080, protocol: "TCP" }],
    },
  });
});

Deno.test("a kind without namespaces has none, and objects of other groups are not taken for Kubernetes' own", () => {
  const ingressClass = { kind: "IngressClass", metadata: { name: "gloo" }, spec: { controller: "c" } };
  assert.equal(decode({ apiVersion: "networking.k8s.io/v1", ...ingressClass }).resource?.metadata.namespace, "");
  assert.equal(
    decode({ apiVersion: "serving.knative.dev/v1", kind: "Service", metadata: {} }).skipped,
    "serving.knative.dev/v1 Service",
  );
  assert.equal(
    decode({ apiVersion: "extensions/v1beta1", kind: "Ingress", metadata: {} }).skipped,
    "extensions/v1beta1 Ingress",
  );
});
