import { isMadeProxy, refKey, type Resource, type Spec } from "../api/mod.ts";
import { type Claims, translateGateways } from "../gateway/mod.ts";
import { applyHoldsInSlices, type Held, type Served } from "../holds/mod.ts";
import { ingressSettingsReports, translateIngresses } from "../ingress/mod.ts";
import { Incremental, type Revision } from "../incremental/mod.ts";
import type { AnyPlugin } from "../plugins/mod.ts";
import type { Report } from "../report/mod.ts";
import type { ApiSnapshot } from "../snapshot/mod.ts";
import { type ProxyTranslation, translateProxy } from "../translator/mod.ts";
import type { EnvoySnapshot } from "../xds/mod.ts";
import { settingsReports } from "./settings_reports.ts";

/**
 * What one sync leaves for the next: who holds which domain and port, and what each proxy was served. Plain data, but for
 * EnvoySnapshots, which are made again from their pieces where it goes to another Worker (cli/serve/handed_over.ts).
 */
export interface Memory {
  readonly claims: Claims;
  /** By `namespace/name` of the Proxy. */
  readonly served: ReadonlyMap<string, Served>;
}

export const EMPTY_MEMORY: Memory = { claims: new Map(), served: new Map() };

/** One Proxy with what it became. */
export interface TranslatedProxy {
  readonly proxy: Resource<"Proxy">;
  /** Cache key: what Envoy says in `node.metadata.role`, `<namespace>~<name>`. */
  readonly role: string;
  readonly snapshot: EnvoySnapshot;
  readonly held: readonly Held[];
}

export interface Translation {
  readonly proxies: readonly TranslatedProxy[];
  readonly reports: readonly Report[];
  readonly memory: Memory;
}

export interface TranslateInput {
  readonly snapshot: ApiSnapshot;
  readonly settings: Spec<"Settings">;
  /** Namespace in which Gateways are read and Proxies are made; Gloo's discoveryNamespace. */
  readonly writeNamespace: string;
  readonly plugins: readonly AnyPlugin[];
  readonly memory: Memory;
  /** Milliseconds since the epoch, for `since` of what is held. */
  readonly now: number;
  /** What was made of earlier ApiSnapshots, to be used again; without it everything is made anew. */
  readonly incremental?: Incremental;
}

/** What the ApiSnapshot says, before holds are laid over it. */
export interface Pieces {
  readonly proxies: readonly { readonly proxy: Resource<"Proxy">; readonly pieces: ProxyTranslation }[];
  readonly reports: readonly Report[];
  readonly claims: Claims;
}

export interface PiecesInput extends Omit<TranslateInput, "memory" | "now" | "incremental"> {
  /** Of `snapshot`. */
  readonly revision: Revision;
  /** Of the last translation. */
  readonly claims: Claims;
  /** Of the last translation: what is held is not in the ApiSnapshot any more, and may lead to what nothing else does. */
  readonly served: Memory["served"];
}

/**
 * The whole of translation, ApiSnapshot to one EnvoySnapshot a proxy: gateways and Ingresses, then each proxy, then holds. Pure but for
 * what `incremental` remembers; a generator that yields between units of work, so that the caller can give the thread to
 * streams in between.
 */
export function* translate(input: TranslateInput): Generator<void, Translation> {
  const { memory, now, incremental = new Incremental(), ...rest } = input;
  const revision = incremental.begin(input.snapshot);
  const { proxies: translated, reports, claims } = yield* translatePieces({ ...rest, ...memory, revision });
  const proxies: TranslatedProxy[] = [];
  const served = new Map<string, Served>();
  for (const { proxy, pieces } of translated) {
    const key = refKey(proxy.metadata);
    const result = yield* applyHoldsInSlices({ translation: pieces, served: memory.served.get(key), now, revision });
    served.set(key, result.served);
    proxies.push({ proxy, role: roleOf(proxy), snapshot: result.snapshot, held: result.held });
    yield;
  }
  revision.finish();
  return { proxies, reports, memory: { claims, served } };
}

/**
 * Translation without holds: a function of the ApiSnapshot and of what the last one left, whatever `revision` remembers.
 */
export function* translatePieces(input: PiecesInput): Generator<void, Pieces> {
  const { snapshot, settings, writeNamespace, plugins, revision, claims } = input;
  const gateways = yield* translateGateways({ revision, settings, writeNamespace, claims });
  const ingresses = yield* translateIngresses({ revision, settings, writeNamespace, claims });
  const ofSettings = snapshot.list("Settings").flatMap((
    one,
  ) => [...settingsReports(one), ...ingressSettingsReports(one)]);
  const reports: (readonly Report[])[] = [gateways.reports, ingresses.reports, ofSettings];
  const proxies: Pieces["proxies"][number][] = [];
  for (const proxy of withUserProxies(united(revision, gateways.proxies, ingresses.proxies), snapshot)) {
    const served = input.served.get(refKey(proxy.metadata))?.pieces.clusters;
    const pieces = yield* translateProxy({ proxy, revision, settings, plugins, ...(served && { served }) });
    reports.push(pieces.reports);
    proxies.push({ proxy, pieces });
    yield;
  }
  return { proxies, reports: reports.flat(), claims: new Map([...gateways.claims, ...ingresses.claims]) };
}

/** Proxies of Gateways and of Ingresses; one of both has the listeners of both. */
function united(
  revision: Revision,
  gateways: readonly Resource<"Proxy">[],
  ingresses: readonly Resource<"Proxy">[],
): readonly Resource<"Proxy">[] {
  const table = revision.table<string, Resource<"Proxy">>("united proxy");
  const others = new Map(ingresses.map((proxy) => [refKey(proxy.metadata), proxy]));
  const proxies = gateways.map((proxy) => {
    const key = refKey(proxy.metadata);
    const other = others.get(key);
    if (!other || !others.delete(key)) return proxy;
    const listeners = () => [...proxy.spec.listeners ?? [], ...other.spec.listeners ?? []];
    return table.recall(key, [proxy, other], () => ({ ...proxy, spec: { listeners: listeners() } }));
  });
  return [...proxies, ...others.values()];
}

/**
 * Proxies that a user wrote by hand, besides those that Gateways and Ingresses make; a made one wins. What real Gloo kept of its own
 * bears its label and is passed over.
 */
function withUserProxies(made: readonly Resource<"Proxy">[], snapshot: ApiSnapshot): Resource<"Proxy">[] {
  const keys = new Set(made.map((proxy) => refKey(proxy.metadata)));
  const byHand = snapshot.list("Proxy").filter(({ metadata }) => !keys.has(refKey(metadata)) && !isMadeProxy(metadata));
  return [...made, ...byHand];
}

export function roleOf(proxy: Resource<"Proxy">): string {
  return `${proxy.metadata.namespace}~${proxy.metadata.name}`;
}
