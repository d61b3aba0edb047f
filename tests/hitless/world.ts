import type { Certificate } from "../../scripts/certificates.ts";

/** What the files say, as plain data that edits change and {@link renderWorld} writes as YAML. */
export interface World {
  readonly upstreams: Map<string, UpstreamForm>;
  readonly services: Map<string, ServiceForm>;
  readonly secrets: Map<string, SecretForm>;
  /** Hosts of the TCP gateway that tells them apart by server name; each with the upstreams and weights it leads to. */
  readonly tcpHosts: Map<string, DestinationForm[]>;
  /** What Envoys show to back ends that speak TLS; each Upstream that does has a secret of its own with it. */
  client: Certificate;
  /** Which service has the domain that moves about. */
  roaming: string;
  /** Whether there is another gateway, `extra`, with the services of `main`. */
  extra: boolean;
  /** Which folder the configuration's link leads to. */
  generation: number;
  /** Counts edits of the gateway `alt`'s options. */
  altOptions: number;
  /** Counts how often it was asked whether everything has arrived. */
  canary: number;
}

export interface DestinationForm {
  readonly upstream: string;
  readonly weight: number;
}

export interface UpstreamForm {
  file: string;
  /** Back ends, by name. */
  hosts: string[];
  readonly protocol: "http" | "tcp";
  /** What the cluster waits for before it is ready: nothing but its endpoints, an answer to a check, a name, a secret. */
  warming: Warming;
  options: Readonly<Record<string, unknown>>;
}

export type Warming = "nothing" | "health check" | "name" | "secret";
export const WARMINGS: readonly Warming[] = ["nothing", "health check", "name", "secret"];

export interface RouteForm {
  name: string;
  /** Prefix of the paths. `/`, the last route, is never removed. */
  readonly prefix: string;
  to: DestinationForm[];
  /** Where `to` stands in an UpstreamGroup, its name. */
  group?: string;
  options: Readonly<Record<string, unknown>>;
}

/** At which gateways a VirtualService is served. */
export type Gate = "main" | "alt" | "both" | "tls";

/** A VirtualService; where it has a `table`, its routes stand in a RouteTable. Its key is its host. */
export interface ServiceForm {
  /** metadata.name */
  name: string;
  file: string;
  gate: Gate;
  routes: RouteForm[];
  table: { readonly name: string; readonly file: string } | undefined;
  options: Readonly<Record<string, unknown>>;
  /** A VirtualHostOption that it refers to. */
  shared: { readonly name: string; readonly options: Readonly<Record<string, unknown>> } | undefined;
  /** Retries of requests to `/retry` are part of it, and edits leave them alone. */
  readonly retries: boolean;
  /** Secret with its certificate, for `tls`. */
  readonly secret: string | undefined;
  sslParameters: Readonly<Record<string, unknown>>;
  /** Changes with every edit of it; back ends see it in `x-form`. */
  form: number;
  /** Nothing of it is ever edited. */
  readonly bystander: boolean;
}

export interface SecretForm {
  readonly file: string;
  certificate: Certificate;
  /** Common name of the certificate; changes when it is rotated. */
  commonName: string;
}

/** The domain that moves about between these services. */
export const ROAMING = "roam";
export const ROAMERS = ["roam0", "roam1"] as const;

/** Prefixes that routes may have, beside `/`. */
export const PREFIXES = ["/a", "/b", "/c", "/c/x", "/d"] as const;
/** Paths that are asked of every host. */
export const PATHS = ["/", "/a", "/b/1", "/c/1", "/c/x/1", "/d"] as const;

export const HTTP_BACKENDS = ["b0", "b1", "b2", "b3"] as const;
export const TCP_BACKENDS = ["t0", "t1"] as const;

/** The gateways at which a VirtualService of this gate is served. */
export function gatewaysOf(gate: Gate): readonly ("main" | "alt" | "tls")[] {
  return gate === "both" ? ["main", "alt"] : [gate];
}

/** The back ends, one of which answers such a request. */
export function answering(world: World, service: ServiceForm, path: string): ReadonlySet<string> {
  const route = service.routes.find(({ prefix }) => path.startsWith(prefix))!;
  const upstreams = route.to.filter(({ weight }) => weight > 0).map(({ upstream }) => world.upstreams.get(upstream)!);
  return new Set(upstreams.flatMap(({ hosts }) => hosts));
}

/** Names of the upstreams that the service's routes lead to. */
export function upstreamsOf(service: ServiceForm): ReadonlySet<string> {
  return new Set(service.routes.flatMap(({ to }) => to.map(({ upstream }) => upstream)));
}

const part = (upstream: string, weight = 1): DestinationForm => ({ upstream, weight });

/** Host names that are there in the beginning, with what is particular about them. */
const HOSTS: Readonly<Record<string, Partial<ServiceForm> & { readonly to?: string }>> = {
  "stay-main": { gate: "main", bystander: true, to: "stay" },
  "stay-alt": { gate: "alt", bystander: true, to: "stay" },
  "stay-tls": { gate: "tls", bystander: true, to: "stay", secret: "stay-tls" },
  "h0": { gate: "main", retries: true },
  "h1": { gate: "main", retries: true },
  "h2": { gate: "main", retries: true },
  "h3": { gate: "both", retries: true },
  "h4": { gate: "both", table: { name: "table-h4", file: "tables/h4.yaml" } },
  "h5": { gate: "alt" },
  "ws": { gate: "main" },
  "roam0": { gate: "main", retries: true },
  "roam1": { gate: "main", retries: true },
  "one.shared": { name: "one-shared", gate: "tls", secret: "shared" },
  "tls0": { gate: "tls", secret: "tls0" },
  "tls1": { gate: "tls", secret: "tls1" },
};

/** The world before the first edit. `certify` makes a certificate for a host name. */
export async function newWorld(
  certify: (host: string, commonName: string) => Promise<Certificate>,
): Promise<World> {
  const upstreams = new Map<string, UpstreamForm>();
  const add = (name: string, file: string, protocol: "http" | "tcp", hosts: string[]): void => {
    upstreams.set(name, { file, hosts, protocol, warming: "nothing", options: {} });
  };
  add("stay", "upstreams/stay.yaml", "http", ["b0", "b1"]);
  for (const i of [0, 1, 2, 3]) {
    add(`u${i}`, i < 2 ? "upstreams/first.yaml" : `upstreams/u${i}.yaml`, "http", [`b${i}`]);
  }
  add("tcp-stay", "upstreams/tcp.yaml", "tcp", ["t0"]);
  for (const i of [0, 1]) add(`tcp${i}`, "upstreams/tcp.yaml", "tcp", [`t${i}`]);
  const services = new Map<string, ServiceForm>();
  const secrets = new Map<string, SecretForm>();
  for (const [host, { to, ...more }] of Object.entries(HOSTS)) {
    const upstream = to ?? `u${services.size % 4}`;
    services.set(host, newService(host, { ...more, routes: [newRoute("/", [part(upstream)])] }));
  }
  for (const host of ["stay-tls", "tls0", "tls1", "tls2", "shared", "tcp-stay", "tcp-edit"]) {
    secrets.set(host, { file: `secrets/${host}.yaml`, certificate: await certify(host, host), commonName: host });
  }
  const tcpHosts = new Map([["tcp-stay", [part("tcp-stay")]], ["tcp-edit", [part("tcp0")]]]);
  return {
    upstreams,
    services,
    secrets,
    tcpHosts,
    client: await certify("client", "client"),
    roaming: ROAMERS[0],
    extra: false,
    generation: 0,
    altOptions: 0,
    canary: 0,
  };
}

export function newRoute(
  prefix: string,
  to: DestinationForm[],
  name = `route${prefix.replaceAll("/", "-")}`,
): RouteForm {
  return { name, prefix, to, options: {} };
}

export function newService(host: string, more: Partial<ServiceForm>): ServiceForm {
  return {
    name: host,
    file: `services/${host}.yaml`,
    gate: "main",
    routes: [],
    table: undefined,
    options: {},
    shared: undefined,
    retries: false,
    secret: undefined,
    sslParameters: {},
    form: 1,
    bystander: false,
    ...more,
  };
}
