import { refKey, type Resource, type ResourceId, type Spec } from "../api/mod.ts";
import type { SyncContext, Syncer } from "../event_loop/mod.ts";
import type { Claims } from "../gateway/mod.ts";
import { type Counts, Incremental } from "../incremental/mod.ts";
import type { AnyPlugin } from "../plugins/mod.ts";
import type { Location, Report, ResourceStatus, StatusWriter } from "../report/mod.ts";
import type { ApiSnapshot } from "../snapshot/mod.ts";
import { BRISKLY, type Clock, type Logger, type Metrics, rest, runInSlices } from "../telemetry/mod.ts";
import { type ClientHolds, EMPTY_ENVOY_SNAPSHOT, type EnvoySnapshot, roleOfProxy } from "../xds/mod.ts";
import { refusalReports } from "./refusal_reports.ts";
import { StatusQueue } from "./status_queue.ts";
import { StatusBook } from "./statuses.ts";
import { EMPTY_MEMORY, type Memory, translate, type TranslatedProxy, type Translation } from "./translate.ts";

/** How long the first statuses wait, in milliseconds. */
const STATUS_GRACE_MS = 1000;

/** Where EnvoySnapshots go: the xds cache. */
export interface SnapshotCache {
  /** `since`: when the change was heard of, on the clock of `elapsed()`. */
  setSnapshot(role: string, snapshot: EnvoySnapshot, since?: number): unknown;
}

export interface TranslatorSyncerOptions {
  readonly cache: SnapshotCache;
  readonly plugins: readonly AnyPlugin[];
  readonly settingsOf: (snapshot: ApiSnapshot) => Spec<"Settings">;
  readonly writeNamespace: string;
  /** What an earlier syncer left; asked for when the first sync begins. */
  readonly memory?: () => Promise<Memory | undefined>;
  /** Told what the next sync will go by, before any of it is served. */
  readonly beforeServing?: (memory: Memory) => void;
  /** What the sources have to say now; becomes statuses together with the reports of translation. */
  readonly sourceReports: () => readonly Report[];
  /** What clients refuse now. */
  readonly refusals?: () => readonly ClientHolds[];
  /** Where a path of a resource stands in its file, for messages. */
  readonly locate: (id: ResourceId, path: string) => Location | undefined;
  readonly statusWriters: readonly StatusWriter[];
  readonly clock: Clock;
  readonly logger: Logger;
  readonly metrics: Metrics;
}

/** The state in which a sync left the configuration. */
export interface Synced {
  readonly snapshot: ApiSnapshot;
  /** Who holds which domain and port. */
  readonly claims: Claims;
  readonly served: Memory["served"];
}

/** Gloo's translator syncer: translate, hold, SetSnapshot, statuses. */
export class TranslatorSyncer implements Syncer {
  readonly name = "translator";
  readonly #options: TranslatorSyncerOptions;
  /** Undefined before the first sync. */
  #memory: Memory | undefined;
  #proxies: readonly TranslatedProxy[] = [];
  #serves = false;
  readonly #statuses = new StatusBook();
  /** What translation remembers; others may try states of the configuration upon it. */
  readonly incremental = new Incremental();
  #last: ApiSnapshot | undefined;
  #counted: ReadonlyMap<string, Counts> = new Map();
  readonly #queue: StatusQueue;

  constructor(options: TranslatorSyncerOptions) {
    this.#options = options;
    this.#queue = new StatusQueue(
      options.statusWriters,
      (error) => options.logger.error("statuses could not be written", { error: String(error) }),
      { clock: options.clock, ms: STATUS_GRACE_MS },
    );
  }

  /** What the next sync goes by; plain data, so that another process can go on from it. Undefined before the first. */
  get memory(): Memory | undefined {
    return this.#memory;
  }

  /** The ApiSnapshot of the last sync with what it left; undefined before the first. */
  get synced(): Synced | undefined {
    return this.#last && { snapshot: this.#last, ...this.#memory! };
  }

  /** Proxies of the last sync, for the admin interface. */
  get proxies(): readonly Resource<"Proxy">[] {
    return this.#proxies.map(({ proxy }) => proxy);
  }

  /** Statuses of the last sync, in the order of kind, namespace and name. */
  get statuses(): readonly ResourceStatus[] {
    return this.#statuses.statuses;
  }

  async sync(snapshot: ApiSnapshot, context?: Pick<SyncContext, "since">): Promise<void> {
    const { clock, plugins, settingsOf, writeNamespace } = this.#options;
    const settings = settingsOf(snapshot);
    const start = clock.elapsed();
    const before = this.#memory ??= await this.#options.memory?.() ?? EMPTY_MEMORY;
    const translation = await runInSlices(
      translate({
        snapshot,
        settings,
        writeNamespace,
        plugins,
        memory: before,
        now: clock.now(),
        incremental: this.incremental,
      }),
      clock,
      this.#serves || before.served.size > 0 ? undefined : BRISKLY,
    );
    this.#memory = translation.memory;
    this.#last = snapshot;
    this.#options.beforeServing?.(translation.memory);
    this.#serve(translation, settings, before, context?.since);
    this.#serves = true;
    this.#proxies = translation.proxies;
    // What streams were given is written to their sockets when these get the thread.
    await rest(clock);
    await runInSlices(this.#report(snapshot, translation), clock);
    this.#measure(translation, (clock.elapsed() - start) / 1000);
  }

  /** Resolves when every status of the syncs so far is written. */
  statusesWritten(): Promise<void> {
    return this.#queue.written();
  }

  #serve(translation: Translation, settings: Spec<"Settings">, before: Memory, since: number | undefined): void {
    const { cache } = this.#options;
    for (const { role, snapshot } of translation.proxies) cache.setSnapshot(role, snapshot, since);
    if (settings.gloo?.disableProxyGarbageCollection) return;
    const roles = new Set(translation.proxies.map(({ role }) => role));
    // As in Gloo: the Envoys of a proxy that is gone serve nothing; the fallback is for roles that never were.
    for (const role of before.served.keys().map(roleOfProxy)) {
      if (!roles.has(role)) cache.setSnapshot(role, EMPTY_ENVOY_SNAPSHOT, since);
    }
  }

  /** Yields after each status that changed: to find the place of a report, its file is read. */
  *#report(snapshot: ApiSnapshot, translation: Translation): Generator<void, void> {
    const { changed, removed } = yield* this.#statuses.update({
      snapshot,
      reports: [...this.#options.sourceReports(), ...translation.reports, ...this.#refusalReports(translation)],
      held: translation.proxies.flatMap(({ held }) => held),
      hasProxy: translation.proxies.length > 0,
    });
    const shown: ResourceStatus[] = [];
    for (const status of changed) {
      const placed = this.#located(status);
      this.#log(placed);
      shown.push(placed);
      yield;
    }
    this.#queue.add(shown, removed);
  }

  #refusalReports({ proxies, memory }: Translation): Report[] {
    const refusals = this.#options.refusals?.() ?? [];
    if (refusals.length === 0) return [];
    const keys = new Map(proxies.map(({ role, proxy }) => [role, refKey(proxy.metadata)]));
    return refusalReports(refusals, (role) => memory.served.get(keys.get(role) ?? ""));
  }

  #log({ kind, namespace, name, state, reports }: ResourceStatus): void {
    for (const { code, path, message, location } of reports) {
      const file = location && [location.file, location.line, location.column].filter((part) => part).join(":");
      this.#options.logger.warn(`${kind} ${namespace}/${name} is ${state}: ${message}`, { code, path, file });
    }
  }

  #located(status: ResourceStatus): ResourceStatus {
    if (status.reports.length === 0) return status;
    const reports = status.reports.map((report) => {
      const location = report.location ?? this.#options.locate(report.ref, report.path);
      return location ? { ...report, location } : report;
    });
    return { ...status, reports };
  }

  #measure({ proxies }: Translation, seconds: number): void {
    const { metrics } = this.#options;
    metrics.histogram("sluice_sync_seconds", "Time of one sync.", [0.005, 0.02, 0.1, 0.5, 2, 10]).observe(seconds);
    const results = metrics.counter("sluice_results_total", "Results of translation, by how they were had.", [
      "table",
      "how",
    ]);
    const counts = this.incremental.counts();
    for (const [table, { made, reused }] of counts) {
      const before = this.#counted.get(table) ?? { made: 0, reused: 0 };
      if (made > before.made) results.add(made - before.made, { table, how: "made" });
      if (reused > before.reused) results.add(reused - before.reused, { table, how: "reused" });
    }
    this.#counted = counts;
    const resources = metrics.gauge("sluice_envoy_resources", "xDS resources by proxy and type.", ["proxy", "type"]);
    for (const { role, snapshot } of proxies) {
      for (const type of ["listeners", "routes", "clusters", "endpoints", "secrets"] as const) {
        resources.set(snapshot[type].size, { proxy: role, type });
      }
    }
    const states = metrics.gauge("sluice_resource_states", "Resources of the configuration by state.", ["state"]);
    for (const [state, count] of this.#statuses.counts) states.set(count, { state });
  }
}
