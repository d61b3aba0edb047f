import { type Gate, ROAMING, type RouteForm, type ServiceForm, type UpstreamForm, type World } from "./world.ts";
import { tlsSecret } from "../envoy/yaml.ts";

/** Where everything listens. */
export interface Ports {
  /** By name of a proxy, then of a gateway. */
  readonly gateways: Readonly<Record<string, Readonly<Record<GatewayName, number>>>>;
  /** Of back ends, by name. */
  readonly backends: ReadonlyMap<string, number>;
  /** PEM of the authority of all certificates. */
  readonly ca: string;
}

export const GATEWAYS = ["main", "alt", "tls", "tcp", "tcpSni", "extra"] as const;
export type GatewayName = (typeof GATEWAYS)[number];

const ref = (name: string): object => ({ name, namespace: "gloo-system" });

const manifest = (group: string, kind: string, name: string, spec: object, labels?: object): string =>
  JSON.stringify(
    { apiVersion: `${group}.solo.io/v1`, kind, metadata: { name, namespace: "gloo-system", labels }, spec },
    undefined,
    1,
  ) + "\n";

/** The files, by path. */
export function renderWorld(world: World, ports: Ports): Map<string, string> {
  const documents = new Map<string, string[]>();
  const put = (file: string, document: string): void => {
    documents.set(file, [...documents.get(file) ?? [], document]);
  };
  for (const [proxy, own] of Object.entries(ports.gateways)) {
    for (const document of gateways(proxy, own, world)) put("gateways.yaml", document);
  }
  put("canary.yaml", canary(world.canary));
  for (const [name, upstream] of world.upstreams) {
    put(upstream.file, upstreamYaml(name, upstream, ports.backends));
    if (upstream.warming !== "secret") continue;
    const { cert, key } = world.client;
    put(`secrets/backend-${name}.yaml`, tlsSecret(`backend-${name}`, cert, key, ports.ca));
  }
  for (const [host, service] of world.services) {
    put(service.file, serviceYaml(world.roaming === host ? [host, ROAMING] : [host], service));
    const { table, shared } = service;
    if (shared) {
      put(
        `options/${shared.name}.yaml`,
        manifest("gateway", "VirtualHostOption", shared.name, { options: shared.options }),
      );
    }
    for (const { group, to } of service.routes) {
      if (group) put(`groups/${group}.yaml`, manifest("gloo", "UpstreamGroup", group, weighted(to)));
    }
    if (table) {
      put(table.file, manifest("gateway", "RouteTable", table.name, { routes: service.routes.map(routeYaml) }));
    }
  }
  for (const [name, { file, certificate }] of world.secrets) {
    put(file, tlsSecret(name, certificate.cert, certificate.key));
  }
  return new Map([...documents].map(([file, list]) => [file, list.join("---\n")]));
}

function gateways(proxy: string, ports: Readonly<Record<GatewayName, number>>, world: World): string[] {
  const one = (name: GatewayName, spec: object): string =>
    manifest("gateway", "Gateway", `${name}-${proxy}`.toLowerCase(), {
      ...{ bindAddress: "127.0.0.1", bindPort: ports[name], proxyNames: [proxy] },
      ...spec,
    });
  const selecting = (...gates: Gate[]): object => ({
    virtualServiceExpressions: { expressions: [{ key: "gate", operator: "In", values: gates }] },
  });
  const options = { httpConnectionManagerSettings: { maxRequestHeadersKb: 60 + world.altOptions } };
  const sniHosts = [...world.tcpHosts].map(([name, parts]) => ({
    name,
    sslConfig: { secretRef: ref(name), sniDomains: [`${name}.test`] },
    destination: destination(parts),
  }));
  return [
    one("main", { httpGateway: selecting("main", "both") }),
    one("alt", { httpGateway: { ...selecting("alt", "both"), ...(world.altOptions > 0 && { options }) } }),
    one("tls", { httpGateway: selecting("tls"), ssl: true }),
    one("tcp", { tcpGateway: { tcpHosts: [{ name: "plain", destination: { single: { upstream: ref("tcp0") } } }] } }),
    one("tcpSni", { tcpGateway: { tcpHosts: sniHosts } }),
    ...(world.extra ? [one("extra", { httpGateway: selecting("main", "both") })] : []),
  ];
}

/** Served at `main` by Envoy itself; its answer tells how far an Envoy is. */
function canary(count: number): string {
  const routes = [{ matchers: [{ prefix: "/" }], directResponseAction: { status: 200, body: `canary ${count}` } }];
  return manifest("gateway", "VirtualService", "canary", { virtualHost: { domains: ["canary.test"], routes } }, {
    gate: "main",
  });
}

function upstreamYaml(
  name: string,
  { hosts, warming, options, protocol }: UpstreamForm,
  ports: Ports["backends"],
): string {
  const addr = warming === "name" ? "localhost" : "127.0.0.1";
  const healthChecks = [{
    ...{ timeout: "2s", interval: "10s", unhealthyThreshold: 3, healthyThreshold: 1 },
    httpHealthCheck: { path: "/health" },
  }];
  return manifest("gloo", "Upstream", name, {
    static: { hosts: hosts.map((host) => ({ addr, port: ports.get(warming === "secret" ? `${host} TLS` : host)! })) },
    ...(warming === "secret" && { sslConfig: { secretRef: ref(`backend-${name}`), sni: "backend.test" } }),
    // Envoy allows three retries at a time, and those above it fail.
    ...(protocol === "http" && { circuitBreakers: { maxRetries: 1000 } }),
    ...(warming === "health check" && { healthChecks, ignoreHealthOnHostRemoval: true }),
    ...options,
  });
}

/** Longer than this no retry waits. */
export const LONGEST_BACK_OFF_MS = 400;

function serviceYaml(
  domains: readonly string[],
  { name, gate, routes, table, options, shared, retries, secret, sslParameters, form }: ServiceForm,
): string {
  const headers = { requestHeadersToAdd: [{ header: { key: "x-form", value: String(form) }, append: false }] };
  const retrying = {
    includeRequestAttemptCount: true,
    retries: {
      ...{ retryOn: "5xx", numRetries: 2 },
      retryBackOff: { baseInterval: `${LONGEST_BACK_OFF_MS / 1000}s`, maxInterval: `${LONGEST_BACK_OFF_MS / 1000}s` },
    },
  };
  const delegating = { matchers: [{ prefix: "/" }], delegateAction: { ref: ref(table?.name ?? "") } };
  return manifest("gateway", "VirtualService", name, {
    ...(secret && {
      sslConfig: { secretRef: ref(secret), sniDomains: [`${domains[0]}.test`], parameters: sslParameters },
    }),
    virtualHost: {
      domains: domains.map((domain) => `${domain}.test`),
      routes: table ? [delegating] : routes.map(routeYaml),
      options: { headerManipulation: headers, ...options, ...(retries && retrying) },
      ...(shared && { optionsConfigRefs: { delegateOptions: [ref(shared.name)] } }),
    },
  }, { gate });
}

function routeYaml({ name, prefix, to, group, options }: RouteForm): object {
  return {
    name,
    matchers: [{ prefix }],
    routeAction: group ? { upstreamGroup: ref(group) } : destination(to),
    ...(Object.keys(options).length > 0 && { options }),
  };
}

function destination(to: RouteForm["to"]): object {
  if (to.length === 1) return { single: { upstream: ref(to[0]!.upstream) } };
  return { multi: weighted(to) };
}

function weighted(to: RouteForm["to"]): object {
  return { destinations: to.map(({ upstream, weight }) => ({ destination: { upstream: ref(upstream) }, weight })) };
}
