import type { Manifest } from "./world.ts";

/** A Service with one port, named `http`. */
export const service = (name: string, namespace = "shop", port = 80): Manifest => ({
  apiVersion: "v1",
  kind: "Service",
  metadata: { name, namespace },
  spec: { ports: [{ name: "http", port, targetPort: 8080 }] },
});

/** The EndpointSlice of a Service, with these addresses. */
export const slice = (
  name: string,
  addresses: readonly (string | { readonly address: string; readonly ready: boolean; readonly zone?: string })[],
  namespace = "shop",
  port = 8080,
): Manifest => ({
  apiVersion: "discovery.k8s.io/v1",
  kind: "EndpointSlice",
  metadata: { name: `${name}-1`, namespace, labels: { "kubernetes.io/service-name": name } },
  addressType: "IPv4",
  endpoints: addresses.map((one) => {
    const { address, ready, zone } = typeof one === "string" ? { address: one, ready: true, zone: undefined } : one;
    return { addresses: [address], conditions: { ready }, ...(zone && { zone }) };
  }),
  ports: [{ name: "http", port, protocol: "TCP" }],
});

/** An Upstream of a Service. */
export const kubeUpstream = (name: string, serviceName: string, serviceNamespace = "shop", port = 80): Manifest => ({
  apiVersion: "gloo.solo.io/v1",
  kind: "Upstream",
  metadata: { name },
  spec: { kube: { serviceName, serviceNamespace, servicePort: port } },
});

/** A VirtualService whose one route goes there. */
export const routing = (name: string, domain: string, single: object, namespace = "gloo-system"): Manifest => ({
  apiVersion: "gateway.solo.io/v1",
  kind: "VirtualService",
  metadata: { name, namespace },
  spec: {
    virtualHost: { domains: [domain], routes: [{ matchers: [{ prefix: "/" }], routeAction: { single } }] },
  },
});

/** A Service that Kubernetes finds Pods for, those with the label `app`. */
export const selecting = (name: string, annotations: Readonly<Record<string, string>> = {}): Manifest => ({
  apiVersion: "v1",
  kind: "Service",
  metadata: { name, namespace: "shop", annotations },
  spec: { selector: { app: name }, ports: [{ name: "http", port: 80, targetPort: 8080 }] },
});

/** A Pod of a node that there is. Nothing runs in it. */
export const pod = (name: string, labels: Readonly<Record<string, string>>): Manifest => ({
  apiVersion: "v1",
  kind: "Pod",
  metadata: { name, namespace: "shop", labels },
  spec: {
    nodeName: "node-a",
    automountServiceAccountToken: false,
    containers: [{ name: "main", image: "none", ports: [{ containerPort: 8080 }] }],
  },
});
