import type { ApiSnapshot } from "../snapshot/mod.ts";
import type { Clock, Logger, Metrics } from "../telemetry/mod.ts";

/** What a sync may want to know beside its ApiSnapshot. */
export interface SyncContext {
  /** Aborted when Sluice ends. */
  readonly signal: AbortSignal;
  /**
   * Aborted as soon as a newer ApiSnapshot waits. A sync runs to its end all the same; only waits between the phases of
   * a push are given up for it.
   */
  readonly superseded: AbortSignal;
  /** When the earliest change in the ApiSnapshot was heard of, on the clock of `elapsed()`, where that is known. */
  readonly since?: number;
}

/** Brings one part of the world into line with an ApiSnapshot (Gloo's Syncer). Rejects when that failed. */
export interface Syncer {
  /** For logs. */
  readonly name: string;
  sync(snapshot: ApiSnapshot, context: SyncContext): Promise<void>;
}

export interface EventLoopOptions {
  /** Run one after the other, in this order. */
  readonly syncers: readonly Syncer[];
  readonly clock: Clock;
  readonly logger: Logger;
  readonly metrics?: Metrics;
}

/**
 * Puts one ApiSnapshot at a time through the syncers (Gloo's event loop). Each sync runs to its end; of what comes
 * meanwhile only the newest is kept, and is next. A syncer that fails is logged and counted, the others still run.
 */
export class EventLoop {
  readonly #options: EventLoopOptions;
  readonly #ready = Promise.withResolvers<void>();
  #waiting: { readonly snapshot: ApiSnapshot; readonly since: number | undefined } | undefined;
  #wake: (() => void) | undefined;
  #superseding = new AbortController();

  constructor(options: EventLoopOptions) {
    this.#options = options;
  }

  /** Resolves after the first sync in which no syncer failed (Gloo's ready channel). */
  get ready(): Promise<void> {
    return this.#ready.promise;
  }

  /**
   * Takes an ApiSnapshot for the next sync; false when it took the place of one that was still waiting.
   * @param since When the earliest change in it was heard of; see {@link SyncContext}.
   */
  offer(snapshot: ApiSnapshot, since?: number): boolean {
    const before = this.#waiting;
    this.#waiting = { snapshot, since: before?.since ?? since };
    this.#superseding.abort();
    this.#wake?.();
    return before === undefined;
  }

  /** Syncs what is offered until `signal` is aborted; resolves when the sync under way has ended. To be called once. */
  async run(signal: AbortSignal): Promise<void> {
    const wake = (): void => this.#wake?.();
    signal.addEventListener("abort", wake);
    while (!signal.aborted) {
      const next = this.#waiting;
      if (next) {
        this.#waiting = undefined;
        await this.#sync(next.snapshot, next.since, signal);
      } else {
        await new Promise<void>((resolve) => this.#wake = resolve);
      }
    }
    signal.removeEventListener("abort", wake);
  }

  async #sync(snapshot: ApiSnapshot, since: number | undefined, signal: AbortSignal): Promise<void> {
    const { syncers, clock, logger, metrics } = this.#options;
    this.#superseding = new AbortController();
    const context = { signal, superseded: this.#superseding.signal, since };
    const start = clock.elapsed();
    let failed = false;
    for (const syncer of syncers) {
      try {
        await syncer.sync(snapshot, context);
      } catch (error) {
        failed = true;
        logger.error(`the ${syncer.name} syncer failed`, { sequence: snapshot.sequence, error: describe(error) });
        metrics?.counter("sluice_sync_errors", "Syncs that failed, by syncer.", ["syncer"])
          .add(1, { syncer: syncer.name });
      }
    }
    metrics?.histogram("api_gloosnapshot_gloo_solo_io_sync_time_sec", "Time of one pass of all syncers.", BUCKETS)
      .observe((clock.elapsed() - start) / 1000);
    if (!failed) this.#ready.resolve();
  }
}

const BUCKETS = [0.005, 0.02, 0.1, 0.5, 2, 10];

const describe = (error: unknown): string => error instanceof Error ? error.stack ?? error.message : String(error);
