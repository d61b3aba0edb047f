import { idKey, idOf, sameValue } from "../../api/mod.ts";
import type { AnyResource, ResourceId } from "../../api/mod.ts";
import { isSourceRef } from "../../report/mod.ts";
import type { Location, Report } from "../../report/mod.ts";
import { BRISKLY, runInSlices, systemClock } from "../../telemetry/mod.ts";
import type { Clock } from "../../telemetry/mod.ts";
import type { FormerRecords, Interest, ResourceClient, SourceRecords, Transaction } from "../contract.ts";
import type { DecodeResource } from "../../report/mod.ts";
import { denoFileSystem } from "./file_system.ts";
import type { FileEvent, FileSystem } from "./file_system.ts";
import { fileRecords } from "./file_records.ts";
import { FileTable, QUIET_MS } from "./file_table.ts";
import { FormerFiles } from "./former_files.ts";
import type { DirectoryRoot } from "./layout.ts";
import { type Circumstances, type Hints, isClosed, noHints } from "./hints.ts";
import { NEW_ROOT_MS, Root } from "./root.ts";
import { RootWatches } from "./root_watches.ts";
import { GENTLY } from "./rests.ts";
import { attempt, walk } from "./walk.ts";
import type { Seen, SeenFile } from "./walk.ts";

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
  /** Default 30000: milliseconds from one comparison of everything to the next, whatever events come. */
  readonly rescanMs?: number;
  /** A resource as it was before this client: what a document that is bad at the first look keeps. Default: nothing. */
  readonly lastGood?: (id: ResourceId) => AnyResource | undefined;
  /** What the client before this one kept, in the last process; it begins as if it had gone on. Default: nothing. */
  readonly former?: FormerRecords;
  readonly clock?: Clock;
  readonly fileSystem?: FileSystem;
}

/** Milliseconds without an event before a look: what is saved together is read together. */
const GATHER_MS = 2;
/** Milliseconds after the first event when a look is taken, whether events have ceased or not. */
const GATHER_MOST_MS = 20;
/** Milliseconds between checks whether a root is still the same, and between looks at one that cannot be watched. */
const ROOT_CHECK_MS = 1000;
/**
 * Milliseconds from the start of watching to a comparison of everything, which finds what happened before. By then also
 * ten thousand resources are served, and the thread is free for it.
 */
const FIRST_SWEEP_MS = 5000;

/**
 * Reads resources from directories, recursively: Gloo's layout (bare messages in `<plural>/<namespace>/<name>.yaml`) and
 * Kubernetes manifests (any file, many documents), as `.yaml`, `.yml` or `.json`. Events of the file system are hints
 * where to look at once, and the cost of one is that of the file that it names, however many there are. What was made in
 * a folder before it was watched no event tells: a folder that an event names is looked at again a quarter of a second
 * later. Whatever else events leave out is found by comparing the stamps of everything with what is known, every
 * `rescanMs` and without haste; what differs is then looked at as if an event had named it. Each look is one transaction.
 * A document that cannot be read keeps its resource's last good form; only a deleted document of a whole file, or a
 * deleted file, deletes a resource.
 */
export function createDirectoryClient(options: DirectoryClientOptions): ResourceClient {
  return new DirectoryClient(options);
}

/** Paths by root. */
type Scopes = Map<Root, Set<string>>;

class DirectoryClient implements ResourceClient {
  readonly name: string;
  readonly #options: Omit<DirectoryClientOptions, "former">;
  readonly #fileSystem: FileSystem;
  readonly #clock: Clock;
  readonly #roots: readonly Root[];
  readonly #watches: RootWatches;
  readonly #table: FileTable;
  readonly #former: FormerFiles;
  readonly records: SourceRecords;
  /** Paths to look at next. */
  #wanted: Scopes = new Map();
  #hints: Hints = noHints();
  /** When the last event or wish came. */
  #wishedAt = 0;
  /** Folders to look at again, in the order of their times. */
  #later: { readonly root: Root; readonly path: string; readonly at: number }[] = [];
  /** Counts looks. */
  #look = 0;
  readonly #timers = new Map<string, () => void>();
  #interest: Interest = { kinds: [] };
  #listed = false;
  #said: readonly Report[] = [];
  #watching: { commit: (transaction: Transaction) => void; fail: (error: unknown) => void } | undefined;
  #tail: Promise<void> = Promise.resolve();
  #sweeping: Promise<void> | undefined;

  constructor({ former, ...options }: DirectoryClientOptions) {
    this.#options = options;
    this.#fileSystem = options.fileSystem ?? denoFileSystem;
    this.#clock = options.clock ?? systemClock;
    this.#roots = options.roots.map((root, index) => new Root(root, index));
    this.#watches = new RootWatches(this.#fileSystem, this.#roots, (root, event) => this.#hear(root, event));
    this.name = options.name ?? `file:${this.#roots.map(({ path }) => path).join(",")}`;
    this.#former = new FormerFiles(this.#roots, former);
    this.#table = new FileTable({
      former: this.#former,
      fileSystem: this.#fileSystem,
      decode: options.decode,
      defaultNamespace: options.defaultNamespace,
      maxFileBytes: options.maxFileBytes ?? 16 * 1024 * 1024,
      lastGood: options.lastGood ?? (() => undefined),
      now: () => this.#clock.now(),
    });
    this.records = fileRecords(this.#roots, this.#table, this.#former);
  }

  register(interest: Interest): void {
    this.#interest = interest;
  }

  async list(signal: AbortSignal): Promise<Transaction> {
    return await this.#inTurn(async () => {
      signal.throwIfAborted();
      const work = this.#lookAtAll(this.#everything(), { ...noHints(), first: !this.#listed });
      await runInSlices(work, systemClock, this.#listed || this.#former.isThere ? undefined : BRISKLY);
      if (!this.#listed) this.#keepFormer();
      this.#listed = true;
      this.#table.claims.settle();
      this.#said = this.#reports();
      return { put: this.#table.claims.resources().filter(this.#isWanted), removed: [], reports: this.#said };
    });
  }

  former(): Transaction | undefined {
    const byId = new Map(this.#former.resources().toReversed().map((one) => [idKey(idOf(one)), one]));
    return { put: [...byId.values()].filter(this.#isWanted), removed: [], reports: [] };
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
      this.#once("first sweep", FIRST_SWEEP_MS, () => this.#sweepSoon());
      this.#every("rescan", this.#options.rescanMs ?? 30_000, () => this.#sweepSoon());
      this.#alarm();
      await ended;
    } finally {
      this.#watching = undefined;
      for (const cancel of this.#timers.values()) cancel();
      this.#timers.clear();
      await this.#watches.close();
      await Promise.all([this.#tail, this.#sweeping]);
    }
  }

  async rescan(): Promise<void> {
    await this.#inTurn(() => this.#pass(this.#everything(), noHints()));
  }

  locate(id: ResourceId, path: string): Location | undefined {
    const claim = this.#table.claims.winner(id);
    return claim && this.#table.locate(claim, path);
  }

  /** What the client before had from where this one cannot look, or not yet, stays. All else it had is gone. */
  #keepFormer(): void {
    for (const root of this.#roots) {
      const paths = this.#former.paths(root.index);
      const identity = this.#former.identity(root.index);
      if (paths.length === 0) continue;
      root.isAwaited = !this.#table.hasFiles(root.index) && !root.hasProblems && root.isOther(identity);
      const isLost = !root.realPath || root.isAwaited;
      const kept = isLost ? paths : paths.filter((path) => root.isUnreadable(path));
      for (const path of kept) this.#table.adopt(root.index, path, this.#look);
      if (isLost) root.wasRead(identity);
    }
    this.#former.forgetAll();
  }

  #everything(): Scopes {
    return new Map(this.#roots.map((root) => [root, new Set([root.path])]));
  }

  /** One look, and what it changed as one transaction. */
  async #pass(scopes: Scopes, hints: Hints): Promise<void> {
    await runInSlices(this.#lookAtAll(scopes, { ...hints, first: false }), systemClock);
    this.#alarm();
    if (!this.#watching) return;
    const { put, removed } = this.#table.claims.settle();
    const now = this.#reports();
    const reports = sameValue(now, this.#said) ? this.#said : now;
    const transaction = { put: put.filter(this.#isWanted), removed, reports, since: hints.since };
    const isNews = transaction.put.length > 0 || removed.length > 0 || reports !== this.#said;
    this.#said = reports;
    if (isNews) this.#watching.commit(transaction);
  }

  *#lookAtAll(scopes: Scopes, circumstances: Circumstances): Generator<void, void> {
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
    const look = ++this.#look;
    const { closed, first } = circumstances;
    const seen = yield* this.#walk(root, path, realPath, (file) => {
      if (root.isAwaited) root.unsettledUntil = this.#clock.now() + NEW_ROOT_MS;
      root.isAwaited = false;
      const isClosedNow = closed.size > 0 && isClosed(file.realPath, closed);
      const sighting = { root: root.index, look, hint: root.hint(file.path), closed: isClosedNow, first };
      const isNews = this.#table.see(file, sighting);
      const now = this.#clock.now();
      if (isNews && now < root.unsettledUntil) root.unsettledUntil = now + NEW_ROOT_MS;
    });
    if (root.isAwaited) return;
    this.#table.miss(root.index, path, look, [...seen.unreadable.keys()], root.unsettledUntil);
    root.note(path, seen);
    if (seen.isFolder && circumstances.named.has(path)) this.#lookLater(root, path);
  }

  *#walk(root: Root, path: string, realPath: string, found: (file: SeenFile) => void): Generator<void, Seen> {
    const seen: Seen = { isFolder: false, unreadable: new Map(), symlinks: false };
    const allowed = this.#roots.flatMap(({ realPath }) => realPath ?? []);
    const context = { fileSystem: this.#fileSystem, root: root.definition, allowed, found, seen };
    yield* walk(context, { path, realPath, depth: root.depthOf(path) });
    return seen;
  }

  #hear(root: Root, event: FileEvent): void {
    this.#hints.since ??= this.#clock.elapsed();
    if (event.type === "overflow") return this.#lookSoon(this.#everything());
    for (const realPath of event.paths) {
      if (event.type === "closed") this.#hints.closed.add(realPath);
      else this.#hints.closed.delete(realPath);
      const path = root.pathOf(realPath);
      if (path === undefined) continue;
      this.#hints.named.add(path);
      this.#lookSoon(new Map([[root, new Set([path])]]));
    }
  }

  /** Looks again at a folder in which something may have been made before it was watched. */
  #lookLater(root: Root, path: string): void {
    this.#later.push({ root, path, at: this.#clock.elapsed() + QUIET_MS });
    this.#once("later", QUIET_MS, () => this.#lookAtLater());
  }

  #lookAtLater(): void {
    const now = this.#clock.elapsed();
    const scopes: Scopes = new Map();
    while (this.#later[0] && this.#later[0].at <= now) {
      const { root, path } = this.#later.shift()!;
      scopes.set(root, (scopes.get(root) ?? new Set()).add(path));
    }
    if (scopes.size > 0) this.#lookSoon(scopes);
    if (this.#later[0]) this.#once("later", this.#later[0].at - now, () => this.#lookAtLater());
  }

  #lookSoon(scopes: Scopes): void {
    this.#wishedAt = this.#clock.elapsed();
    for (const [root, paths] of scopes) {
      const wanted = this.#wanted.get(root) ?? new Set();
      for (const path of paths) wanted.add(path);
      this.#wanted.set(root, wanted);
    }
    this.#once("look", GATHER_MS, () => this.#lookWhenQuiet(this.#clock.elapsed() + GATHER_MOST_MS - GATHER_MS));
  }

  /** Looks at what is wanted as soon as nothing more was wanted for a while, or `latest` has come. */
  #lookWhenQuiet(latest: number): void {
    const now = this.#clock.elapsed();
    const wait = Math.min(this.#wishedAt + GATHER_MS, latest) - now;
    if (wait > 0) return this.#once("look", wait, () => this.#lookWhenQuiet(latest));
    const pass = this.#inTurn(() => {
      const [wanted, hints] = [this.#wanted, this.#hints];
      this.#wanted = new Map();
      this.#hints = noHints();
      return this.#pass(wanted, hints);
    });
    pass.catch((error) => this.#watching?.fail(error));
  }

  /** Compares everything with what is known, while nothing else waits for that. */
  #sweepSoon(): void {
    this.#sweeping ??= runInSlices(this.#whileWatching(this.#sweep()), systemClock, GENTLY)
      .catch((error) => this.#watching?.fail(error))
      .finally(() => this.#sweeping = undefined);
  }

  *#whileWatching(work: Generator<void, void>): Generator<void, void> {
    while (this.#watching && !work.next().done) yield;
  }

  /** Changes nothing of what is known: what differs is wanted, and found by the look that follows. */
  *#sweep(): Generator<void, void> {
    for (const root of this.#roots) {
      if (!root.realPath) continue;
      const look = ++this.#look;
      const differing: string[] = [];
      const isSimple = !root.hasLinks && !root.hasProblems && !root.isAwaited;
      const seen = isSimple && (yield* this.#walk(root, root.path, root.realPath, (file) => {
        if (this.#table.differs(file, root.index, look)) differing.push(file.path);
      }));
      // Where a link or a fault is on the way, only a whole look tells what is what.
      if (!seen || seen.symlinks || seen.unreadable.size > 0) differing.push(root.path);
      else differing.push(...this.#table.unseen(root.index, root.path, look));
      if (differing.length > 0) this.#lookSoon(new Map([[root, new Set(differing)]]));
    }
  }

  /** Finds roots that came, went or were replaced, and looks at those that cannot be watched. */
  #checkRoots(): void {
    const now = this.#clock.now();
    const changed = this.#roots.filter((root) => root.inspect(this.#fileSystem, now));
    if (changed.length > 0 || this.#roots.some((root) => this.#watches.isDeaf(root))) this.#watchAnew();
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
