/** Builders for the tests of this room; no tests of its own. */
import {
  type Kind,
  type ProxyListener,
  type ProxyRoute,
  type ProxyVirtualHost,
  refKey,
  type Resource,
  type Spec,
} from "../api/mod.ts";
import type { Claims } from "../gateway/mod.ts";
import { fromNothing, Incremental, type Revision } from "../incremental/mod.ts";
import type { Report } from "../report/mod.ts";
import { ApiSnapshot } from "../snapshot/mod.ts";
import { type IngressTranslation, translateIngresses } from "./translate_ingresses.ts";

export const WRITE = "gloo-system";
type IngressSpec = Spec<"Ingress">;
type Backend = NonNullable<IngressSpec["defaultBackend"]>;
type Rule = NonNullable<IngressSpec["rules"]>[number];
type Path = NonNullable<NonNullable<Rule["http"]>["paths"]>[number];

export function resource<K extends Kind>(
  kind: K,
  name: string,
  spec: Spec<K>,
  metadata: Partial<Resource["metadata"]> = {},
): Resource<K> {
  return deepFreeze({ kind, metadata: { namespace: "shop", name, ...metadata }, spec } as Resource<K>);
}

function deepFreeze<T>(value: T): T {
  if (typeof value === "object" && value !== null && !Object.isFrozen(value)) {
    Object.freeze(value);
    Object.values(value).forEach(deepFreeze);
  }
  return value;
}

/** An Ingress of class `sluice`, unless the spec says otherwise. */
export function ingress(
  name: string,
  spec: IngressSpec,
  metadata: Partial<Resource["metadata"]> = {},
): Resource<"Ingress"> {
  return resource("Ingress", name, { ingressClassName: "sluice", ...spec }, metadata);
}

/** A rule with these paths: `"/a"` is one of type Prefix, `"=/a"` one of type Exact; each goes to Service `web`. */
export function rule(host: string, paths: readonly (string | Path)[], service = "web"): Rule {
  const made = paths.map((path): Path => {
    if (typeof path !== "string") return path;
    const exact = path.startsWith("=");
    return { path: exact ? path.slice(1) : path, pathType: exact ? "Exact" : "Prefix", backend: to(service) };
  });
  return { ...(host ? { host } : {}), http: { paths: made } };
}

export function to(name: string, port: { readonly name?: string; readonly number?: number } = { number: 80 }): Backend {
  return { service: { name, port } };
}

/** A Service of namespace `shop` with port 80 called `http`. */
export function service(name: string, spec: Spec<"Service"> = {}): Resource<"Service"> {
  return resource("Service", name, { ports: [{ name: "http", port: 80 }], ...spec });
}

/** The Services that rules go to where they say nothing else. */
export const SERVICES: readonly Resource[] = ["web", "api", "other"].map((name) => service(name));

export function snapshotOf(resources: readonly Resource[]): ApiSnapshot {
  return new ApiSnapshot(0, {}).with(changesOf(resources));
}

function changesOf(resources: readonly Resource[]): Map<Kind, Map<string, Resource | undefined>> {
  const changes = new Map<Kind, Map<string, Resource | undefined>>();
  for (const one of resources) {
    const ofKind = changes.get(one.kind) ?? new Map<string, Resource | undefined>();
    changes.set(one.kind, ofKind.set(refKey(one.metadata), one));
  }
  return changes;
}

/** `settings.sluice.ingress`. */
export type Given = NonNullable<NonNullable<Spec<"Settings">["sluice"]>["ingress"]>;

/** The translation of these and of the usual Services, run to its end. */
export function translate(
  resources: readonly Resource[],
  given: Given = {},
  claims: Claims = new Map(),
): IngressTranslation {
  return run(fromNothing(snapshotOf([...SERVICES, ...resources])), given, claims);
}

function run(revision: Revision, given: Given, claims: Claims): IngressTranslation {
  const settings = deepFreeze({ sluice: { ingress: given } });
  const work = translateIngresses({ revision, settings, writeNamespace: WRITE, claims });
  for (;;) {
    const step = work.next();
    if (step.done) return step.value;
  }
}

/** A configuration that is edited, and translated with what is remembered of its earlier states. */
export class Edited {
  readonly #incremental = new Incremental();
  readonly #given: Given;
  #snapshot: ApiSnapshot;
  #claims: Claims = new Map();
  #earlierClaims: Claims = new Map();
  #made: Readonly<Record<string, number>> = {};

  constructor(resources: readonly Resource[], given: Given = {}) {
    this.#snapshot = snapshotOf([...SERVICES, ...resources]);
    this.#given = given;
  }

  put(...changed: readonly Resource[]): IngressTranslation {
    this.#snapshot = this.#snapshot.with(changesOf(changed));
    return this.#translate();
  }

  remove(gone: Resource): IngressTranslation {
    this.#snapshot = this.#snapshot.with(new Map([[gone.kind, new Map([[refKey(gone.metadata), undefined]])]]));
    return this.#translate();
  }

  /** What a translation from nothing gives in the place of the last one. */
  anew(): IngressTranslation {
    return run(fromNothing(this.#snapshot), this.#given, this.#earlierClaims);
  }

  /** How many results of each table the last translation made; without those that made none. */
  get made(): Readonly<Record<string, number>> {
    return this.#made;
  }

  #translate(): IngressTranslation {
    const before = this.#incremental.counts();
    const revision = this.#incremental.begin(this.#snapshot);
    const result = run(revision, this.#given, this.#claims);
    revision.finish();
    this.#earlierClaims = this.#claims;
    this.#claims = result.claims;
    const counts = [...this.#incremental.counts()].map(([name, { made }]): [string, number] => {
      return [name, made - (before.get(name)?.made ?? 0)];
    });
    this.#made = Object.fromEntries(counts.filter(([, count]) => count > 0));
    return result;
  }
}

export function listenerOf({ proxies }: IngressTranslation, name = "http"): ProxyListener | undefined {
  return proxies[0]?.spec.listeners?.find((listener) => listener.name === name);
}

export function hostsOf(translation: IngressTranslation, listener = "http"): readonly ProxyVirtualHost[] {
  return listenerOf(translation, listener)?.httpListener?.virtualHosts ?? [];
}

/** `*.a.b: prefix /x -> web:80`, a line for each route of each virtual host in their order. */
export function lines(translation: IngressTranslation, listener = "http"): string[] {
  return hostsOf(translation, listener).flatMap(({ domains = [], routes = [] }) =>
    routes.map((route) => `${domains.join()}: ${matchText(route)} -> ${actionText(route)}`)
  );
}

function matchText({ matchers = [] }: ProxyRoute): string {
  const [{ exact, prefix, pathSeparatedPrefix, regex, headers } = {}] = matchers;
  const path = exact !== undefined
    ? `exact ${exact}`
    : regex !== undefined
    ? `regex ${regex}`
    : pathSeparatedPrefix !== undefined
    ? `below ${pathSeparatedPrefix}`
    : `prefix ${prefix}`;
  return headers ? `${path} if one label` : path;
}

function actionText({ routeAction, redirectAction, directResponseAction }: ProxyRoute): string {
  if (redirectAction) return "https";
  if (directResponseAction) return String(directResponseAction.status);
  const { ref, port } = routeAction?.single?.kube ?? {};
  return `${ref?.name}:${port}`;
}

/** `error 1275 Ingress/shop/a rules[0].http.paths[0].path`, in order. */
export function reportLines(reports: readonly Report[]): string[] {
  return reports.map(({ severity, code, ref, path }) =>
    `${severity} ${code.slice(-4)} ${ref.kind}/${refKey(ref)} ${path}`.trimEnd()
  );
}
