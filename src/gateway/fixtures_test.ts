/** Builders of resources for the tests of this room; no tests of its own. */
import { fromNothing, Incremental } from "../incremental/mod.ts";
import {
  type Change,
  type ComparableLookup,
  idKey,
  idOf,
  isSelected,
  type Kind,
  type Lookup,
  type ProxyListener,
  type ProxyRoute,
  type ProxyVirtualHost,
  refKey,
  type Resource,
  type Route,
  type Spec,
} from "../api/mod.ts";
import type { Report } from "../report/mod.ts";
import type { Claims } from "./claims.ts";
import { type GatewayTranslation, translateGateways } from "./translate_gateways.ts";

export const WRITE = "gloo-system";

/** A frozen resource of the write namespace, or of another with `ns/name`. */
export function resource<K extends Kind>(
  kind: K,
  name: string,
  spec: Spec<K>,
  metadata: Partial<Resource["metadata"]> = {},
): Resource<K> {
  const slash = name.indexOf("/");
  const [namespace, bare] = slash < 0 ? [WRITE, name] : [name.slice(0, slash), name.slice(slash + 1)];
  return deepFreeze({ kind, metadata: { namespace, name: bare, ...metadata }, spec } as Resource<K>);
}

export function deepFreeze<T>(value: T): T {
  if (typeof value === "object" && value !== null && !Object.isFrozen(value)) {
    Object.freeze(value);
    Object.values(value).forEach(deepFreeze);
  }
  return value;
}

/** A Gateway with an http gateway that takes every VirtualService, on port 8080. */
export function httpGateway(name = "gw", spec: Spec<"Gateway"> = {}): Resource<"Gateway"> {
  return resource("Gateway", name, { bindPort: 8080, httpGateway: {}, ...spec });
}

/** A VirtualService with these routes (or one that answers 200) for these domains. */
export function virtualService(
  name: string,
  domains: readonly string[] = [],
  routes: readonly Route[] = [answer("/")],
  metadata: Partial<Resource["metadata"]> = {},
): Resource<"VirtualService"> {
  return resource("VirtualService", name, { virtualHost: { domains, routes } }, metadata);
}

/** A VirtualService with TLS. */
export function tlsService(
  name: string,
  domains: readonly string[],
  sslConfig: Spec<"VirtualService">["sslConfig"],
): Resource<"VirtualService"> {
  return resource("VirtualService", name, { virtualHost: { domains, routes: [answer("/")] }, sslConfig });
}

export function routeTable(
  name: string,
  routes: readonly Route[],
  metadata: Partial<Resource["metadata"]> = {},
  weight?: number,
): Resource<"RouteTable"> {
  return resource("RouteTable", name, { routes, ...(weight === undefined ? {} : { weight }) }, metadata);
}

/** A route of a prefix that answers 200, with more of a Route. */
export function answer(prefix: string, more: Route = {}): Route {
  return { matchers: [{ prefix }], directResponseAction: { status: 200 }, ...more };
}

/** A route of a prefix that delegates to a RouteTable, with more of a Route. */
export function delegateTo(prefix: string, name: string, more: Route = {}): Route {
  return { matchers: [{ prefix }], delegateAction: { ref: { name, namespace: WRITE } }, ...more };
}

export function lookupOf(resources: readonly Resource[]): Lookup {
  const sorted = [...resources].sort((a, b) => refKey(a.metadata) < refKey(b.metadata) ? -1 : 1);
  return {
    get: <K extends Kind>(kind: K, ref: { name: string; namespace: string }) =>
      sorted.find((one) => one.kind === kind && refKey(one.metadata) === refKey(ref)) as Resource<K> | undefined,
    select: <K extends Kind>(kind: K, selection: Parameters<Lookup["select"]>[1]) =>
      sorted.filter((one) => one.kind === kind && isSelected(one, selection)) as Resource[] as Resource<K>[],
  };
}

/** The translation of these resources, run to its end. */
export function translate(
  resources: readonly Resource[],
  settings: Spec<"Settings"> = {},
  claims: Claims = new Map(),
): GatewayTranslation {
  deepFreeze(settings);
  const revision = fromNothing(lookupOf(resources));
  return finish(translateGateways({ revision, settings, writeNamespace: WRITE, claims }));
}

function finish<T>(steps: Generator<void, T>): T {
  for (;;) {
    const step = steps.next();
    if (step.done) return step.value;
  }
}

/** A configuration that is edited, and translated with what is remembered of its earlier states. */
export class Edited {
  readonly #incremental = new Incremental();
  readonly #settings: Spec<"Settings">;
  #resources: readonly Resource[];
  /** Of the last translation, and of the one before. */
  #claims: Claims = new Map();
  #earlierClaims: Claims = new Map();
  #made = new Map<string, number>();

  constructor(resources: readonly Resource[], settings: Spec<"Settings"> = {}) {
    this.#resources = resources;
    this.#settings = deepFreeze(settings);
  }

  /** Puts these in the place of those with their names, or beside them, and translates. */
  put(...changed: readonly Resource[]): GatewayTranslation {
    const keys = new Set(changed.map((one) => idKey(idOf(one))));
    this.#resources = [...this.#resources.filter((one) => !keys.has(idKey(idOf(one)))), ...changed];
    return this.#translate();
  }

  remove(gone: Resource): GatewayTranslation {
    this.#resources = this.#resources.filter((one) => idKey(idOf(one)) !== idKey(idOf(gone)));
    return this.#translate();
  }

  /** What a translation from nothing gives in the place of the last one. */
  anew(): GatewayTranslation {
    return translate(this.#resources, this.#settings, this.#earlierClaims);
  }

  /** How many results of each table the last translation made; without those that made none. */
  get made(): Readonly<Record<string, number>> {
    return Object.fromEntries(this.#made);
  }

  #translate(): GatewayTranslation {
    const before = this.#incremental.counts();
    const revision = this.#incremental.begin(comparable(this.#resources));
    const input = { revision, settings: this.#settings, writeNamespace: WRITE, claims: this.#claims };
    const result = finish(translateGateways(input));
    revision.finish();
    this.#earlierClaims = this.#claims;
    this.#claims = result.claims;
    this.#made = new Map();
    for (const [name, { made }] of this.#incremental.counts()) {
      const count = made - (before.get(name)?.made ?? 0);
      if (count > 0) this.#made.set(name, count);
    }
    return result;
  }
}

interface Comparable extends ComparableLookup {
  readonly resources: readonly Resource[];
}

function comparable(resources: readonly Resource[]): Comparable {
  const changesSince = (other: ComparableLookup) => {
    const changes = new Map<Kind, Map<string, Change>>();
    const note = (resource: Resource, change: Change) => {
      const ofKind = changes.get(resource.kind) ?? new Map<string, Change>();
      const key = refKey(resource.metadata);
      changes.set(resource.kind, ofKind.set(key, { ...ofKind.get(key), ...change }));
    };
    const before = (other as Comparable).resources;
    for (const one of before) if (!resources.includes(one)) note(one, { before: one });
    for (const one of resources) if (!before.includes(one)) note(one, { after: one });
    return changes;
  };
  return { ...lookupOf(resources), resources, changesSince };
}

export function listenersOf({ proxies }: GatewayTranslation, proxy = "gateway-proxy"): readonly ProxyListener[] {
  return proxies.find(({ metadata }) => metadata.name === proxy)?.spec.listeners ?? [];
}

/** The virtual hosts of the first listener. */
export function hostsOf(translation: GatewayTranslation): readonly ProxyVirtualHost[] {
  return listenersOf(translation)[0]?.httpListener?.virtualHosts ?? [];
}

/** The routes of the first virtual host. */
export function routesOf(translation: GatewayTranslation): readonly ProxyRoute[] {
  return hostsOf(translation)[0]?.routes ?? [];
}

/** `error 1220 VirtualService/gloo-system/a virtualHost.routes[0]`, in order. */
export function reportLines(reports: readonly Report[]): string[] {
  return reports.map(({ severity, code, ref, path }) =>
    `${severity} ${code.slice(-4)} ${ref.kind}/${refKey(ref)} ${path}`.trimEnd()
  );
}
