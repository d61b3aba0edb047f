import { idKey, type ResourceId } from "../api/mod.ts";
import type { ResourceStatus, StatusWriter } from "../report/mod.ts";
import type { Clock } from "../telemetry/mod.ts";

/** How long the first batch waits, in milliseconds: when the first Envoys ask, the thread is wanted elsewhere. */
export interface Grace {
  readonly clock: Clock;
  readonly ms: number;
}

/**
 * Hands statuses to writers, one batch after the other. What changes while a batch is being written is in the next one,
 * in its newest form only: a slow disk makes statuses late, but never a queue that grows.
 */
export class StatusQueue {
  readonly #writers: readonly StatusWriter[];
  readonly #onError: (error: unknown) => void;
  /** By {@link idKey}. */
  readonly #changed = new Map<string, ResourceStatus>();
  readonly #removed = new Map<string, ResourceId>();
  #due = false;
  #writing: Promise<void> | undefined;
  #grace: Grace | undefined;
  #endGrace: (() => void) | undefined;

  /**
   * @param onError Told when a writer rejects, which it must not; the others write all the same.
   * @param grace Default: none.
   */
  constructor(writers: readonly StatusWriter[], onError: (error: unknown) => void, grace?: Grace) {
    this.#writers = writers;
    this.#onError = onError;
    this.#grace = grace;
  }

  /** Calls the writers even where nothing changed: the first call cleans up what an earlier run left. */
  add(changed: readonly ResourceStatus[], removed: readonly ResourceId[]): void {
    for (const status of changed) {
      this.#changed.set(idKey(status), status);
      this.#removed.delete(idKey(status));
    }
    for (const id of removed) {
      this.#removed.set(idKey(id), id);
      this.#changed.delete(idKey(id));
    }
    this.#due = true;
    this.#writing ??= this.#write();
  }

  /** Resolves when all that was added is written. Whoever asks does not want to wait: a grace ends. */
  async written(): Promise<void> {
    this.#endGrace?.();
    await this.#writing;
  }

  async #wait({ clock, ms }: Grace): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const cancel = clock.setTimeout(resolve, ms);
    this.#endGrace = resolve;
    await promise;
    cancel();
    this.#endGrace = this.#grace = undefined;
  }

  async #write(): Promise<void> {
    if (this.#grace) await this.#wait(this.#grace);
    while (this.#due) {
      this.#due = false;
      const [changed, removed] = [[...this.#changed.values()], [...this.#removed.values()]];
      this.#changed.clear();
      this.#removed.clear();
      const writeTo = async (writer: StatusWriter): Promise<void> => await writer.write(changed, removed);
      const results = await Promise.allSettled(this.#writers.map(writeTo));
      for (const result of results) if (result.status === "rejected") this.#onError(result.reason);
    }
    this.#writing = undefined;
  }
}
