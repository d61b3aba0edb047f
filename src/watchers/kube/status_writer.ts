import { idKey, type Kind, type ResourceId } from "../../api/mod.ts";
import { type ApiClient, ApiError, APPLY, isNotFound, MERGE } from "../../kubernetes/mod.ts";
import type { ResourceStatus, StatusWriter } from "../../report/mod.ts";
import { type Clock, type Logger, type Metrics, pause, TokenBucket } from "../../telemetry/mod.ts";
import { entryText, leftFields, type StatusEntry, statusEntry, textOfEntry } from "./status_entry.ts";
import { objectsPath, type WatchedKind, watchedKind } from "./watched_kinds.ts";

/** Settings' `kubernetes.rateLimits` and Gloo's defaults of them. */
const DEFAULT_RATE = { qps: 50, burst: 100 };
/** How long a status rests that somebody else has overwritten, in milliseconds: two who disagree must not fight. */
const FIRST_REST_MS = 1_000;
const LONGEST_REST_MS = 300_000;
/** How long to wait when the API server cannot take statuses. */
const RETRY_MS = 1_000;
/** The field manager of statuses. */
const MANAGER = "sluice";

export interface KubeStatusWriterOptions {
  readonly api: ApiClient;
  /** Under `status.statuses.<namespace>`: Gloo's name for who writes. */
  readonly namespace: string;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly metrics: Metrics;
}

/** What is known of one object that has a status. */
interface Known {
  readonly id: ResourceId;
  /** Undefined where the object is not there (any more). */
  uid: string | undefined;
  /** What its status says of us, as text. */
  seen: string;
  /** What it should say. */
  wanted: StatusEntry | undefined;
  wantedText: string;
  /** How often in a row somebody has overwritten what was written. */
  overwritten: number;
  /** How often in a row the API server did not take it. */
  failures: number;
}

/**
 * Writes statuses into the objects, as Gloo does (`status.statuses.<namespace>`): one server-side-apply patch for each object
 * whose status says something else than it should, and no request for any other. Only while this replica leads; one that
 * comes to lead compares all anew. What others wrote beside it stays, and what they wrote into it, as Gloo before us, does not. Nobody waits for it: {@link write} only notes what is
 * wanted, and what changes again before its turn is written once.
 */
export class KubeStatusWriter implements StatusWriter {
  readonly #options: KubeStatusWriterOptions;
  readonly #known = new Map<string, Known>();
  readonly #due = new Set<string>();
  readonly #bucket: TokenBucket;
  readonly #ended = new AbortController();
  /** Kinds whose CRD has no status subresource, as some of Gloo's. */
  readonly #whole = new Set<Kind>();
  #leads = false;
  #writing: Promise<void> | undefined;

  constructor(options: KubeStatusWriterOptions) {
    this.#options = options;
    this.#bucket = new TokenBucket(options.clock, DEFAULT_RATE.qps, DEFAULT_RATE.burst);
  }

  /** How many statuses differ from what they should say. */
  get due(): number {
    return this.#due.size;
  }

  /** At most so many a second, and so many at once. Absent ones are Gloo's defaults. */
  limit(qps: number = DEFAULT_RATE.qps, burst: number = DEFAULT_RATE.burst): void {
    this.#bucket.setRate(qps, Math.max(1, burst));
  }

  write(changed: readonly ResourceStatus[], removed: readonly ResourceId[]): Promise<void> {
    for (const status of changed) {
      if (!hasStatus(status.kind)) continue;
      const known = this.#of(status);
      known.wanted = statusEntry(status);
      known.wantedText = textOfEntry(known.wanted);
      known.overwritten = 0;
      this.#compare(known);
    }
    for (const id of removed) {
      const known = this.#known.get(idKey(id));
      if (!known) continue;
      known.wanted = undefined;
      this.#due.delete(idKey(id));
      this.#forgetUnused(known);
    }
    return Promise.resolve();
  }

  /** An object was seen, with this status. */
  seen(id: ResourceId, uid: string, status: unknown): void {
    if (!hasStatus(id.kind)) return;
    const known = this.#of(id);
    const text = entryText(status, this.#options.namespace);
    const ours = known.seen !== "" && known.seen === known.wantedText && known.uid === uid;
    if (ours && text !== known.wantedText) known.overwritten++;
    known.uid = uid;
    known.seen = text;
    this.#compare(known);
  }

  /** An object is gone. */
  gone(id: ResourceId): void {
    const known = this.#known.get(idKey(id));
    if (!known) return;
    known.uid = undefined;
    this.#due.delete(idKey(id));
    this.#forgetUnused(known);
  }

  /** This replica leads, or does not any more. */
  setLeads(leads: boolean): void {
    this.#leads = leads;
    if (leads) { for (const known of this.#known.values()) this.#compare(known); }
  }

  /** Nothing is begun any more; resolves when what is being written is. */
  async stop(): Promise<void> {
    this.#ended.abort();
    await this.#writing;
  }

  #of({ kind, namespace, name }: ResourceId): Known {
    const key = idKey({ kind, namespace, name });
    let known = this.#known.get(key);
    if (!known) {
      known = {
        id: { kind, namespace, name },
        uid: undefined,
        seen: "",
        wanted: undefined,
        wantedText: "",
        overwritten: 0,
        failures: 0,
      };
      this.#known.set(key, known);
    }
    return known;
  }

  #forgetUnused(known: Known): void {
    if (known.uid === undefined && known.wanted === undefined) this.#known.delete(idKey(known.id));
  }

  #compare(known: Known): void {
    const key = idKey(known.id);
    if (!known.wanted || known.uid === undefined || known.seen === known.wantedText) {
      this.#due.delete(key);
      return;
    }
    if (known.overwritten > 0 && !this.#due.has(key)) {
      const rest = Math.min(FIRST_REST_MS * 2 ** (known.overwritten - 1), LONGEST_REST_MS);
      this.#options.clock.setTimeout(() => this.#add(key), rest);
      return;
    }
    this.#add(key);
  }

  #add(key: string): void {
    const known = this.#known.get(key);
    if (!known?.wanted || known.uid === undefined || known.seen === known.wantedText) return;
    this.#due.add(key);
    if (this.#leads && !this.#ended.signal.aborted) this.#writing ??= this.#writeAll();
  }

  async #writeAll(): Promise<void> {
    const { signal } = this.#ended;
    // What is noted in this moment belongs together.
    await pause(this.#options.clock, 0, signal);
    while (this.#leads && !signal.aborted) {
      const [key] = this.#due;
      if (key === undefined) break;
      await this.#bucket.wait(signal);
      if (!this.#leads || signal.aborted) break;
      this.#due.delete(key);
      const known = this.#known.get(key);
      if (known && !await this.#writeOne(known)) {
        this.#due.add(key);
        await pause(this.#options.clock, RETRY_MS, signal);
      }
    }
    this.#writing = undefined;
  }

  /** False where it is to be tried again. */
  async #writeOne(known: Known): Promise<boolean> {
    const { id, uid, wanted, wantedText } = known;
    if (!wanted || uid === undefined || known.seen === wantedText) return true;
    try {
      const object = await this.#patch(id, uid, wanted);
      this.#count("written");
      // Another change may have been seen meanwhile; that one then comes by itself.
      if (known.uid === uid) known.seen = entryText(object.status, this.#options.namespace);
      known.failures = 0;
      // A CRD that came to have the subresource passes over the status of the whole object without a word.
      return known.seen === wantedText || !this.#whole.delete(id.kind);
    } catch (error) {
      return this.#failed(known, error);
    }
  }

  /** Gives the object as it is then. */
  async #patch(id: ResourceId, uid: string, entry: StatusEntry): Promise<{ status?: unknown }> {
    const applied = await this.#apply(id, uid, entry);
    const left = leftFields(applied.status, this.#options.namespace, entry);
    if (left.length === 0) return applied;
    // Server-side apply takes nothing away from another manager of fields, though the entry is ours.
    const nothing = Object.fromEntries(left.map((name) => [name, null]));
    return await this.#options.api.request("PATCH", this.#statusPath(id), {
      query: { fieldManager: MANAGER },
      contentType: MERGE,
      body: { metadata: { uid }, status: { statuses: { [this.#options.namespace]: nothing } } },
    });
  }

  async #apply(id: ResourceId, uid: string, entry: StatusEntry): Promise<{ status?: unknown }> {
    const { api } = this.#options;
    const { kind, namespace, name } = id;
    const request = {
      query: { fieldManager: MANAGER, force: "true" },
      contentType: APPLY,
      body: {
        apiVersion: watchedKind(kind)!.apiVersion,
        kind,
        // With another object of this name, or none, the API server refuses it: it makes none of a patch.
        metadata: { name, namespace, uid },
        status: { statuses: { [this.#options.namespace]: entry } },
      },
    };
    if (!this.#whole.has(kind)) {
      try {
        return await api.request("PATCH", this.#statusPath(id), request);
      } catch (error) {
        if (!isNotFound(error) || await this.#hasSubresource(watchedKind(kind)!)) throw error;
        this.#whole.add(kind);
      }
    }
    return await api.request("PATCH", this.#statusPath(id), request);
  }

  /** Where the status is written: the subresource, or the object itself. */
  #statusPath(id: ResourceId): string {
    return this.#whole.has(id.kind) ? objectPath(id) : `${objectPath(id)}/status`;
  }

  /**
   * Whether statuses of a kind are a subresource. Asked of what everybody may ask of an API server: an object that is gone and
   * a subresource that was never there are answered alike.
   */
  async #hasSubresource({ group, version, plural }: WatchedKind): Promise<boolean> {
    const { resources } = await this.#options.api.request<{ resources: readonly { readonly name: string }[] }>(
      "GET",
      `/apis/${group}/${version}`,
    );
    const isThere = (wanted: string): boolean => resources.some(({ name }) => name === wanted);
    return !isThere(plural) || isThere(`${plural}/status`);
  }

  #failed(known: Known, error: unknown): boolean {
    const { id } = known;
    const status = error instanceof ApiError ? error.status : undefined;
    // Gone, or another one by now: what comes next of it is seen.
    if (status === 404 || status === 409) {
      this.#count("obsolete");
      return true;
    }
    this.#count("failed");
    this.#options.logger.warn(`the status of ${id.kind} ${id.namespace}/${id.name} could not be written`, {
      code: "SLUICE-1113",
      error: error instanceof Error ? error.message : String(error),
    });
    // An API server that is away, or has too much to do, is left alone. One that does not take this status takes others.
    if (status === undefined || status === 429 || status === 503) return false;
    known.failures++;
    const rest = Math.min(FIRST_REST_MS * 2 ** known.failures, LONGEST_REST_MS);
    this.#options.clock.setTimeout(() => this.#add(idKey(id)), rest);
    return true;
  }

  #count(how: string): void {
    this.#options.metrics.counter("sluice_status_writes_total", "Statuses written into Kubernetes objects.", ["how"])
      .add(1, { how });
  }
}

const objectPath = ({ kind, namespace, name }: ResourceId): string =>
  `${objectsPath(watchedKind(kind)!, namespace)}/${name}`;

/** Gloo's kinds but those that are no objects of their own. */
function hasStatus(kind: Kind): boolean {
  const found = watchedKind(kind);
  return found !== undefined && found.objectKind === kind && found.group.endsWith("solo.io");
}
