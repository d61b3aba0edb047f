import { type AnyResource, type Kind, refKey } from "../../api/mod.ts";
import { type ApiClient, ApiError, type ObjectChange, Reflector } from "../../kubernetes/mod.ts";
import { type DecodeResource, makeReport, type Report, SOURCE_REF } from "../../report/mod.ts";
import type { Clock, Logger } from "../../telemetry/mod.ts";
import type { FormerRecords, Interest, JsonValue, ResourceClient, SourceRecords, Transaction } from "../contract.ts";
import { decodeObject, following, type ObjectEntry } from "./object_entry.ts";
import { ViewFeed } from "./view_feed.ts";
import { objectsPath, type WatchedKind } from "./watched_kinds.ts";

export interface KubeViewOptions {
  readonly kind: WatchedKind;
  readonly api: ApiClient;
  readonly decode: DecodeResource;
  /** What the view of the process before kept. */
  readonly former?: FormerRecords;
  /** Told of each object as it comes, with what its status holds. */
  readonly onObject?: (kind: Kind, entry: ObjectEntry) => void;
  readonly onGone?: (kind: Kind, entry: ObjectEntry) => void;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** The objects of one namespace, or of all. */
interface Scope {
  readonly ended: AbortController;
  readonly entries: Map<string, ObjectEntry>;
  /** Those of them with reports. */
  readonly reported: Map<string, ObjectEntry>;
  readonly listed: PromiseWithResolvers<void>;
  /** Resolved when it is listed, or the API server does not allow that. */
  readonly answered: PromiseWithResolvers<void>;
  isListed: boolean;
  fault: string | undefined;
}

/** All namespaces. */
const EVERYWHERE = "";

/**
 * The resources of one kind in Kubernetes. It follows the API server from the first list on until it is closed, whoever
 * watches it: where the namespaces of interest change, those that stay are not listed again.
 */
export class KubeView implements ResourceClient {
  readonly name: string;
  readonly records: SourceRecords;
  readonly #options: KubeViewOptions;
  readonly #scopes = new Map<string, Scope>();
  #wanted: readonly string[] = [];
  /** All that was wanted at some time has been listed. */
  #isComplete = false;
  readonly #own = new ViewFeed();
  /** Whoever is told, {@link #own} among them. */
  readonly #feeds: ViewFeed[] = [this.#own];
  #reports: readonly Report[] = [];
  readonly #changedRecords = new Set<string>();
  /** Resolved when there is something to follow. */
  readonly #begun = Promise.withResolvers<void>();

  constructor(options: KubeViewOptions) {
    this.#options = options;
    this.name = `kube:${options.kind.plural}`;
    this.records = {
      keys: () => this.#held().map(({ key }) => key),
      get: (key) => this.#held().find((entry) => entry.key === key)?.resource as unknown as JsonValue | undefined,
      takeChanged: () => {
        const changed = [...this.#changedRecords];
        this.#changedRecords.clear();
        return changed;
      },
    };
  }

  get kind(): Kind {
    return this.#options.kind.kind;
  }

  /** The uid of the object of this `namespace/name`. */
  uidOf(key: string): string | undefined {
    for (const { entries } of this.#scopes.values()) {
      const entry = entries.get(key);
      if (entry) return entry.uid;
    }
    return undefined;
  }

  register({ kinds, namespaces }: Interest): void {
    const { kind } = this.#options;
    if (!kinds.includes(kind.kind)) this.#wanted = [];
    else this.#wanted = namespaces && !kind.clusterScoped ? [...new Set(namespaces)] : [EVERYWHERE];
  }

  async list(signal: AbortSignal): Promise<Transaction> {
    for (const namespace of [...this.#scopes.keys()]) if (!this.#wanted.includes(namespace)) this.#end(namespace);
    const scopes = this.#wanted.map((namespace) => this.#scopes.get(namespace) ?? this.#begin(namespace));
    await this.#listed(scopes, signal);
    this.#isComplete ||= scopes.length > 0 && scopes.every(({ isListed }) => isListed);
    return this.#own.begin(this.#all(), this.#reportsNow());
  }

  async watch(commit: (transaction: Transaction) => void, signal: AbortSignal): Promise<void> {
    await this.#own.follow(commit, signal);
  }

  /** Another client of the same objects, which lists when this one has, and registers for nothing of its own. */
  share(): ResourceClient {
    const feed = new ViewFeed();
    this.#feeds.push(feed);
    return {
      name: this.name,
      register: () => {},
      list: async (signal) => {
        await Promise.race([this.#begun.promise, abortOf(signal)]);
        await this.#listed([...this.#scopes.values()], signal);
        return feed.begin(this.#all(), []);
      },
      watch: (commit, signal) => feed.follow((transaction) => commit({ ...transaction, reports: [] }), signal),
    };
  }

  /**
   * Waits until these are listed. What is served must not shrink because of a right that is missing, so at first that is
   * waited for too. Later on a namespace that is new and may not be read has nothing to lose, and holds up no other.
   */
  async #listed(scopes: readonly Scope[], signal: AbortSignal): Promise<void> {
    const all = scopes.map(({ listed, answered }) => (this.#isComplete ? answered : listed).promise);
    await Promise.race([Promise.all(all), abortOf(signal)]);
  }

  /** Stops to follow the API server. */
  close(): void {
    for (const namespace of [...this.#scopes.keys()]) this.#end(namespace);
  }

  #begin(namespace: string): Scope {
    const { kind, api, decode, clock, logger } = this.#options;
    const scope: Scope = {
      ended: new AbortController(),
      entries: new Map(),
      reported: new Map(),
      listed: Promise.withResolvers(),
      answered: Promise.withResolvers(),
      isListed: false,
      fault: undefined,
    };
    this.#scopes.set(namespace, scope);
    const reflector = new Reflector<ObjectEntry>({
      api,
      path: objectsPath(kind, namespace),
      query: kind.query,
      metadataOnly: kind.metadataOnly,
      dispensable: kind.optional,
      events: {
        take: (object) => decodeObject(kind, object, decode),
        replace: (entries) => this.#replace(scope, entries),
        change: (changes) => this.#change(scope, changes),
        fault: (error) => void this.#setFault(scope, error),
      },
      clock,
      logger,
    });
    void reflector.run(scope.ended.signal);
    this.#begun.resolve();
    return scope;
  }

  #end(namespace: string): void {
    const scope = this.#scopes.get(namespace)!;
    scope.ended.abort();
    this.#scopes.delete(namespace);
    for (const key of [...scope.entries.keys()]) this.#forget(scope, key);
  }

  #replace(scope: Scope, entries: readonly ObjectEntry[]): void {
    const since = this.#options.clock.elapsed();
    const gone = new Set(scope.entries.keys());
    for (const entry of entries) {
      gone.delete(entry.key);
      this.#take(scope, entry);
    }
    for (const key of gone) this.#forget(scope, key);
    scope.isListed = true;
    scope.listed.resolve();
    scope.answered.resolve();
    this.#tell(since);
  }

  #change(scope: Scope, changes: readonly ObjectChange<ObjectEntry>[]): void {
    const since = this.#options.clock.elapsed();
    for (const { gone, object } of changes) {
      if (gone) this.#forget(scope, object.key);
      else this.#take(scope, object);
    }
    this.#tell(since);
  }

  #take(scope: Scope, entry: ObjectEntry): void {
    const { kind: { kind }, onObject } = this.#options;
    const { key } = entry;
    const before = scope.entries.get(key);
    const next = following(entry, before ? before.resource : this.#former(entry));
    scope.entries.set(key, next);
    if (next.reports.length > 0) scope.reported.set(key, next);
    else scope.reported.delete(key);
    if (next.held || before?.held) this.#changedRecords.add(key);
    if (next.resource !== before?.resource) this.#noteChange(next);
    onObject?.(kind, next);
  }

  #forget(scope: Scope, key: string): void {
    const { kind: { kind }, onGone } = this.#options;
    const entry = scope.entries.get(key);
    if (!entry) return;
    scope.entries.delete(key);
    scope.reported.delete(key);
    if (entry.held) this.#changedRecords.add(key);
    if (entry.resource) this.#noteChange({ ...entry, resource: undefined });
    onGone?.(kind, entry);
  }

  /** What the process before had of an object that can not be decoded. */
  #former({ namespace, name, resource, reports }: ObjectEntry): AnyResource | undefined {
    if (resource || reports.length === 0) return undefined;
    return freeze(this.#options.former?.get(refKey({ namespace, name }))) as AnyResource | undefined;
  }

  #held(): ObjectEntry[] {
    return [...this.#scopes.values()].flatMap(({ reported }) => [...reported.values()].filter(({ held }) => held));
  }

  #noteChange({ key, namespace, name, resource }: ObjectEntry): void {
    const id = { kind: this.#options.kind.kind, namespace, name };
    for (const feed of this.#feeds) feed.note(key, id, resource);
  }

  /** Tells whoever watches what has changed, if anything has. */
  #tell(since: number | undefined): void {
    const reports = this.#reportsNow();
    for (const feed of this.#feeds) feed.tell(reports, since);
  }

  #all(): AnyResource[] {
    return [...this.#scopes.values()].flatMap(({ entries }) =>
      [...entries.values()].flatMap(({ resource }) => resource ?? [])
    );
  }

  /** The same list while it says the same. */
  #reportsNow(): readonly Report[] {
    const reports: Report[] = [];
    for (const [namespace, { fault, reported }] of this.#scopes) {
      if (fault !== undefined) {
        const message = `${this.name}${namespace && ` in ${namespace}`} cannot be read: ${fault}`;
        reports.push(makeReport("error", "SLUICE-1108", SOURCE_REF, "", message));
      }
      for (const entry of reported.values()) reports.push(...entry.reports);
    }
    const same = reports.length === this.#reports.length && reports.every((report, i) => {
      const before = this.#reports[i]!;
      return report === before || JSON.stringify(report) === JSON.stringify(before);
    });
    return same ? this.#reports : this.#reports = reports;
  }

  async #setFault(scope: Scope, error: unknown): Promise<void> {
    if (error === undefined) scope.fault = undefined;
    else if (error instanceof ApiError && error.status === 404 && !scope.isListed) await this.#missing(scope);
    else if (error instanceof ApiError && error.status === 403) this.#refused(scope, error.message);
    else this.#fail(scope, error instanceof Error ? error.message : String(error));
    this.#tell(undefined);
  }

  /** What is known of objects that may not be read any more stays. */
  #refused(scope: Scope, why: string): void {
    const { optional, unmissed } = this.#options.kind;
    const hasNone = scope.entries.size === 0;
    if (!optional || !unmissed || !hasNone) this.#fail(scope, why);
    if (optional && hasNone) this.#replace(scope, []);
    scope.answered.resolve();
  }

  #fail(scope: Scope, why: string): void {
    if (scope.fault !== why) this.#options.logger.warn(`${this.name} cannot be read now: ${why}`);
    scope.fault = why;
  }

  /**
   * The API server says that there is no such kind. It says so too while it starts and does not know its CRDs yet. Where it
   * knows others of the group, this one is not there, and there are no objects of it.
   */
  async #missing(scope: Scope): Promise<void> {
    const { kind, api } = this.#options;
    const knowsOthers = await api.request("GET", `/apis/${kind.group}/${kind.version}`).then(() => true, () => false);
    if (scope.isListed) return;
    if (!knowsOthers && !kind.optional) {
      return this.#fail(scope, "the API server has no such kind; are the CRDs installed?");
    }
    this.#replace(scope, []);
    scope.isListed = false;
  }
}

function abortOf(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => signal.addEventListener("abort", () => resolve(), { once: true }));
}

/** Resources are frozen, all through. */
function freeze<T>(value: T): T {
  if (typeof value === "object" && value !== null) {
    Object.values(value).forEach(freeze);
    Object.freeze(value);
  }
  return value;
}
