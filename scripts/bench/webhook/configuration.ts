import { apiVersionOf, type Kind } from "../../../src/api/mod.ts";
import type { Certificate } from "../../certificates.ts";
import { NAMESPACE } from "../configuration.ts";

/** A manifest as the API server keeps it. */
export type Manifest = Readonly<Record<string, unknown>> & { readonly kind: string; readonly metadata: Metadata };

interface Metadata {
  readonly name: string;
  readonly namespace: string;
}

/** Routes of each VirtualService; every tenth delegates one more to a RouteTable. */
const ROUTES = 4;
const TABLES = 50;
const SECRETS = 50;

export const ref = (name: string): Metadata => ({ name, namespace: NAMESPACE });

export function manifest(kind: Kind, name: string, spec: object): Manifest {
  return { apiVersion: apiVersionOf(kind), kind, metadata: ref(name), spec };
}

const list = <T>(length: number, make: (i: number) => T): T[] => Array.from({ length }, (_, i) => make(i));

/** Two Gateways, `size` VirtualServices, a tenth as many Upstreams, RouteTables, and Secrets for one VirtualService in ten. */
export function configuration(size: number, certificates: readonly Certificate[]): Manifest[] {
  return [
    manifest("Settings", "default", { gateway: { validation: { alwaysAccept: false } } }),
    manifest("Gateway", "http", { bindPort: 8080, httpGateway: {} }),
    manifest("Gateway", "https", { bindPort: 8443, ssl: true, httpGateway: {} }),
    ...list(upstreamsOf(size), (i) => upstream(i)),
    upstream("all"),
    ...list(TABLES, (i) => routeTable(i, size)),
    ...list(SECRETS, (i) => secret(i, certificates[i % certificates.length]!)),
    ...list(size, (i) => virtualService(i, size)),
  ];
}

export const upstreamsOf = (size: number): number => Math.max(1, size / 10);

export function upstream(name: number | string, port = 80): Manifest {
  return manifest("Upstream", `up-${name}`, { static: { hosts: [{ addr: "10.0.0.1", port }] } });
}

export function routeTable(i: number, size: number, timeout = "5s"): Manifest {
  return manifest("RouteTable", `table-${i}`, {
    routes: list(3, (n) => route(`/table/part-${n}`, (i + n) % upstreamsOf(size), { timeout })),
  });
}

export function secret(i: number, { cert, key }: Certificate): Manifest {
  const data = { "tls.crt": btoa(cert), "tls.key": btoa(key) };
  return { apiVersion: "v1", kind: "Secret", metadata: ref(`cert-${i}`), type: "kubernetes.io/tls", data };
}

/** What an edit may change. */
export interface Wish {
  readonly name?: string;
  readonly domain?: string;
  readonly timeout?: string;
}

export function virtualService(i: number, size: number, wish: Wish = {}): Manifest {
  const { name = `vs-${i}`, domain = `${name}.test`, timeout = "10s" } = wish;
  const ups = upstreamsOf(size);
  const routes = [
    route("/edited", i % ups, { timeout }),
    ...list(ROUTES - 2, (n) => route(`/part-${n}`, (i + n) % ups)),
    ...(i % 10 === 0
      ? [{ matchers: [{ prefix: "/table" }], delegateAction: { ref: ref(`table-${i / 10 % TABLES}`) } }]
      : []),
    route("/", "all"),
  ];
  const tls = i % 10 === 5
    ? { sslConfig: { secretRef: ref(`cert-${(i - 5) / 10 % SECRETS}`), sniDomains: [domain] } }
    : {};
  return manifest("VirtualService", name, { virtualHost: { domains: [domain], routes }, ...tls });
}

function route(prefix: string, to: number | string, options: object = {}): object {
  return { matchers: [{ prefix }], routeAction: { single: { upstream: ref(`up-${to}`) } }, options };
}
