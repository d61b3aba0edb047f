import { framesOf, headerBytes, type StateRecord } from "./frames.ts";
import { LOG } from "./state_folder.ts";

/** A log may outgrow what it was when it was written as a whole by as much again and so many bytes. */
const SLACK_BYTES = 1024 * 1024;
const DRAFT = "log.new";

/** The file of the state, open at its end. */
export class StateLog {
  readonly #file: Deno.FsFile;
  readonly #baseLength: number;
  #length: number;

  private constructor(file: Deno.FsFile, baseLength: number, length: number) {
    this.#file = file;
    this.#baseLength = baseLength;
    this.#length = length;
  }

  /** Opens what {@link readFrames} read, and cuts off what never counted. Throws what Deno throws. */
  static open(folder: string, baseLength: number, length: number): StateLog {
    const file = Deno.openSync(`${folder}/${LOG}`, { write: true });
    try {
      file.truncateSync(length);
      file.seekSync(0, Deno.SeekMode.End);
    } catch (error) {
      file.close();
      throw error;
    }
    return new StateLog(file, baseLength, length);
  }

  static of(file: Deno.FsFile, length: number): StateLog {
    return new StateLog(file, length, length);
  }

  get length(): number {
    return this.#length;
  }

  /** True when it is time to write the log as a whole again. */
  get isOutgrown(): boolean {
    return this.#length > 2 * this.#baseLength + SLACK_BYTES;
  }

  /** Adds records as one set: all of them count, or none. Gives their number. Throws what Deno throws; then nothing counts. */
  append(records: Iterable<StateRecord>, now: number): number {
    const work = framesOf(records, () => now);
    for (;;) {
      const { value, done } = work.next();
      if (done) return value;
      if (!value) continue;
      writeAll(this.#file, value);
      this.#length += value.length;
    }
  }

  /** What was written is on the disk when this resolves, and outlives the machine. */
  async sync(): Promise<void> {
    await this.#file.syncData();
  }

  close(): void {
    this.#file.close();
  }
}

/** A log that is being written as a whole, beside the one that counts. */
export class LogDraft {
  readonly #folder: string;
  readonly #file: Deno.FsFile;
  #length = 0;

  /** Throws what Deno throws. */
  constructor(folder: string) {
    this.#folder = folder;
    this.#file = Deno.openSync(`${folder}/${DRAFT}`, { write: true, create: true, truncate: true, mode: 0o600 });
    this.#write(headerBytes());
  }

  /** Writes the records as one set. Yields often. Throws what Deno throws. */
  *write(records: Iterable<StateRecord>, now: () => number): Generator<void, void> {
    const work = framesOf(records, now);
    for (let step = work.next(); !step.done; step = work.next()) {
      if (step.value) this.#write(step.value);
      yield;
    }
  }

  async sync(): Promise<void> {
    await this.#file.syncData();
  }

  /** Adds what came meanwhile and puts the draft in the place of the log, from one moment to the next. */
  finish(records: Iterable<StateRecord>, now: number): StateLog {
    const log = StateLog.of(this.#file, this.#length);
    log.append(records, now);
    Deno.renameSync(`${this.#folder}/${DRAFT}`, `${this.#folder}/${LOG}`);
    return log;
  }

  /** Ends a draft that comes to nothing. */
  discard(): void {
    this.#file.close();
    try {
      Deno.removeSync(`${this.#folder}/${DRAFT}`);
    } catch {
      // The next draft writes over it.
    }
  }

  #write(bytes: Uint8Array): void {
    writeAll(this.#file, bytes);
    this.#length += bytes.length;
  }
}

function writeAll(file: Deno.FsFile, bytes: Uint8Array): void {
  for (let at = 0; at < bytes.length;) at += file.writeSync(bytes.subarray(at));
}
