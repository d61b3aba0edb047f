import { type AnyResource, refKey, type Spec } from "../../src/api/mod.ts";
import type { Claims } from "../../src/gateway/mod.ts";
import { applyHoldsInSlices, type Held, type HoldsResult, type Served } from "../../src/holds/mod.ts";
import { Incremental } from "../../src/incremental/mod.ts";
import { plugins } from "../../src/plugins/mod.ts";
import type { ApiSnapshot } from "../../src/snapshot/mod.ts";
import {
  EMPTY_MEMORY,
  type Memory,
  type Pieces,
  translate,
  translatePieces,
  type Translation,
} from "../../src/syncer/mod.ts";
import type { EnvoySnapshot, RouteResource, XdsResource } from "../../src/xds/mod.ts";
import { firstDifference } from "./difference.ts";
import { SETTINGS } from "./documents.ts";
import { forgetful } from "./forgetful.ts";
import { WRITE_NAMESPACE } from "./names.ts";

const NO_SETTINGS: Spec<"Settings"> = {};

/** The settings that an ApiSnapshot holds. */
export function settingsOf(snapshot: ApiSnapshot): Spec<"Settings"> {
  return snapshot.get("Settings", SETTINGS)?.spec ?? NO_SETTINGS;
}

export function finish<T>(work: Generator<void, T>): T {
  for (;;) {
    const step = work.next();
    if (step.done) return step.value;
  }
}

/** What a sync leaves for the next, of those that remember nothing else. */
interface Left {
  readonly claims: Claims;
  readonly served: ReadonlyMap<string, Served>;
}

/**
 * Translates each ApiSnapshot twice: with all that is remembered of those before it, and from nothing; each with its own
 * claims and last good forms, which have to be the same too.
 */
export class Twin {
  readonly #whole = new Incremental();
  readonly #beforeHolds = new Incremental();
  #memory: Memory = EMPTY_MEMORY;
  #left: Left = EMPTY_MEMORY;
  #pieces: Pieces = { proxies: [], reports: [], claims: new Map() };

  /** The pieces of the last ApiSnapshot. */
  get pieces(): Pieces {
    return this.#pieces;
  }

  /** The first difference between the two; undefined where there is none. */
  compare(snapshot: ApiSnapshot, now: number): string | undefined {
    const input = { snapshot, settings: settingsOf(snapshot), writeNamespace: WRITE_NAMESPACE, plugins };
    const nothing = forgetful(snapshot);
    const revision = this.#beforeHolds.begin(snapshot);
    const remembered = finish(translatePieces({ ...input, ...this.#memory, revision }));
    revision.finish();
    const anew = finish(translatePieces({ ...input, ...this.#left, revision: nothing }));
    const whole = finish(translate({ ...input, memory: this.#memory, now, incremental: this.#whole }));
    const held = new Map(anew.proxies.map(({ proxy, pieces }) => {
      const key = refKey(proxy.metadata);
      const served = this.#left.served.get(key);
      return [key, finish(applyHoldsInSlices({ translation: pieces, served, now, revision: nothing }))];
    }));
    this.#memory = whole.memory;
    this.#left = { claims: anew.claims, served: new Map([...held].map(([key, { served }]) => [key, served])) };
    this.#pieces = remembered;
    return firstDifference(plainPieces(remembered), plainPieces(anew), "pieces") ??
      firstDifference(plainTranslation(whole), plainWhole(anew, held), "served");
  }

  /**
   * Tries an ApiSnapshot, beside all that is remembered. The first difference from a translation from nothing; `end` says
   * what becomes of the trial: it is given up before its end, dropped after it, or left for the next one to go on from.
   */
  tryOut(snapshot: ApiSnapshot, end: "give up" | "drop" | "keep"): string | undefined {
    const served: Memory["served"] = new Map();
    const input = { snapshot, settings: settingsOf(snapshot), writeNamespace: WRITE_NAMESPACE, plugins, served };
    const { claims } = this.#pieces;
    const trial = this.#beforeHolds.try(snapshot);
    if (!trial) return "a trial could not begin";
    const work = translatePieces({ ...input, revision: trial, claims });
    if (end === "give up") {
      for (let i = 0; i < 40 && !work.next().done; i++);
      return undefined;
    }
    const tried = finish(work);
    const anew = finish(translatePieces({ ...input, revision: forgetful(snapshot), claims }));
    if (end === "drop") trial.drop();
    else trial.finish();
    return firstDifference(plainPieces(tried), plainPieces(anew), "tried");
  }

  /** Begins the translation of an ApiSnapshot and gives it up after so many steps. */
  giveUp(snapshot: ApiSnapshot, steps: number): void {
    const input = { snapshot, settings: settingsOf(snapshot), writeNamespace: WRITE_NAMESPACE, plugins, now: 0 };
    const work = translate({ ...input, memory: this.#memory, incremental: this.#whole });
    for (let i = 0; i < steps && !work.next().done; i++);
    work.return(undefined as never);
  }
}

function plainPieces({ proxies, reports, claims }: Pieces): unknown {
  return { proxies, reports, claims: sorted(claims) };
}

function plainTranslation({ proxies, reports, memory }: Translation): unknown {
  return {
    reports,
    claims: sorted(memory.claims),
    proxies: proxies.map(({ proxy, snapshot, held }) =>
      plainProxy(proxy, snapshot, held, memory.served.get(refKey(proxy.metadata))!)
    ),
  };
}

type Results = ReadonlyMap<string, HoldsResult>;

function plainWhole({ proxies, reports, claims }: Pieces, held: Results): unknown {
  return {
    reports,
    claims: sorted(claims),
    proxies: proxies.map(({ proxy }) => {
      const result = held.get(refKey(proxy.metadata))!;
      return plainProxy(proxy, result.snapshot, result.held, result.served);
    }),
  };
}

function plainProxy(
  { metadata }: AnyResource,
  snapshot: EnvoySnapshot,
  held: readonly Held[],
  { since }: Served,
): unknown {
  const { listeners, routes, clusters, endpoints, secrets } = snapshot;
  return {
    proxy: refKey(metadata),
    held,
    since,
    listeners: listOf(listeners, plainResource),
    routes: listOf(routes, plainRoutes),
    clusters: listOf(clusters, plainResource),
    endpoints: listOf(endpoints, plainResource),
    secrets: listOf(secrets, plainResource),
  };
}

function listOf<R>(set: ReadonlyMap<string, R>, plain: (resource: R) => unknown): unknown {
  return [...set].map(([key, resource]) => ({ key, resource: plain(resource) }));
}

/** Field by field: some are made only when they are asked for. */
function plainResource({ typeUrl, name, version, bytes, origins, refs }: XdsResource): object {
  return { typeUrl, name, version, bytes, origins, refs };
}

function plainRoutes(routes: RouteResource): object {
  return {
    ...plainResource(routes),
    frame: routes.frame,
    virtualHosts: [...routes.virtualHosts.values()].map(plainResource),
  };
}

/** Plain, and in an order of its own: that of claims says nothing. */
function sorted(claims: Claims): unknown {
  const entries = [...claims].flatMap(([scope, holders]) =>
    [...holders].map(([name, holder]) => [scope, name, holder])
  );
  return entries.map((entry) => entry.join(" | ")).sort();
}
