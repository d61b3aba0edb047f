import { sameValue } from "../api/mod.ts";
import { compareReports, makeReport } from "../report/mod.ts";
import type { Report } from "../report/mod.ts";
import { type Clock, type Logger, runInSlices, silentLogger, TokenBucket } from "../telemetry/mod.ts";
import { FIELD_MANAGER, type UpstreamWrite } from "./upstream_writes.ts";

/** Writes objects to a Kubernetes API server. Both reject where the server refuses or cannot be reached. */
export interface ObjectStore {
  /** Server-side apply by force: creates or changes the object. Rejects where `metadata.resourceVersion` is an old one. */
  apply(path: string, object: Readonly<Record<string, unknown>>, fieldManager: string): Promise<unknown>;
  /** Deletes the object of this uid. Resolves as well where there is none any more. */
  delete(path: string, uid: string): Promise<unknown>;
}

/** Times are in milliseconds. */
export interface DiscoveryWriterOptions {
  readonly objects: ObjectStore;
  /** What is to be written by what is known now; undefined while too little is. Asked once for many changes. */
  readonly plan: () => Generator<void, readonly UpstreamWrite[]> | undefined;
  /** Whether this process is the one that writes. */
  readonly isLeader: () => boolean;
  readonly clock: Clock;
  /** Requests a second in the long run, and how many at once before that. Default 50 and 100, as Gloo's clients. */
  readonly perSecond?: number;
  readonly burst?: number;
  /** How long changes gather before a plan is made. Default 1000. */
  readonly settleMs?: number;
  /** Called when {@link DiscoveryWriter.reports} says something else than before. */
  readonly onReports?: () => void;
  readonly logger?: Logger;
}

/** The first pause after a failure, and the longest; each is twice the one before. */
const RETRY_MS = 1000;
const LONGEST_RETRY_MS = 60_000;
/** After so many failures in a row the server itself is taken to be in trouble, and asked once in a while only. */
const FAILURES_IN_ROW = 5;
const TROUBLE_MS = 5000;
/** How often a process that does not lead looks whether it does. */
const FOLLOWER_MS = 1000;
/** For how long what was done is not done again: the watch that shows it may be late. */
const DONE_MS = 10_000;

interface Task {
  readonly write: UpstreamWrite;
  /** Of this path, one after the other. */
  readonly failures: number;
  readonly notBefore: number;
  readonly doneAt?: number;
  readonly report?: Report;
}

/**
 * Writes discovered Upstreams as objects, one request after the other. Each change asks for a new plan, which takes the
 * place of the last: what it does not have any more is not written. A request that fails is reported and tried again after
 * a pause. A process that does not lead plans and writes nothing.
 */
export class DiscoveryWriter {
  readonly #options: DiscoveryWriterOptions;
  readonly #clock: Clock;
  readonly #bucket: TokenBucket;
  readonly #logger: Logger;
  /** By path. */
  #tasks = new Map<string, Task>();
  /** Since the last success. */
  #failuresInRow = 0;
  #resumeAt = 0;
  #isDue = false;
  #isStopped = false;
  #running: Promise<void> | undefined;
  #wake: (() => void) | undefined;
  #reports: readonly Report[] = [];

  constructor(options: DiscoveryWriterOptions) {
    const { clock, perSecond = 50, burst = 100, logger = silentLogger } = options;
    this.#options = options;
    this.#clock = clock;
    this.#logger = logger;
    this.#bucket = new TokenBucket(clock, perSecond, burst);
  }

  /** Says that the plan may be another now. */
  changed(): void {
    this.#isDue = true;
    this.#wake?.();
    if (!this.#isStopped) this.#running ??= this.#run();
  }

  /** What cannot be written, in the order of Upstreams; the same array while that stays the same. */
  reports(): readonly Report[] {
    return this.#reports;
  }

  /** Resolves when all that is to be written is. */
  async written(): Promise<void> {
    await this.#running;
  }

  /** Ends after the request that is under way. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    this.#wake?.();
    await this.#running;
  }

  async #run(): Promise<void> {
    while (!this.#isStopped) {
      if (!this.#options.isLeader()) await this.#follow();
      else if (this.#isDue) await this.#replan();
      else {
        const task = this.#next();
        if (!task) break;
        const wait = Math.max(Math.max(task.notBefore, this.#resumeAt) - this.#clock.elapsed(), this.#bucket.waitMs);
        if (wait > 0) await this.#pause(wait);
        else await this.#attempt(task);
      }
    }
    this.#running = undefined;
  }

  /** What could not be written is another's concern now; whoever leads again plans anew. */
  async #follow(): Promise<void> {
    this.#isDue = true;
    this.#tasks.clear();
    this.#tell();
    await this.#pause(FOLLOWER_MS);
  }

  async #replan(): Promise<void> {
    const { settleMs = 1000, plan } = this.#options;
    const until = this.#clock.elapsed() + settleMs;
    while (!this.#isStopped && this.#clock.elapsed() < until) await this.#pause(until - this.#clock.elapsed());
    if (this.#isStopped) return;
    this.#isDue = false;
    const work = plan();
    const writes = work ? await runInSlices(work, this.#clock) : [];
    this.#tasks = new Map(writes.map((write) => [write.path, this.#taskOf(write)]));
    this.#tell();
  }

  #taskOf(write: UpstreamWrite): Task {
    const before = this.#tasks.get(write.path);
    if (!before) return { write, failures: 0, notBefore: 0 };
    const isDone = before.doneAt !== undefined && this.#clock.elapsed() - before.doneAt < DONE_MS &&
      sameValue(before.write, write);
    return isDone ? before : { ...before, write, doneAt: undefined };
  }

  /** The task whose turn it is; undefined where all are done. */
  #next(): Task | undefined {
    const now = this.#clock.elapsed();
    let next: Task | undefined;
    for (const task of this.#tasks.values()) {
      if (task.doneAt !== undefined) continue;
      if (task.notBefore <= now) return task;
      if (!next || task.notBefore < next.notBefore) next = task;
    }
    return next;
  }

  async #attempt(task: Task): Promise<void> {
    const { objects } = this.#options;
    const { write } = task;
    this.#bucket.take();
    try {
      if (write.action === "apply") await objects.apply(write.path, write.object, FIELD_MANAGER);
      else await objects.delete(write.path, write.uid);
      this.#failuresInRow = 0;
      this.#tasks.set(write.path, { write, failures: 0, notBefore: 0, doneAt: this.#clock.elapsed() });
      this.#logger.debug("discovered Upstream", { action: write.action, ...write.ref });
      if (task.report) this.#tell();
    } catch (error) {
      this.#tasks.set(write.path, this.#failed(task, error));
      this.#tell();
    }
  }

  #failed({ write, failures }: Task, error: unknown): Task {
    const { action, ref } = write;
    const reason = error instanceof Error ? error.message : String(error);
    const message = `this discovered Upstream cannot be ${action === "apply" ? "written" : "deleted"}: ${reason}`;
    const now = this.#clock.elapsed();
    // The others are in the reports: a server that is away is no reason for thousands of lines.
    if (++this.#failuresInRow === 1) this.#logger.warn(message, { namespace: ref.namespace, name: ref.name });
    if (this.#failuresInRow >= FAILURES_IN_ROW) this.#resumeAt = now + TROUBLE_MS;
    return {
      write,
      failures: failures + 1,
      notBefore: now + Math.min(LONGEST_RETRY_MS, RETRY_MS * 2 ** failures),
      report: makeReport("warning", "SLUICE-1604", { kind: "Upstream", ...ref }, "", message),
    };
  }

  #tell(): void {
    const next = [...this.#tasks.values()].flatMap(({ report }) => report ?? []).sort(compareReports);
    const isSame = next.length === this.#reports.length &&
      next.every((report, i) => compareReports(report, this.#reports[i]!) === 0);
    if (isSame) return;
    this.#reports = next;
    this.#options.onReports?.();
  }

  /** Resolves after `ms`, or when something happened. */
  async #pause(ms: number): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const cancel = this.#clock.setTimeout(resolve, ms);
    this.#wake = resolve;
    await promise;
    cancel();
    this.#wake = undefined;
  }
}
