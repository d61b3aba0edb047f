import { denoFileSystem } from "./file_system.ts";
import type { FileEvent, FileEvents, FileSystem, Stamp } from "./file_system.ts";

/** Deno's file system with a count of what is asked of it, and stamps as a test wants them. */
export class CountingFileSystem implements FileSystem {
  readonly counts = { stat: 0, list: 0, realPath: 0, read: 0, watch: 0 };
  restamp: (stamp: Stamp) => Stamp = (stamp) => stamp;

  stat(path: string) {
    this.counts.stat++;
    const { type, stamp } = denoFileSystem.stat(path);
    return { type, stamp: this.restamp(stamp) };
  }

  list(path: string) {
    this.counts.list++;
    return denoFileSystem.list(path);
  }

  realPath(path: string) {
    this.counts.realPath++;
    return denoFileSystem.realPath(path);
  }

  read(path: string) {
    this.counts.read++;
    return denoFileSystem.read(path);
  }

  watch(path: string, recursive: boolean): FileEvents {
    this.counts.watch++;
    return denoFileSystem.watch(path, recursive);
  }
}

/** A file system whose events are those that the test makes. */
export class HintedFileSystem {
  readonly fileSystem = new CountingFileSystem();
  /** How many events were taken. */
  heard = 0;
  #queue: FileEvent[] = [];
  #closed = false;
  #wake: (() => void) | undefined;

  constructor() {
    this.fileSystem.watch = () => this.#watch();
  }

  hint(type: FileEvent["type"], ...paths: string[]): void {
    this.#queue.push({ type, paths });
    this.#wake?.();
  }

  #watch() {
    this.#closed = false;
    const close = (): void => {
      this.#closed = true;
      this.#wake?.();
    };
    const next = async (): Promise<IteratorResult<FileEvent>> => {
      while (this.#queue.length === 0 && !this.#closed) await new Promise<void>((resolve) => this.#wake = resolve);
      const value = this.#queue.shift();
      if (value) this.heard++;
      return value ? { value } : { done: true, value: undefined };
    };
    return { close, [Symbol.asyncIterator]: () => ({ next }) };
  }
}
