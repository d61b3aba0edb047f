import type { FileEvent, FileEvents, FileSystem } from "./file_system.ts";
import type { Root } from "./root.ts";

/**
 * Listens to the events of roots: those of a directory and all below it, or of a file in its folder. They are opened and
 * closed together: Deno keeps one watch for all its watchers, so that one that is closed takes from others what is below
 * it, and one that is opened before another of its path has ended hears nothing.
 */
export class RootWatches {
  readonly #fileSystem: FileSystem;
  readonly #roots: readonly Root[];
  readonly #onEvent: (root: Root, event: FileEvent) => void;
  readonly #open = new Map<Root, { readonly events: FileEvents; readonly ended: Promise<void> }>();
  readonly #deaf = new Set<Root>();
  #changing: Promise<void> = Promise.resolve();

  constructor(
    fileSystem: FileSystem,
    roots: readonly Root[],
    onEvent: (root: Root, event: FileEvent) => void,
  ) {
    this.#fileSystem = fileSystem;
    this.#roots = roots;
    this.#onEvent = onEvent;
  }

  /** True where events were asked for and cannot be had. */
  isDeaf(root: Root): boolean {
    return this.#deaf.has(root);
  }

  /** Listens anew, to what the roots are now. What happens meanwhile is not heard. */
  reopen(): Promise<void> {
    return this.#inTurn(async () => {
      await this.#closeAll();
      for (const root of this.#roots) this.#openOne(root);
    });
  }

  close(): Promise<void> {
    return this.#inTurn(() => this.#closeAll());
  }

  async #closeAll(): Promise<void> {
    const closing = [...this.#open.values()];
    this.#open.clear();
    for (const { events } of closing) events.close();
    await Promise.all(closing.map(({ ended }) => ended));
  }

  #openOne(root: Root): void {
    const { realPath, isFile } = root;
    this.#deaf.delete(root);
    if (!realPath) return;
    // A save by rename puts another file in the place of the watched one; its folder tells, if that may be watched.
    const places = isFile ? [realPath.slice(0, realPath.lastIndexOf("/")) || "/", realPath] : [realPath];
    for (const place of places) {
      try {
        const events = this.#fileSystem.watch(place, !isFile);
        this.#open.set(root, { events, ended: this.#listen(root, events) });
        return;
      } catch {
        // Too many watches, or not permitted: the root is looked at every second, and reported.
      }
    }
    this.#deaf.add(root);
  }

  async #listen(root: Root, events: FileEvents): Promise<void> {
    try {
      for await (const event of events) {
        if (this.#open.get(root)?.events === events) this.#onEvent(root, event);
      }
    } catch {
      // The watch broke; it is opened again with the next check of the roots.
    }
    if (this.#open.get(root)?.events !== events) return;
    this.#open.delete(root);
    this.#deaf.add(root);
  }

  #inTurn(work: () => Promise<void>): Promise<void> {
    const run = this.#changing.then(work);
    // One that fails is told to its caller, and does not stand in the way of the next.
    this.#changing = run.catch(() => {});
    return run;
  }
}
