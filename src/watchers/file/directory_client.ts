import { idOf, sameValue } from "../../api/mod.ts";
import type { AnyResource, ResourceId } from "../../api/mod.ts";
import { isSourceRef } from "../../report/mod.ts";
import type { Location, Report } from "../../report/mod.ts";
import { runInSlices, systemClock } from "../../telemetry/mod.ts";
import type { Clock } from "../../telemetry/mod.ts";
import type { Interest, ResourceClient, Transaction } from "../contract.ts";
import type { DecodeResource } from "../../report/mod.ts";
import { denoFileSystem } from "./file_system.ts";
import type { FileEvent, FileSystem } from "./file_system.ts";
import { FileTable, QUIET_MS } from "./file_table.ts";
import type { DirectoryRoot } from "./layout.ts";
import { NEW_ROOT_MS, Root } from "./root.ts";
import { RootWatches } from "./root_watches.ts";
import { attempt, walk } from "./walk.ts";
import type { Seen } from "./walk.ts";

export interface DirectoryClientOptions {
  /** In order of precedence: a resource of an earlier root hides that of a later one. */
  readonly roots: readonly DirectoryRoot[];
  readonly decode: DecodeResource;
  /** Namespace of a document that names none and stands in no namespace's folder. */
  readonly defaultNamespace: string;
  /** For messages. Default `file:` and the paths. */
  readonly name?: string;
  /** Larger files are not read, and reported. Default 16 MiB. */
  readonly maxFileBytes?: number;
  /** Default 30000: milliseconds from one look at everything to the next, whatever events come. */
  readonly rescanMs?: number;
  /** A resource as it was before this client: what a document that is bad at the first look keeps. Default: nothing. */
  readonly lastGood?: (id: ResourceId) => AnyResource | undefined;
  readonly clock?: Clock;
  readonly fileSystem?: FileSystem;
}

/** Milliseconds in which events gather before a look. */
const GATHER_MS = 2;
/** Milliseconds between checks whether a root is still the same. */
const ROOT_CHECK_MS = 500;
/** Milliseconds between looks at a root that cannot be watched. */
const UNWATCHED_MS = 1000;

/**
 * Reads resources from directories, recursively: Gloo's layout (bare messages in `<plural>/<namespace>/<name>.yaml`) and
 * Kubernetes manifests (any file, many documents), as `.yaml`, `.yml` or `.json`. Events of the file system are hints
 * where to look at once; a look at the folder a quarter of a second later, and at everything every `rescanMs`, finds
 * what they left out. Each look is one transaction. A document that cannot be read keeps its resource's last good form;
 * only a deleted document of a whole file, or a deleted file, deletes a resource.
 */
export function createDirectoryClient(options: DirectoryClientOptions): ResourceClient {
  return new DirectoryClient(options);
}

/** Paths by root. */
type Scopes = Map<Root, Set<string>>;

class DirectoryClient implements ResourceClient {
  readonly name: string;
  readonly #options: DirectoryClientOptions;
  readonly #fileSystem: FileSystem;
  readonly #clock: Clock;
  readonly #roots: readonly Root[];
  readonly #watches: RootWatches;
  readonly #table: FileTable;
  /** Paths to look at next. */
  #wanted: Scopes = new Map();
  /** Real paths that were closed, or moved to where they are, since the last look. */
  #closed = new Set<string>();
  /** Folders to look at again when events have ceased. */
  #later: Scopes = new Map();
  readonly #timers = new Map<string, () => void>();
  readonly #lookedAt = new Map<Root, number>();
  #interest: Interest = { kinds: [] };
  #listed = false;
  #said: readonly Report[] = [];
  #watching: { commit: (transaction: Transaction) => void; fail: (error: unknown) => void } | undefined;
  #tail: Promise<void> = Promise.resolve();

  constructor(options: DirectoryClientOptions) {
    this.#options = options;
    this.#fileSystem = options.fileSystem ?? denoFileSystem;
    this.#clock = options.clock ?? systemClock;
    this.#roots = options.roots.map((root, index) => new Root(root, index));
    this.#watches = new RootWatches(this.#fileSystem, this.#roots, (root, event) => this.#hear(root, event));
    this.name = options.name ?? `file:${this.#roots.map(({ path }) => path).join(",")}`;
    this.#table = new FileTable({
      fileSystem: this.#fileSystem,
      decode: options.decode,
      defaultNamespace: options.defaultNamespace,
      maxFileBytes: options.maxFileBytes ?? 16 * 1024 * 1024,
      lastGood: options.lastGood ?? (() => undefined),
      now: () => this.#clock.now(),
    });
  }

  register(interest: Interest): void {
    this.#interest = interest;
  }

  async list(signal: AbortSignal): Promise<Transaction> {
    return await this.#inTurn(async () => {
      signal.throwIfAborted();
      await runInSlices(this.#look(this.#everything(), { closed: new Set(), first: !this.#listed }), systemClock);
      this.#listed = true;
      this.#table.claims.settle();
      this.#said = this.#reports();
      return { put: this.#table.claims.resources().filter(this.#isWanted), removed: [], reports: this.#said };
    });
  }

  async watch(commit: (transaction: Transaction) => void, signal: AbortSignal): Promise<void> {
    if (signal.aborted) return;
    const { promise: ended, resolve, reject } = Promise.withResolvers<void>();
    this.#watching = { commit, fail: reject };
    signal.addEventListener("abort", () => resolve(), { once: true });
    try {
      for (const root of this.#roots) root.inspect(this.#fileSystem, this.#clock.now());
      await this.#watches.reopen();
      this.#every("check", ROOT_CHECK_MS, () => this.#checkRoots());
      this.#every("rescan", this.#options.rescanMs ?? 30_000, () => this.#lookSoon(this.#everything()));
      this.#lookSoon(this.#everything());
      await ended;
    } finally {
      this.#watching = undefined;
      for (const cancel of this.#timers.values()) cancel();
      this.#timers.clear();
      await this.#watches.close();
      await this.#tail;
    }
  }

  async rescan(): Promise<void> {
    await this.#inTurn(() => this.#pass(this.#everything(), new Set()));
  }

  locate(id: ResourceId, path: string): Location | undefined {
    const claim = this.#table.claims.winner(id);
    return claim && this.#table.locate(claim, path);
  }

  #everything(): Scopes {
    return new Map(this.#roots.map((root) => [root, new Set([root.path])]));
  }

  /** One look, and what it changed as one transaction. */
  async #pass(scopes: Scopes, closed: ReadonlySet<string>): Promise<void> {
    await runInSlices(this.#look(scopes, { closed, first: false }), systemClock);
    this.#alarm();
    if (!this.#watching) return;
    const { put, removed } = this.#table.claims.settle();
    const reports = this.#reports();
    const transaction = { put: put.filter(this.#isWanted), removed, reports };
    const isNews = transaction.put.length > 0 || removed.length > 0 || !sameValue(reports, this.#said);
    this.#said = reports;
    if (isNews) this.#watching.commit(transaction);
  }

  *#look(scopes: Scopes, circumstances: Circumstances): Generator<void, void> {
    for (const root of this.#roots) {
      const changed = root.inspect(this.#fileSystem, this.#clock.now());
      if (changed && this.#watching) this.#watchAnew();
      const paths = changed ? [root.path] : scopes.get(root) ?? [];
      for (const path of paths) yield* this.#lookAt(root, path, circumstances);
    }
  }

  *#lookAt(root: Root, path: string, circumstances: Circumstances): Generator<void, void> {
    if (!root.realPath) return;
    const realPath = root.realPathOf(path);
    const real = attempt(() => this.#fileSystem.realPath(realPath));
    if ("value" in real && real.value !== realPath) {
      // A link on the way: only a walk from the top tells what may be read and under which name.
      if (path !== root.path) yield* this.#lookAt(root, root.path, circumstances);
      return;
    }
    const seen: Seen = { files: [], unreadable: new Map(), symlinks: false };
    const allowed = this.#roots.flatMap((root) => root.realPath ?? []);
    const context = { fileSystem: this.#fileSystem, root: root.definition, allowed, seen };
    yield* walk(context, { path, realPath, depth: root.depthOf(path) });
    for (const file of seen.files) {
      const closed = circumstances.closed.size > 0 && isClosed(file.realPath, circumstances.closed);
      const sighting = { root: root.index, hint: root.hint(file.path), closed, first: circumstances.first };
      const isNews = this.#table.see(file, sighting);
      const now = this.#clock.now();
      if (isNews && now < root.unsettledUntil) root.unsettledUntil = now + NEW_ROOT_MS;
      yield;
    }
    const present = new Set(seen.files.map(({ path }) => path));
    this.#table.miss(root.index, path, present, [...seen.unreadable.keys()], root.unsettledUntil);
    root.note(path, seen);
    if (path === root.path) this.#lookedAt.set(root, this.#clock.now());
  }

  #hear(root: Root, event: FileEvent): void {
    if (event.type === "overflow") return this.#lookSoon(this.#everything());
    for (const realPath of event.paths) {
      if (event.type === "closed") this.#closed.add(realPath);
      else this.#closed.delete(realPath);
      const path = root.pathOf(realPath);
      if (path === undefined) continue;
      this.#lookSoon(new Map([[root, new Set([path])]]));
      const folder = path === root.path ? path : path.slice(0, path.lastIndexOf("/"));
      this.#later.set(root, (this.#later.get(root) ?? new Set()).add(folder));
      this.#once("later", QUIET_MS, () => {
        const folders = this.#later;
        this.#later = new Map();
        this.#lookSoon(folders);
      });
    }
  }

  #lookSoon(scopes: Scopes): void {
    for (const [root, paths] of scopes) {
      this.#wanted.set(root, (this.#wanted.get(root) ?? new Set()).union(paths));
    }
    this.#once("look", GATHER_MS, () => {
      const pass = this.#inTurn(() => {
        const [wanted, closed] = [this.#wanted, this.#closed];
        this.#wanted = new Map();
        this.#closed = new Set();
        return this.#pass(wanted, closed);
      });
      pass.catch((error) => this.#watching?.fail(error));
    });
  }

  /** Finds roots that came, went or were replaced, and looks at those that cannot be watched. */
  #checkRoots(): void {
    const now = this.#clock.now();
    const changed = this.#roots.filter((root) => root.inspect(this.#fileSystem, now));
    const deaf = this.#roots.filter((root) => this.#watches.isDeaf(root));
    const stale = deaf.filter((root) => now - (this.#lookedAt.get(root) ?? 0) >= UNWATCHED_MS);
    if (changed.length > 0 || stale.length > 0) this.#watchAnew();
  }

  #watchAnew(): void {
    this.#watches.reopen().then(
      () => this.#lookSoon(this.#everything()),
      (error) => this.#watching?.fail(error),
    );
  }

  /** Looks again at files that are waited for. */
  #alarm(): void {
    const at = this.#table.nextDue();
    this.#timers.get("due")?.();
    this.#timers.delete("due");
    if (at === undefined || !this.#watching) return;
    this.#once("due", Math.max(1, at - this.#clock.now()), () => {
      const scopes: Scopes = new Map();
      for (const { root: index, path } of this.#table.takeDue()) {
        const root = this.#roots[index]!;
        scopes.set(root, (scopes.get(root) ?? new Set()).add(root.hasLinks ? root.path : path));
      }
      this.#lookSoon(scopes);
    });
  }

  #reports(): Report[] {
    const ofRoots = this.#roots.flatMap((root) => root.reports(!this.#watches.isDeaf(root)));
    const { kinds } = this.#interest;
    const isWanted = ({ ref }: Report) => isSourceRef(ref) || (kinds.includes(ref.kind) && this.#isWatched(ref));
    return [...ofRoots, ...this.#table.reports().filter(isWanted)];
  }

  readonly #isWanted = (resource: AnyResource): boolean =>
    this.#interest.kinds.includes(resource.kind) && this.#isWatched(idOf(resource));

  #isWatched({ namespace }: ResourceId): boolean {
    return this.#interest.namespaces?.includes(namespace) ?? true;
  }

  /** Runs `work` when all work before it has ended. */
  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const run = this.#tail.then(work);
    this.#tail = run.then(() => {}, () => {});
    return run;
  }

  /** A timer by name; while it runs, asking again changes nothing. */
  #once(name: string, ms: number, action: () => void): void {
    if (!this.#watching || this.#timers.has(name)) return;
    const cancel = this.#clock.setTimeout(() => {
      this.#timers.delete(name);
      action();
    }, ms);
    this.#timers.set(name, cancel);
  }

  #every(name: string, ms: number, action: () => void): void {
    this.#once(name, ms, () => {
      action();
      this.#every(name, ms, action);
    });
  }
}

/** What is known when looking; see SightingOf. */
interface Circumstances {
  /** Real paths. */
  readonly closed: ReadonlySet<string>;
  readonly first: boolean;
}

/** True where the path itself or a folder above it is in the set. */
function isClosed(path: string, closed: ReadonlySet<string>): boolean {
  for (let at = path; at !== ""; at = at.slice(0, at.lastIndexOf("/"))) {
    if (closed.has(at)) return true;
  }
  return false;
}
