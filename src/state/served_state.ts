import { type Clock, type Metrics, runInSlices } from "../telemetry/mod.ts";
import type { Memory } from "../syncer/mod.ts";
import type { EnvoySnapshot } from "../xds/mod.ts";
import type { FormerRecords, JsonValue, SourceRecords } from "../watchers/mod.ts";
import type { StateContent, StateRecord } from "./frames.ts";
import { loadMemory } from "./load_memory.ts";
import { keyOf, memoryChanges } from "./memory_records.ts";
import { ReadValue, valueOf } from "./record.ts";
import { lockFolder, LOG, makeStateFolder, readState, setAside, StateBusy } from "./state_folder.ts";
import { LogDraft, StateLog } from "./state_log.ts";

/** Letters of keys: plain JSON of other parts of the program, and what sources keep. */
const SLOT = "j";
const SOURCE = "f";

/** Milliseconds from a write to when it is put on the disk for sure, and between attempts after one that failed. */
const SYNC_MS = 1_000;
const FIRST_RETRY_MS = 1_000;
const LAST_RETRY_MS = 60_000;

/** Of its own, so that the state can be served before translation is loaded. */
const NOTHING: Memory = { claims: new Map(), served: new Map() };
const NO_SOURCE: SourceRecords = { keys: () => [], get: () => undefined, takeChanged: () => [] };

/** What is wrong with the state. Nothing of it stops anything from being served. */
export interface StateFault {
  readonly what: "set aside" | "unreadable" | "unwritable";
  /** For users; no part of the state is in it. */
  readonly message: string;
  readonly path: string;
}

export interface ServedStateOptions {
  /** A folder of its own; made where it is missing. */
  readonly folder: string;
  readonly clock: Clock;
  readonly metrics: Metrics;
  /** Called when writing begins to fail, and with nothing when it works again. */
  readonly onWriting: (fault: StateFault | undefined) => void;
}

/** What the process before this one left. */
export interface FoundState {
  /** When it was written last, in milliseconds since the epoch. */
  readonly time: number;
  /** By `namespace/name` of the proxy. */
  readonly snapshots: ReadonlyMap<string, EnvoySnapshot>;
  /** What the first sync goes by. Takes longer than the snapshots, and yields often. To be called once. */
  memory(): Generator<void, Memory>;
  /** What that gave. */
  readonly read: Memory | undefined;
  slot(name: string): JsonValue | undefined;
  readonly slots: ReadonlyMap<string, JsonValue>;
  readonly source: FormerRecords;
}

/**
 * What was served last, kept in a folder, so that the next process can go on from it; see docs/design/state.md. Changes are
 * written before they are served. Whatever is wrong with the folder is told, and nothing fails by it.
 */
export class ServedState {
  /** Undefined where there is nothing, or nothing good; to be forgotten by who read it. */
  found: FoundState | undefined;
  /** What was wrong with what was found. */
  readonly fault: StateFault | undefined;
  readonly #options: ServedStateOptions;
  #lock: Deno.FsFile | undefined;
  #log: StateLog | undefined;
  /** What `#log` says; undefined before anything was recorded. */
  #written: Memory | undefined;
  #memory: Memory | undefined;
  /** `#log` says all that there is, and not only what is served of it. */
  #isWhole = false;
  #source: SourceRecords = NO_SOURCE;
  readonly #slots = new Map<string, string>();
  readonly #writtenSlots = new Map<string, string>();
  /** Keys of the source that changed since `#log` was written to, and since the present draft was begun. */
  readonly #touched = new Set<string>();
  readonly #draftTouched = new Set<string>();
  #writing: StateFault | undefined;
  #rewriting: Promise<void> | undefined;
  #retryMs = FIRST_RETRY_MS;
  #cancelRetry: (() => void) | undefined;
  #cancelSync: (() => void) | undefined;
  #stopping = false;

  private constructor(options: ServedStateOptions, lock: Deno.FsFile | undefined) {
    this.#options = options;
    this.#lock = lock;
    const read = this.#read();
    if (read && "what" in read) this.fault = read;
    else if (read) this.#open(read);
  }

  /** Waits for a process that is ending. Throws StateBusy where another one lives; nothing else. */
  static async open(options: ServedStateOptions): Promise<ServedState> {
    try {
      makeStateFolder(options.folder);
    } catch {
      // What is there is read all the same; the first write tells why it cannot be written.
    }
    return new ServedState(options, await lockFolder(options.folder, options.clock));
  }

  /** Whether all that was recorded is written. */
  get isUpToDate(): boolean {
    return this.#log !== undefined && this.#writing === undefined;
  }

  /** What was found is of no use: it is not added to, but replaced as a whole. */
  disregard(): void {
    this.found = undefined;
    this.#slots.clear();
    this.#log?.close();
    this.#log = undefined;
  }

  /** Keeps plain data of another part of the program. Written at once. */
  put(slot: string, value: JsonValue): void {
    const text = JSON.stringify(value);
    if (this.#slots.get(slot) === text) return;
    this.#slots.set(slot, text);
    if (this.#memory) this.record(this.#memory, this.#source);
  }

  /** To be called before anything of `memory` is served. What `source` knows by now is kept too. */
  record(memory: Memory, source: SourceRecords = NO_SOURCE): void {
    const first = this.#written ??= this.found?.read ?? NOTHING;
    this.found = undefined;
    this.#memory = memory;
    this.#source = source;
    for (const key of source.takeChanged()) {
      this.#touched.add(key);
      if (this.#rewriting) this.#draftTouched.add(key);
    }
    if (!this.#log) return this.#rewriteSoon();
    try {
      const records = this.#changes(first, this.#isWhole ? this.#touched : [], this.#writtenSlots, !this.#isWhole);
      this.#wrote(this.#log, this.#log.append(records, this.#options.clock.now()));
    } catch (error) {
      this.#failed(error);
    }
    if (!this.#isWhole || this.#log?.isOutgrown) this.#rewriteSoon();
  }

  /** Writes what is not written, and lets the folder go. */
  async stop(): Promise<void> {
    this.#stopping = true;
    this.#cancelRetry?.();
    this.#cancelSync?.();
    if (!this.#log && this.#memory && !this.#writing) this.#rewriteSoon();
    await this.#rewriting;
    await this.#log?.sync().catch(() => {});
    this.#log?.close();
    this.#lock?.close();
    this.#log = this.#lock = undefined;
  }

  #read(): StateContent | StateFault | undefined {
    const { folder, clock } = this.#options;
    const path = `${folder}/${LOG}`;
    let fault: string;
    try {
      const read = readState(folder);
      if (!read) return undefined;
      if (!("fault" in read)) {
        this.found = foundIn(read);
        for (const [slot, value] of this.found.slots) this.#slots.set(slot, JSON.stringify(value));
        for (const [slot, text] of this.#slots) this.#writtenSlots.set(slot, text);
        return read;
      }
      fault = read.fault;
    } catch (error) {
      if (!isDamage(error)) return { what: "unreadable", path, message: `the state cannot be read: ${textOf(error)}` };
      fault = "it is damaged";
    }
    try {
      const aside = setAside(folder, clock.now());
      const name = aside.slice(folder.length + 1);
      return { what: "set aside", path, message: `the state was set aside as ${name} and is not served: ${fault}` };
    } catch (error) {
      return { what: "set aside", path, message: `the state is not served: ${fault} (${textOf(error)})` };
    }
  }

  #open({ baseLength, length }: StateContent): void {
    if (!this.#lock) return;
    try {
      this.#log = StateLog.open(this.#options.folder, baseLength, length);
    } catch {
      // The first write tells.
    }
  }

  *#changes(
    before: Memory,
    keys: Iterable<string>,
    slots: ReadonlyMap<string, string>,
    servedOnly: boolean,
  ): Generator<StateRecord, void> {
    yield* memoryChanges(before, this.#memory!, { servedOnly });
    for (const [slot, text] of this.#slots) {
      if (slots.get(slot) !== text) yield [keyOf(SLOT, slot), valueOf(JSON.parse(text), undefined)];
    }
    for (const key of keys) yield this.#sourceRecord(key);
  }

  #sourceRecord(key: string): StateRecord {
    const value = this.#source.get(key);
    return [keyOf(SOURCE, key), value === undefined ? undefined : valueOf(undefined, value)];
  }

  #wrote(log: StateLog, records: number): void {
    this.#written = this.#memory;
    this.#touched.clear();
    for (const [slot, text] of this.#slots) this.#writtenSlots.set(slot, text);
    const { metrics, clock } = this.#options;
    metrics.counter("sluice_state_records_total", "Records written to the state, one by one.").add(records);
    metrics.gauge("sluice_state_bytes", "Size of the state.").set(log.length);
    if (records === 0) return;
    this.#cancelSync ??= clock.setTimeout(() => {
      this.#cancelSync = undefined;
      if (this.#log) void this.#settle(this.#log);
    }, SYNC_MS);
  }

  /** Puts what was written on the disk, and finds out whether it is still there: a file that was removed takes writes as before. */
  async #settle(log: StateLog): Promise<void> {
    try {
      await log.sync();
      await Deno.stat(`${this.#options.folder}/${LOG}`);
    } catch (error) {
      if (log !== this.#log) return;
      this.#lock?.close();
      this.#lock = undefined;
      this.#failed(error);
    }
  }

  #failed(error: unknown): void {
    const { folder, clock, metrics, onWriting } = this.#options;
    this.#log?.close();
    this.#log = undefined;
    this.#isWhole = false;
    metrics.counter("sluice_state_write_failures_total", "Attempts to write the state that failed.").add();
    const isNews = this.#writing === undefined;
    const message = `the state cannot be written, a restart would serve an older one or none: ${textOf(error)}`;
    this.#writing = { what: "unwritable", path: folder, message };
    if (isNews) onWriting(this.#writing);
    this.#cancelRetry?.();
    this.#cancelRetry = clock.setTimeout(() => {
      this.#cancelRetry = undefined;
      this.#rewriteSoon();
    }, this.#retryMs);
    this.#retryMs = Math.min(2 * this.#retryMs, LAST_RETRY_MS);
  }

  #rewriteSoon(): void {
    if (this.#rewriting || this.#cancelRetry) return;
    this.#rewriting = this.#rewrite()
      .catch((error) => this.#failed(error))
      .finally(() => this.#rewriting = undefined);
  }

  /** Writes everything anew, little by little, while changes go on being added to the old log. */
  async #rewrite(): Promise<void> {
    const { folder, clock, onWriting } = this.#options;
    makeStateFolder(folder);
    this.#lock ??= await lockFolder(folder, clock);
    const draft = new LogDraft(folder);
    try {
      const memory = this.#memory!;
      const slots = new Map(this.#slots);
      this.#draftTouched.clear();
      await runInSlices(draft.write(this.#all(memory, slots), () => clock.now()), clock, this.#turns());
      // Only a log that is good already needs the machine to outlive the change.
      if (this.#log) await draft.sync();
      const log = draft.finish(this.#changes(memory, this.#draftTouched, slots, false), clock.now());
      this.#log?.close();
      this.#log = log;
      this.#isWhole = true;
      this.#retryMs = FIRST_RETRY_MS;
      this.#wrote(log, 1);
    } catch (error) {
      draft.discard();
      throw error;
    }
    if (this.#writing) onWriting(this.#writing = undefined);
  }

  *#all(memory: Memory, slots: ReadonlyMap<string, string>): Generator<StateRecord, void> {
    yield* memoryChanges(NOTHING, memory);
    for (const [slot, text] of slots) yield [keyOf(SLOT, slot), valueOf(JSON.parse(text), undefined)];
    for (const key of [...this.#source.keys()]) yield this.#sourceRecord(key);
  }

  /** Gently, as others need the thread; less so where there is nothing yet, and not at all where everything ends. */
  #turns(): { readonly work: number; readonly rest: number } {
    const isStopping = () => this.#stopping;
    const rest = this.#log ? 20 : 5;
    return {
      get work() {
        return isStopping() ? 50 : 3;
      },
      get rest() {
        return isStopping() ? 0 : rest;
      },
    };
  }
}

/** Throws where a record is not what it should be. */
function foundIn({ records, time }: StateContent): FoundState {
  const loaded = loadMemory(records);
  let read: Memory | undefined;
  const prefix = keyOf(SOURCE, "");
  const value = (key: string, part: "first" | "second"): JsonValue | undefined => {
    const bytes = records.get(key);
    return bytes && new ReadValue(bytes)[part] as JsonValue;
  };
  const slots = new Map<string, JsonValue>();
  for (const key of records.keys()) {
    if (key.startsWith(keyOf(SLOT, ""))) slots.set(key.slice(SLOT.length + 1), value(key, "first")!);
  }
  return {
    time,
    snapshots: loaded.snapshots,
    *memory() {
      return read = yield* loaded.memory();
    },
    get read() {
      return read;
    },
    slot: (name) => slots.get(name),
    slots,
    source: {
      keys: () => records.keys().filter((key) => key.startsWith(prefix)).map((key) => key.slice(prefix.length)),
      get: (key) => value(prefix + key, "second"),
    },
  };
}

/** What the machine refuses is no damage of the file. */
const isDamage = (error: unknown): boolean => !(error instanceof Error && Object.hasOwn(Deno.errors, error.name));

/** Of an error of the machine its text has paths and no content; that of another one may have some. */
const textOf = (error: unknown): string =>
  error instanceof Error && (!isDamage(error) || error instanceof StateBusy) ? error.message : "sluice itself failed";
