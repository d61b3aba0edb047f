import type { LookupRead, Resource, Spec } from "../api/mod.ts";
import { recordLookups, refKey } from "../api/mod.ts";
import { type Claims, CREATED_BY, translateGateways } from "../gateway/mod.ts";
import { applyHoldsInSlices, type Held, type Served } from "../holds/mod.ts";
import type { AnyPlugin } from "../plugins/mod.ts";
import type { Report } from "../report/mod.ts";
import type { ApiSnapshot } from "../snapshot/mod.ts";
import { translateProxy } from "../translator/mod.ts";
import type { EnvoySnapshot } from "../xds/mod.ts";
import { settingsReports } from "./settings_reports.ts";

/** What one sync leaves for the next: who holds which domain and port, and what each proxy was served. Plain data. */
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
  /** Every look-up that was made, with what it found: what the result depends on beside the objects themselves. */
  readonly reads: readonly LookupRead[];
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
}

/**
 * The whole of translation, ApiSnapshot to one EnvoySnapshot a proxy: gateways, then each proxy, then holds. Pure; a
 * generator that yields between units of work, so that the caller can give the thread to streams in between.
 */
export function* translate(input: TranslateInput): Generator<void, Translation> {
  const { snapshot, settings, writeNamespace, plugins, memory, now } = input;
  const reads: LookupRead[] = [];
  const lookup = recordLookups(snapshot, reads);
  const gateways = yield* translateGateways({ lookup, settings, writeNamespace, claims: memory.claims });
  const reports: (readonly Report[])[] = [gateways.reports, snapshot.list("Settings").flatMap(settingsReports)];
  const proxies: TranslatedProxy[] = [];
  const served = new Map<string, Served>();
  for (const proxy of withUserProxies(gateways.proxies, snapshot)) {
    const translation = yield* translateProxy({ proxy, lookup, settings, plugins });
    const key = refKey(proxy.metadata);
    const result = yield* applyHoldsInSlices({ translation, served: memory.served.get(key), now });
    served.set(key, result.served);
    reports.push(translation.reports);
    proxies.push({ proxy, role: roleOf(proxy), snapshot: result.snapshot, held: result.held });
    yield;
  }
  return { proxies, reports: reports.flat(), memory: { claims: gateways.claims, served }, reads };
}

/**
 * Proxies that a user wrote by hand, besides those that Gateways make; a Gateway's wins. What real Gloo kept of its own
 * (`gateway.persistProxySpec`) bears its label and is passed over: it would outlive its Gateways.
 */
function withUserProxies(made: readonly Resource<"Proxy">[], snapshot: ApiSnapshot): Resource<"Proxy">[] {
  const keys = new Set(made.map((proxy) => refKey(proxy.metadata)));
  const byHand = snapshot.list("Proxy").filter(({ metadata }) =>
    !keys.has(refKey(metadata)) && metadata.labels?.created_by !== CREATED_BY.created_by
  );
  return [...made, ...byHand];
}

export function roleOf(proxy: Resource<"Proxy">): string {
  return `${proxy.metadata.namespace}~${proxy.metadata.name}`;
}
