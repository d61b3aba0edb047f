import { ENDPOINT_KINDS, type Kind, sameValue } from "../api/mod.ts";
import { makeReport, SOURCE_REF } from "../report/mod.ts";
import type { Report } from "../report/mod.ts";
import { type Clock, type Logger, type Metrics, pause, silentLogger } from "../telemetry/mod.ts";
import type { Interest, ResourceClient, Transaction } from "../watchers/mod.ts";
import { ApiSnapshot } from "./api_snapshot.ts";
import { emitterMetrics } from "./emitter_metrics.ts";
import type { EmitterMetrics } from "./emitter_metrics.ts";
import { MergedSources } from "./merged_sources.ts";

/** Times are in milliseconds. */
export interface EmitterOptions {
  /** In order of precedence: the first that has a resource keeps it, later ones are reported. */
  readonly clients: readonly ResourceClient[];
  readonly interest: Interest;
  readonly clock: Clock;
  /**
   * How long changes that belong together may gather after the first of them. Default 5 for several clients, and 0 for
   * one: what one client saw together is one transaction already.
   */
  readonly settleMs?: number;
  /** Least time from one emission to the next. Default 1000, as in Gloo. */
  readonly minIntervalMs?: number;
  /** The same for endpoints alone, which are emitted by themselves then. Default 100. */
  readonly endpointIntervalMs?: number;
  /** How long the first emission waits for clients that have not listed yet. Default 30000; `Infinity` is for ever. */
  readonly firstListTimeoutMs?: number;
  /** Pause before a client that failed is asked again. Default 1000. */
  readonly retryMs?: number;
  /** The last ApiSnapshot of the emitter that this one follows: equal resources stay the same objects. */
  readonly after?: ApiSnapshot;
  readonly logger?: Logger;
  readonly metrics?: Metrics;
}

/**
 * Takes an ApiSnapshot, with the moment (of `clock.elapsed()`) at which the earliest change in it was heard of, where a
 * source could tell. Gives false when an older one was still waiting and is now forgotten. Must not block.
 */
export type SnapshotListener = (snapshot: ApiSnapshot, since: number | undefined) => boolean | void;

/**
 * Gathers what the clients see into ApiSnapshots (Gloo's emitter). The first comes when every client has listed, or
 * `firstListTimeoutMs` has passed; a client that has not listed by then counts as having what it had in the last process.
 * A change after a quiet interval is emitted after the settle time, before the client's commit returns where that is 0;
 * under a storm there is one ApiSnapshot an interval, with all that came until then. Endpoints have an interval of their own,
 * a shorter one: what was emitted of them alone leaves other changes for the interval of these.
 * Nothing is emitted while neither resources nor reports differ from the last emission; where only reports do, the same
 * ApiSnapshot is emitted again.
 */
export class Emitter {
  readonly #options: EmitterOptions;
  readonly #clock: Clock;
  readonly #merged: MergedSources;
  readonly #metrics: EmitterMetrics;
  readonly #listeners = new Set<SnapshotListener>();
  readonly #unlisted: Set<ResourceClient>;
  readonly #before: ApiSnapshot;
  #current: ApiSnapshot | undefined;
  #reports: readonly Report[] = [];
  #started = false;
  #emittedAt = -Infinity;
  #endpointsEmittedAt = -Infinity;
  /** Of the transactions that were not emitted yet: those of endpoints alone, and all others. */
  #endpointsSince: number | undefined;
  #since: number | undefined;
  #cancelEmission: (() => void) | undefined;
  #cancelEndpoints: (() => void) | undefined;

  constructor(options: EmitterOptions) {
    this.#options = options;
    this.#clock = options.clock;
    this.#before = options.after ?? new ApiSnapshot(0, {});
    this.#merged = new MergedSources(options.clients, options.interest.kinds, this.#before);
    this.#metrics = emitterMetrics(options.metrics);
    this.#unlisted = new Set(options.clients);
    for (const client of options.clients) client.register(options.interest);
  }

  /** The ApiSnapshot that was emitted last. */
  get current(): ApiSnapshot | undefined {
    return this.#current;
  }

  /** What was wrong in the sources at the last emission, in the order of resources. */
  reports(): readonly Report[] {
    return this.#reports;
  }

  /** Calls `listener` for each emission from now on, until what this gives is called. */
  subscribe(listener: SnapshotListener): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  /** Emits the state now, whatever was emitted when, and even if nothing changed. Before the first emission: nothing. */
  forceEmit(): void {
    if (this.#started) this.#emit(true);
  }

  /** Follows the clients until `signal` is aborted. To be called once. */
  async run(signal: AbortSignal): Promise<void> {
    if (signal.aborted) return;
    const { clients, firstListTimeoutMs = 30_000 } = this.#options;
    const cancel = firstListTimeoutMs === Infinity
      ? () => {}
      : this.#clock.setTimeout(() => this.#startWithout(), firstListTimeoutMs);
    if (clients.length === 0) this.#start();
    const aborted = new Promise<void>((resolve) => signal.addEventListener("abort", () => resolve(), { once: true }));
    await Promise.all([aborted, ...clients.map((client, index) => this.#follow(client, index, signal, aborted))]);
    cancel();
    this.#cancelEmission?.();
    this.#cancelEndpoints?.();
    this.#started = false;
  }

  async #follow(
    client: ResourceClient,
    index: number,
    signal: AbortSignal,
    aborted: Promise<void>,
  ): Promise<void> {
    const { retryMs = 1000 } = this.#options;
    while (!signal.aborted) {
      try {
        const listed = await Promise.race([client.list(signal), aborted]);
        if (signal.aborted || !listed) return;
        this.#merged.replace(index, listed);
        this.#listed(client, index);
        await client.watch((transaction) => {
          if (signal.aborted) return;
          this.#merged.apply(index, transaction);
          if (isOfEndpoints(transaction)) this.#endpointsChanged(transaction.since);
          else this.#changed(transaction.since);
        }, signal);
      } catch (error) {
        if (signal.aborted) return;
        this.#failed(client, index, error);
      }
      await pause(this.#clock, retryMs, signal);
    }
  }

  #listed(client: ResourceClient, index: number): void {
    this.#merged.setFault(index, undefined);
    this.#unlisted.delete(client);
    if (this.#started) this.#changed();
    else if (this.#unlisted.size === 0) this.#start();
  }

  #failed(client: ResourceClient, index: number, error: unknown): void {
    const message = `${client.name} cannot be read: ${error instanceof Error ? error.message : String(error)}`;
    this.#log().error(message);
    this.#merged.setFault(index, makeReport("error", "SLUICE-1108", SOURCE_REF, "", message));
    this.#changed();
  }

  #start(): void {
    this.#started = true;
    this.#emit(true);
  }

  #startWithout(): void {
    if (this.#started) return;
    const late = [...this.#unlisted];
    this.#log().warn("starting without sources that have not answered yet", { late: late.map(({ name }) => name) });
    for (const [index, client] of this.#options.clients.entries()) {
      if (!this.#unlisted.has(client)) continue;
      const former = client.former?.();
      if (former) this.#merged.replace(index, former);
      if (this.#merged.hasFault(index)) continue;
      const without = former && former.put.length > 0
        ? "goes on with what it held last"
        : "started without what it holds";
      const message = `${client.name} has not answered yet, Sluice ${without}`;
      this.#merged.setFault(index, makeReport("warning", "SLUICE-1109", SOURCE_REF, "", message));
    }
    this.#start();
  }

  #changed(since?: number): void {
    this.#since = earlier(this.#since, since);
    this.#metrics.resourcesIn.add();
    if (!this.#started || this.#cancelEmission) return;
    const { clients, settleMs = clients.length > 1 ? 5 : 0, minIntervalMs = 1000 } = this.#options;
    const now = this.#clock.elapsed();
    const at = Math.max(now + settleMs, this.#emittedAt + minIntervalMs);
    if (at <= now) return this.#emit(false);
    this.#cancelEmission = this.#clock.setTimeout(() => this.#emit(false), at - now);
  }

  #endpointsChanged(since: number | undefined): void {
    this.#endpointsSince = earlier(this.#endpointsSince, since);
    this.#metrics.resourcesIn.add();
    if (!this.#started || this.#cancelEndpoints) return;
    const { clients, settleMs = clients.length > 1 ? 5 : 0, endpointIntervalMs = 100 } = this.#options;
    const now = this.#clock.elapsed();
    const at = Math.max(now + settleMs, this.#endpointsEmittedAt + endpointIntervalMs);
    if (at <= now) return this.#emit(false, ENDPOINTS);
    this.#cancelEndpoints = this.#clock.setTimeout(() => this.#emit(false, ENDPOINTS), at - now);
  }

  /** @param only Kinds whose changes are emitted; default all. */
  #emit(forced: boolean, only?: ReadonlySet<Kind>): void {
    this.#cancelEndpoints?.();
    this.#cancelEndpoints = undefined;
    this.#endpointsEmittedAt = this.#clock.elapsed();
    if (!only) {
      this.#cancelEmission?.();
      this.#cancelEmission = undefined;
    }
    this.#metrics.snapshotsIn.add();
    const next = this.#merged.snapshot(this.#current ?? this.#before, only);
    const reports = this.#merged.reports();
    const since = only ? this.#endpointsSince : earlier(this.#since, this.#endpointsSince);
    this.#endpointsSince = undefined;
    if (!only) this.#since = undefined;
    if (!forced && next === this.#current && sameValue(reports, this.#reports)) return;
    this.#current = next;
    this.#reports = reports;
    if (!only) this.#emittedAt = this.#clock.elapsed();
    this.#metrics.snapshotsOut.add();
    for (const listener of this.#listeners) this.#tell(listener, next, since);
  }

  #tell(listener: SnapshotListener, snapshot: ApiSnapshot, since: number | undefined): void {
    try {
      if (listener(snapshot, since) === false) this.#metrics.snapshotsMissed.add();
    } catch (error) {
      this.#log().error("a listener of the emitter failed", { error: String(error) });
    }
  }

  #log(): Logger {
    return this.#options.logger ?? silentLogger;
  }
}

const ENDPOINTS: ReadonlySet<Kind> = new Set(ENDPOINT_KINDS);

/** Nothing but endpoints; a transaction of reports alone is none. */
const isOfEndpoints = ({ put, removed }: Transaction): boolean =>
  put.length + removed.length > 0 && put.every(({ kind }) => ENDPOINTS.has(kind)) &&
  removed.every(({ kind }) => ENDPOINTS.has(kind));

/** The earlier of two moments, of which either may not be known. */
const earlier = (a: number | undefined, b: number | undefined): number | undefined =>
  a === undefined || b === undefined ? a ?? b : Math.min(a, b);
