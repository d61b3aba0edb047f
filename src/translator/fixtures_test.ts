/** Builders for the tests of this room; no tests of its own. */
import { type Counts, fromNothing, Incremental } from "../incremental/mod.ts";
import {
  ALL_KINDS,
  type Changes,
  type ComparableLookup,
  isSelected,
  type Kind,
  type Lookup,
  type ProxyListener,
  type ProxyRoute,
  type ProxyVirtualHost,
  refKey,
  type Resource,
  type Spec,
} from "../api/mod.ts";
import { decode, joinFields, type JsonObject, type Message, type MessageName, toJson } from "../envoy/mod.ts";
import { type AnyPlugin, definePlugin } from "../plugins/mod.ts";
import { shape } from "../api/mod.ts";
import type { Report } from "../report/mod.ts";
import type { TranslationContext } from "./context.ts";
import type { ProxyTranslation } from "./pieces.ts";
import { translateProxy } from "./translate_proxy.ts";

export const NAMESPACE = "gloo-system";

/** A frozen resource of gloo-system, or of another namespace with `ns/name`. */
export function resource<K extends Kind>(kind: K, name: string, spec: object, metadata = {}): Resource<K> {
  const [bare, namespace = NAMESPACE] = name.split("/").reverse();
  return deepFreeze({ kind, metadata: { namespace, name: bare!, ...metadata }, spec: spec as Spec<K> });
}

export function deepFreeze<T>(value: T): T {
  if (typeof value === "object" && value !== null && !ArrayBuffer.isView(value) && !Object.isFrozen(value)) {
    Object.freeze(value);
    Object.values(value).forEach(deepFreeze);
  }
  return value;
}

/** A lookup over a list of resources. */
export function lookupOf(resources: readonly Resource[]): Lookup {
  return {
    get: <K extends Kind>(kind: K, ref: { name: string; namespace: string }) =>
      resources.find((one) => one.kind === kind && refKey(one.metadata) === refKey(ref)) as Resource<K> | undefined,
    select: <K extends Kind>(kind: K, selection: object) =>
      resources.filter((one) => one.kind === kind && isSelected(one, selection)) as Resource<K>[],
  };
}

/** A small stand-in for the plugin `static`, and options to provoke what plugins can do. */
export const testPlugin: AnyPlugin = definePlugin({
  name: "test",
  options: {
    upstream: { static: shape.free(), timeout: shape.string() },
    route: { fault: shape.string(), prefixRewrite: shape.string(), throws: shape.bool() },
    virtualHost: { fault: shape.string(), attempts: shape.bool() },
    listener: { fault: shape.string() },
    httpListener: { fault: shape.string() },
    routeConfiguration: { bodyBytes: shape.uint32(), fault: shape.string() },
  },
  upstream({ options }) {
    const spec = options.static as
      | { hosts: [string, number][]; names?: boolean; tls?: boolean; fault?: string }
      | undefined;
    if (!spec) return undefined;
    const reports = spec.fault
      ? [{ severity: "error", code: "SLUICE-1401", path: "static", message: spec.fault }] as const
      : [];
    return {
      reports,
      fragment: {
        endpoints: {
          discovery: spec.names ? "names" : "addresses",
          list: spec.hosts.map(([host, port]) => ({ address: { host, port } })),
        },
        ...(spec.tls && { implicitTls: {} }),
      },
    };
  },
  route({ options }) {
    if (options.throws) throw new Error("boom");
    return options.fault ? { reports: [faultAt(options.fault)] } : undefined;
  },
  routeAction: ({ options }) =>
    options.prefixRewrite ? { fragment: { prefixRewrite: options.prefixRewrite } } : undefined,
  virtualHost({ options }) {
    if (options.fault) return { reports: [faultAt(options.fault)] };
    return options.attempts ? { fragment: { includeRequestAttemptCount: true } } : undefined;
  },
  listener: ({ options }) => options.fault ? { reports: [faultAt(options.fault)] } : undefined,
  httpConnectionManager: ({ options }) => options.fault ? { reports: [faultAt(options.fault)] } : undefined,
  routeConfiguration({ options }) {
    if (options.fault) {
      return { reports: [faultAt(options.fault)], fragment: { mostSpecificHeaderMutationsWins: true } };
    }
    return options.bodyBytes
      ? { fragment: { maxDirectResponseBodySizeBytes: { value: options.bodyBytes } } }
      : undefined;
  },
});

function faultAt(message: string) {
  return { severity: "error", code: "SLUICE-1401", path: "fault", message } as const;
}

export function contextOf(
  resources: readonly Resource[] = [],
  settings: object = {},
  plugins: readonly AnyPlugin[] = [testPlugin],
): TranslationContext {
  const revision = fromNothing(lookupOf(resources));
  return { revision, lookup: revision.lookup, settings: settings as Spec<"Settings">, plugins };
}

export const upstream = (
  name: string,
  spec: object = { static: { hosts: [["10.0.0.1", 80]] } },
): Resource<"Upstream"> => resource("Upstream", name, spec);

/** A route to an Upstream. */
export const to = (name: string): ProxyRoute["routeAction"] => ({
  single: { upstream: { name, namespace: NAMESPACE } },
});

export const host = (name: string, routes: readonly ProxyRoute[], rest: object = {}): ProxyVirtualHost => ({
  name,
  domains: [`${name}.test`],
  routes,
  ...rest,
});

export const httpListener = (virtualHosts: readonly ProxyVirtualHost[], rest: object = {}): ProxyListener => ({
  name: "listener-::-8080",
  bindAddress: "::",
  bindPort: 8080,
  httpListener: { virtualHosts },
  ...rest,
});

export interface Given {
  readonly listeners: readonly ProxyListener[];
  readonly resources?: readonly Resource[];
  readonly settings?: object;
  readonly plugins?: readonly AnyPlugin[];
}

/** Translates a Proxy `gloo-system/proxy` to its end. */
export function translated({ listeners, resources = [], settings = {}, plugins }: Given): ProxyTranslation {
  const proxy = resource("Proxy", "proxy", { listeners });
  return finished(translateProxy({ proxy, ...contextOf(resources, settings, plugins) }));
}

function finished<T>(work: Generator<void, T>): T {
  for (;;) {
    const step = work.next();
    if (step.done) return step.value;
  }
}

const NO_SETTINGS = {};
const PLUGINS = [testPlugin];

export interface Turn {
  readonly translation: ProxyTranslation;
  /** By table, how many results were made in this turn. */
  readonly made: Readonly<Record<string, number>>;
}

/** Translates one state after the other with what is remembered of those before. */
export function remembering(): (given: Given) => Turn {
  const incremental = new Incremental();
  let counted: ReadonlyMap<string, Counts> = new Map();
  let listed: Listed | undefined;
  return ({ listeners, resources = [], settings = NO_SETTINGS, plugins = PLUGINS }) => {
    const revision = incremental.begin(listed = new Listed(resources, listed));
    const proxy = resource("Proxy", "proxy", { listeners });
    const translation = finished(translateProxy({ proxy, revision, settings: settings as Spec<"Settings">, plugins }));
    revision.finish();
    const counts = incremental.counts();
    const made = [...counts].map(([name, count]) => [name, count.made - (counted.get(name)?.made ?? 0)] as const);
    counted = counts;
    return { translation, made: Object.fromEntries(made.filter(([, count]) => count > 0)) };
  };
}

/** A lookup over a list that tells what is different from another; the list of a kind stays while it is the same. */
class Listed implements ComparableLookup {
  readonly get: Lookup["get"];
  readonly #kinds: ReadonlyMap<Kind, readonly Resource[]>;

  constructor(resources: readonly Resource[], before?: Listed) {
    this.get = lookupOf(resources).get;
    this.#kinds = new Map(ALL_KINDS.map((kind) => {
      const now = resources.filter((one) => one.kind === kind);
      const old = before?.select(kind) ?? [];
      return [kind, now.length === old.length && now.every((one, i) => one === old[i]) ? old : now];
    }));
  }

  select<K extends Kind>(kind: K): readonly Resource<K>[] {
    return this.#kinds.get(kind) as readonly Resource<K>[];
  }

  changesSince(before: Listed): Changes {
    return new Map(ALL_KINDS.map((kind) => {
      const byKey = (list: Listed) => new Map(list.select(kind).map((one) => [refKey(one.metadata), one]));
      const [old, now] = [byKey(before), byKey(this)];
      const keys = [...new Set([...old.keys(), ...now.keys()])].filter((key) => old.get(key) !== now.get(key));
      return [kind, new Map(keys.map((key) => [key, { before: old.get(key), after: now.get(key) }]))];
    }));
  }
}

/** Bytes of a message as JSON. */
export function json<N extends MessageName>(name: N, bytes: Uint8Array | undefined): JsonObject {
  return bytes ? toJson(name, bytes) as JsonObject : {};
}

/** The routes of the first virtual host, decoded. */
export function routesOf({ routes }: ProxyTranslation): Message<"envoy.config.route.v3.Route">[] {
  return routes[0]!.virtualHosts[0]!.routes.map(({ bytes }) => decode("envoy.config.route.v3.Route", bytes!));
}

/** `severity code path` of each report. */
export function told(reports: readonly Report[]): string[] {
  return reports.map(({ severity, code, ref, path }) => `${severity} ${code} ${ref.kind}/${ref.name} ${path}`);
}

/** Envoy's own view of a listener with its chains. */
export function joinedListener(
  { listeners: [listener] }: ProxyTranslation,
): Message<"envoy.config.listener.v3.Listener"> {
  const chains = joinFields(3, listener!.filterChains.flatMap(({ bytes }) => bytes ?? []));
  return decode("envoy.config.listener.v3.Listener", new Uint8Array([...listener!.bytes!, ...chains]));
}
