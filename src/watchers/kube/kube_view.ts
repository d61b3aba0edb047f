import { type AnyResource, type Kind, refKey } from "../../api/mod.ts";
import { type ApiClient, ApiError, type ObjectChange, Reflector } from "../../kubernetes/mod.ts";
import { type DecodeResource, makeReport, type Report, SOURCE_REF } from "../../report/mod.ts";
import type { Clock, Logger } from "../../telemetry/mod.ts";
import type { FormerRecords, Interest, JsonValue, ResourceClient, SourceRecords, Transaction } from "../contract.ts";
import { freeze } from "../freeze.ts";
import { decodeObject, following, type ObjectEntry } from "./object_entry.ts";
import { ViewFeed } from "./view_feed.ts";
import { objectsPath, type WatchedKind } from "./watched_kinds.ts";

export interface KubeViewOptions {
  readonly kind: WatchedKind;
  readonly api: ApiClient;
  readonly decode: DecodeResource;
  /** The only namespace that it is ever read from, whichever are of interest. */
  readonly only?: string;
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
  /** What the API server has said of it: a list, that there is no such kind, that it may not be read; nothing as yet. */
  state: "listed" | "absent" | "refused" | "unknown";
  fault: string | undefined;
}

/** The key of the record of namespaces that are read; no name of an object has a blank. */
const LISTED = "namespaces listed";

/** All namespaces. */
const EVERYWHERE = "";

const NO_REPORTS: readonly Report[] = [];

/**
 * The resources of one kind in Kubernetes. It follows the API server from the first list on until it is closed, whoever
 * watches it: where the namespaces of interest change, those that stay are not listed again, and those that go are followed
 * until the new ones are known. A namespace that may not be read is a fault, and keeps none of the others waiting.
 */
export class KubeView implements ResourceClient {
  readonly name: string;
  readonly records: SourceRecords;
  readonly #options: KubeViewOptions;
  readonly #scopes = new Map<string, Scope>();
  #wanted: readonly string[] = [];
  /** Lists that wait for the namespaces that are wanted; each looks again when it is called. */
  readonly #waiting = new Set<() => void>();
  readonly #own = new ViewFeed();
  /** Whoever is told, {@link #own} among them. */
  readonly #feeds = new Set<ViewFeed>([this.#own]);
  #reports: readonly Report[] = [];
  readonly #changedRecords = new Set<string>();
  /** Namespaces that the process before has read. */
  readonly #formerlyListed: ReadonlySet<string>;

  constructor(options: KubeViewOptions) {
    this.#options = options;
    this.name = `kube:${options.kind.plural}`;
    this.#formerlyListed = new Set(options.former?.get(LISTED) as readonly string[] | undefined ?? []);
    this.records = {
      keys: () => [LISTED, ...this.#held().map(({ key }) => key)],
      get: (key) => {
        if (key === LISTED) return this.#listed();
        const entry = this.#entry(key);
        return entry?.held ? entry.resource as unknown as JsonValue : undefined;
      },
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
    return this.#entry(key)?.uid;
  }

  register({ kinds, namespaces }: Interest): void {
    const { kind, only } = this.#options;
    if (!kinds.includes(kind.kind)) this.#wanted = [];
    else if (only !== undefined) this.#wanted = [only];
    else this.#wanted = namespaces && !kind.clusterScoped ? [...new Set(namespaces)] : [EVERYWHERE];
  }

  async list(signal: AbortSignal): Promise<Transaction> {
    const wanted = this.#wanted;
    for (const namespace of wanted) if (!this.#scopes.has(namespace)) this.#begin(namespace);
    await this.#known(signal);
    if (signal.aborted) return { put: [], removed: [], reports: NO_REPORTS };
    for (const namespace of [...this.#scopes.keys()]) if (!wanted.includes(namespace)) this.#end(namespace);
    return this.#own.begin(this.#all(), this.#reportsNow());
  }

  /** What there is so far, of the namespaces that were of interest before as well. */
  former(): Transaction {
    return { put: this.#all(), removed: [], reports: this.#reportsNow() };
  }

  async watch(commit: (transaction: Transaction) => void, signal: AbortSignal): Promise<void> {
    await this.#own.follow(commit, signal, () => this.#reportsNow());
  }

  /** Another client of the same objects, which lists when this one has, and registers for nothing of its own. */
  share(): ResourceClient {
    const feed = new ViewFeed();
    return {
      name: this.name,
      register: () => {},
      list: async (signal) => {
        this.#feeds.add(feed);
        await this.#known(signal);
        return signal.aborted ? { put: [], removed: [], reports: NO_REPORTS } : feed.begin(this.#all(), NO_REPORTS);
      },
      watch: async (commit, signal) => {
        await feed.follow(commit, signal, () => NO_REPORTS);
        // It lists before it watches again; until then nothing is to be kept for it.
        this.#feeds.delete(feed);
      },
      former: () => ({ ...this.former(), reports: NO_REPORTS }),
    };
  }

  /** Stops to follow the API server. */
  close(): void {
    for (const namespace of [...this.#scopes.keys()]) this.#end(namespace);
  }

  /** Waits until {@link #isKnown}, or `signal` is aborted. */
  async #known(signal: AbortSignal): Promise<void> {
    while (!signal.aborted && !this.#isKnown()) {
      await new Promise<void>((resolve) => {
        const look = (): void => {
          signal.removeEventListener("abort", look);
          this.#waiting.delete(look);
          resolve();
        };
        this.#waiting.add(look);
        signal.addEventListener("abort", look);
      });
    }
  }

  /**
   * Whether the API server has given its word on all that is wanted. That it refuses some namespaces counts where it has let
   * us read another; where it refuses all, rights are missing altogether, or it has not read its own yet. That it refuses one
   * which the process before has read does not count: what is in it is served, and would be taken away.
   */
  #isKnown(): boolean {
    const states = this.#wanted.map((namespace) => this.#scopes.get(namespace)?.state ?? "unknown");
    if (states.includes("unknown")) return false;
    if (this.#wanted.some((namespace, i) => states[i] === "refused" && this.#formerlyListed.has(namespace))) {
      return false;
    }
    return states.length === 0 || states.some((state) => state !== "refused");
  }

  /** Namespaces that are read. */
  #listed(): string[] {
    return [...this.#scopes].filter(([, { state }]) => state === "listed").map(([namespace]) => namespace).sort();
  }

  #begin(namespace: string): void {
    const { kind, api, decode, clock, logger } = this.#options;
    const scope: Scope = {
      ended: new AbortController(),
      entries: new Map(),
      reported: new Map(),
      state: "unknown",
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
  }

  #end(namespace: string): void {
    const scope = this.#scopes.get(namespace)!;
    this.#changedRecords.add(LISTED);
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
    if (scope.state !== "listed") this.#changedRecords.add(LISTED);
    scope.state = "listed";
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
    // Another scope has it while namespaces of interest change.
    const before = scope.entries.get(key) ?? this.#entry(key);
    const next = following(entry, before ? before.resource : this.#former(scope, entry));
    const kept = { ...next, status: undefined };
    scope.entries.set(key, kept);
    if (next.reports.length > 0) scope.reported.set(key, kept);
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
    if (this.#entry(key)) return;
    if (entry.held) this.#changedRecords.add(key);
    if (entry.resource) this.#noteChange({ ...entry, resource: undefined });
    onGone?.(kind, entry);
  }

  /** What the process before had of an object that can not be decoded; of one that is made later it says nothing. */
  #former({ state }: Scope, { namespace, name, resource, reports }: ObjectEntry): AnyResource | undefined {
    if (resource || reports.length === 0 || state === "listed") return undefined;
    return freeze(this.#options.former?.get(refKey({ namespace, name }))) as AnyResource | undefined;
  }

  #entry(key: string): ObjectEntry | undefined {
    for (const { entries } of this.#scopes.values()) {
      const entry = entries.get(key);
      if (entry) return entry;
    }
    return undefined;
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
    const scopes = [...this.#scopes.values()];
    const resources = scopes.flatMap(({ entries }) => [...entries.values()].flatMap(({ resource }) => resource ?? []));
    return scopes.length > 1 ? [...new Map(resources.map((one) => [refKey(one.metadata), one])).values()] : resources;
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
    const { optional, unmissed } = this.#options.kind;
    const why = error instanceof Error ? error.message : String(error);
    const status = error instanceof ApiError ? error.status : undefined;
    const isListed = scope.state === "listed";
    if (error === undefined) scope.fault = undefined;
    else if (status === 404 && !isListed) await this.#missing(scope);
    // What is known of objects that may not be read any more stays.
    else if (status === 403 && optional && scope.entries.size === 0) this.#absent(scope, unmissed ? undefined : why);
    else {
      if (status === 403 && !isListed) scope.state = "refused";
      this.#fail(scope, why);
    }
    this.#tell(undefined);
    for (const look of [...this.#waiting]) look();
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
    if (scope.state === "listed") return;
    if (knowsOthers || kind.optional) this.#absent(scope);
    else this.#fail(scope, "the API server has no such kind; are the CRDs installed?");
  }

  /** There is nothing to read, and all else goes on. `why` is told where it is missed. */
  #absent(scope: Scope, why?: string): void {
    scope.state = "absent";
    if (why === undefined) scope.fault = undefined;
    else this.#fail(scope, why);
  }
}
