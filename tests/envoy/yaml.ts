/** Short ways to write the YAML of tests, as Kubernetes manifests (JSON is YAML). */

const manifest = (apiVersion: string, kind: string, name: string, spec: unknown, metadata: object = {}): string =>
  JSON.stringify({ apiVersion, kind, metadata: { name, namespace: "gloo-system", ...metadata }, spec }) + "\n";

export const gateway = (name: string, spec: object): string => manifest("gateway.solo.io/v1", "Gateway", name, spec);

/** An HTTP gateway on 127.0.0.1. */
export const httpGateway = (port: number, more: object = {}): string =>
  gateway(`http-${port}`, { bindAddress: "127.0.0.1", bindPort: port, httpGateway: {}, ...more });

/** An HTTPS gateway on 127.0.0.1. */
export const httpsGateway = (port: number): string => httpGateway(port, { ssl: true });

export const virtualService = (name: string, domains: string[], routes: object[], more: object = {}): string =>
  manifest("gateway.solo.io/v1", "VirtualService", name, { virtualHost: { domains, routes }, ...more });

export const routeTable = (name: string, routes: object[], more: object = {}): string =>
  manifest("gateway.solo.io/v1", "RouteTable", name, { routes, ...more });

/** A static Upstream on 127.0.0.1. */
export const upstream = (name: string, port: number, more: object = {}): string =>
  manifest("gloo.solo.io/v1", "Upstream", name, { static: { hosts: [{ addr: "127.0.0.1", port }] }, ...more });

export const resource = (kind: string, name: string, spec: object): string =>
  manifest(
    ["Upstream", "UpstreamGroup", "Proxy", "Settings"].includes(kind) ? "gloo.solo.io/v1" : "gateway.solo.io/v1",
    kind,
    name,
    spec,
  );

/** A TLS secret in Kubernetes' form. */
export const tlsSecret = (name: string, cert: string, key: string, ca?: string): string =>
  JSON.stringify({
    apiVersion: "v1",
    kind: "Secret",
    type: "kubernetes.io/tls",
    metadata: { name, namespace: "gloo-system" },
    data: { "tls.crt": btoa(cert), "tls.key": btoa(key), ...(ca ? { "ca.crt": btoa(ca) } : {}) },
  }) + "\n";

/** A route to one upstream. */
export const to = (name: string, matcher: object = { prefix: "/" }, options?: object): object => ({
  matchers: [matcher],
  routeAction: { single: { upstream: { name, namespace: "gloo-system" } } },
  ...(options ? { options } : {}),
});

/** A route that Envoy answers by itself. */
export const answer = (body: string, matcher: object = { prefix: "/" }, options?: object): object => ({
  matchers: [matcher],
  directResponseAction: { status: 200, body },
  ...(options ? { options } : {}),
});
