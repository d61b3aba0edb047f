import type { Spec } from "../../api/mod.ts";
import { makeReport, type Report, SOURCE_REF } from "../../report/mod.ts";
import { type FoundState, ServedState, type StateFault } from "../../state/mod.ts";
import type { Memory } from "../../syncer/mod.ts";
import { type Clock, type Gauge, type Logger, type Metrics, runInSlices } from "../../telemetry/mod.ts";
import type { FormerRecords, JsonValue, SourceRecords } from "../../watchers/mod.ts";
import { roleOfProxy, type XdsCache } from "../../xds/mod.ts";
import type { ServeConfig } from "../config.ts";
import { decidedPath, decidedText, SERVED_FOLDER, stateKey } from "../decided.ts";

/** Slots of the state. */
const CONFIGURATION = "configuration";
const SETTINGS = "settings";

export interface KeptStateOptions {
  readonly config: ServeConfig;
  readonly cache: XdsCache;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly metrics: Metrics;
}

/** The state of the control plane before this one: served at once, followed by the sources when they answer, and kept up to date. */
export class KeptState {
  readonly #options: KeptStateOptions;
  readonly #state: ServedState;
  /** Until the first sync: it is as large as the configuration. */
  #found: FoundState | undefined;
  #writing: StateFault | undefined;
  #decided = "";
  #servesFrom: number | undefined;

  private constructor(options: KeptStateOptions, state: ServedState, isStale: boolean) {
    this.#options = options;
    this.#state = state;
    this.#found = isStale ? undefined : this.#wanted();
    if (!this.#found) state.disregard();
  }

  /** Puts what was served last into the cache, unless it is stale. Throws where another Sluice uses the folder. */
  static async open(options: KeptStateOptions, isStale: boolean): Promise<KeptState> {
    const { config, clock, metrics, logger } = options;
    const start = clock.elapsed();
    const state = await ServedState.open({
      folder: `${config.stateDir}/${SERVED_FOLDER}`,
      clock,
      metrics,
      onWriting: (fault) => kept.tell(fault),
    });
    const kept = new KeptState(options, state, isStale);
    if (state.fault) logger.error(state.fault.message, { file: state.fault.path });
    kept.#serve(start);
    return kept;
  }

  /** When the state was written that is served until the first sync; undefined where none is, or the sync is done. */
  get servesFrom(): Date | undefined {
    return this.#servesFrom === undefined ? undefined : new Date(this.#servesFrom);
  }

  /** Whether another control plane can go on from the folder alone. */
  get isUpToDate(): boolean {
    return this.#state.isUpToDate;
  }

  /** What the first sync goes by. */
  async memory(): Promise<Memory | undefined> {
    return this.#found && await runInSlices(this.#found.memory(), this.#options.clock);
  }

  /** Of Settings, what streams go by before Settings are read. */
  get settings(): Spec<"Settings"> {
    const sluice = this.#found?.slot(SETTINGS) as Spec<"Settings">["sluice"] | null | undefined;
    return sluice ? { sluice } : {};
  }

  /** What the sources knew. */
  get source(): FormerRecords | undefined {
    return this.#found?.source;
  }

  /** Plain data of another part of the program, as {@link keep} was given it. */
  slot(name: string): JsonValue | undefined {
    return this.#found?.slot(name);
  }

  keep(slot: string, value: JsonValue): void {
    this.#state.put(slot, value);
  }

  /** To be called before anything of `memory` is served. */
  record(memory: Memory, source: SourceRecords | undefined, settings: Spec<"Settings">): void {
    this.#state.put(CONFIGURATION, stateKey(this.#options.config));
    this.#state.put(SETTINGS, (settings.sluice ?? null) as JsonValue);
    this.#state.record(memory, source);
    this.#found = undefined;
    this.#keepDecided();
  }

  /** The first sync is served. */
  synced(): void {
    if (this.#servesFrom === undefined) return;
    this.#servesFrom = undefined;
    this.#gauge().set(0);
  }

  /** What is wrong with the state, for the status page. */
  reports(): Report[] {
    return [this.#state.fault, this.#writing].flatMap((fault) => fault ? [reportOf(fault)] : []);
  }

  async stop(): Promise<void> {
    await this.#state.stop();
  }

  tell(fault: StateFault | undefined): void {
    this.#writing = fault;
    const { logger } = this.#options;
    if (fault) logger.error(fault.message, { folder: fault.path });
    else logger.info("the state is written again");
  }

  /** What another configuration served is of no use to this one. */
  #wanted(): FoundState | undefined {
    const { found } = this.#state;
    const of = found?.slot(CONFIGURATION);
    if (of === undefined || of === stateKey(this.#options.config)) return found;
    this.#options.logger.info("the state is that of another configuration, and is not served");
    return undefined;
  }

  #serve(start: number): void {
    if (!this.#found) return;
    const { cache, clock, logger } = this.#options;
    const { snapshots, time } = this.#found;
    for (const [proxy, snapshot] of snapshots) cache.setSnapshot(roleOfProxy(proxy), snapshot);
    if (snapshots.size === 0) return;
    this.#servesFrom = time;
    this.#gauge().set(1);
    const took = Math.round(clock.elapsed() - start);
    logger.info(`serving ${snapshots.size} ${snapshots.size === 1 ? "role" : "roles"} from the state`, {
      roles: cache.roles(),
      of: new Date(time).toISOString(),
      ms: took,
    });
  }

  #gauge(): Gauge {
    return this.#options.metrics.gauge("sluice_serves_state", "1 while what is served is that of the last process.");
  }

  /** What main starts the next process with. It holds no secrets. */
  #keepDecided(): void {
    const { config } = this.#options;
    const text = decidedText(config);
    if (text === this.#decided) return;
    const path = decidedPath(config.stateDir);
    try {
      Deno.writeTextFileSync(`${path}.new`, text, { mode: 0o600 });
      Deno.renameSync(`${path}.new`, path);
      this.#decided = text;
    } catch {
      // Tried again with the next sync; that the folder cannot be written is told already.
    }
  }
}

function reportOf({ what, message, path }: StateFault): Report {
  const report = what === "unwritable"
    ? makeReport("warning", "SLUICE-1504", SOURCE_REF, "", message)
    : makeReport("warning", "SLUICE-1503", SOURCE_REF, "", message);
  return { ...report, location: { file: path } };
}
