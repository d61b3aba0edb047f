import { idKey, type Kind, type ResourceId } from "../../api/mod.ts";
import { type ApiClient, ApiError, APPLY, isNotFound, MERGE } from "../../kubernetes/mod.ts";
import type { ResourceStatus, StatusWriter } from "../../report/mod.ts";
import { type Clock, type Logger, type Metrics, pause, TokenBucket } from "../../telemetry/mod.ts";
import { Lanes } from "./lanes.ts";
import { entryText, leftFields, type StatusEntry, statusEntry, textOfEntry } from "./status_entry.ts";
import { objectsPath, type WatchedKind, watchedKind } from "./watched_kinds.ts";

/** Settings' `kubernetes.rateLimits` and Gloo's defaults of them. */
const DEFAULT_RATE = { qps: 50, burst: 100 };
/** How long a status rests that somebody else has overwritten, in milliseconds: two who disagree must not fight. */
const FIRST_REST_MS = 1_000;
const LONGEST_REST_MS = 300_000;
/** How often those are looked at that were noted while others rest. */
const LOOK_MS = 1_000;
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
  /** How often in a row somebody has overwritten what was written, and when he did so last. */
  overwritten: number;
  overwrittenAt: number;
  /** Ends the rest of one that was overwritten. */
  endRest: (() => void) | undefined;
}

/**
 * Writes statuses into the objects, as Gloo does (`status.statuses.<namespace>`): one server-side-apply patch for each object
 * whose status says something else than it should, and no request for any other. Only while this replica leads; one that
 * comes to lead compares all anew. What others wrote beside it stays, and what they wrote into it, as Gloo before us, does
 * not. Nobody waits for it: {@link write} only notes what is wanted, and what changes again before its turn is written once.
 * Each kind in each namespace has its own turns: where the API server does not take the statuses of some, the others go on,
 * and these are tried again.
 */
export class KubeStatusWriter implements StatusWriter {
  readonly #options: KubeStatusWriterOptions;
  readonly #known = new Map<string, Known>();
  readonly #due: Lanes;
  readonly #bucket: TokenBucket;
  readonly #ended = new AbortController();
  /** Kinds whose CRD has no status subresource, as some of Gloo's. */
  readonly #whole = new Set<Kind>();
  #leads = false;
  #writing: Promise<void> | undefined;

  constructor(options: KubeStatusWriterOptions) {
    this.#options = options;
    this.#due = new Lanes(options.clock);
    this.#bucket = new TokenBucket(options.clock, DEFAULT_RATE.qps, DEFAULT_RATE.burst);
  }

  /** How many statuses differ from what they should say. */
  get due(): number {
    return this.#due.size;
  }

  /** At most so many a second, and so many at once. Absent ones, and 0, are Gloo's defaults. */
  limit(qps?: number, burst?: number): void {
    this.#bucket.setRate(positive(qps) ?? DEFAULT_RATE.qps, Math.max(1, positive(burst) ?? DEFAULT_RATE.burst));
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
      this.#noMoreDue(known);
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
    if (ours && text !== known.wantedText) this.#overwritten(known);
    known.uid = uid;
    // Of thousands of statuses that say what they should, the text is kept once.
    known.seen = text === known.wantedText ? known.wantedText : text;
    this.#compare(known);
  }

  /** An object is gone. */
  gone(id: ResourceId): void {
    const known = this.#known.get(idKey(id));
    if (!known) return;
    known.uid = undefined;
    this.#noMoreDue(known);
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
    for (const { endRest } of this.#known.values()) endRest?.();
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
        overwrittenAt: -Infinity,
        endRest: undefined,
      };
      this.#known.set(key, known);
    }
    return known;
  }

  #forgetUnused(known: Known): void {
    if (known.uid === undefined && known.wanted === undefined) this.#known.delete(idKey(known.id));
  }

  #noMoreDue(known: Known): void {
    known.endRest?.();
    this.#due.delete(laneOf(known), idKey(known.id));
  }

  /** Somebody who comes back once a day is no fight. */
  #overwritten(known: Known): void {
    const now = this.#options.clock.elapsed();
    known.overwritten = now - known.overwrittenAt > 2 * LONGEST_REST_MS ? 1 : known.overwritten + 1;
    known.overwrittenAt = now;
  }

  #compare(known: Known): void {
    if (!known.wanted || known.uid === undefined || known.seen === known.wantedText) return this.#noMoreDue(known);
    if (known.overwritten === 0 || this.#due.has(laneOf(known), idKey(known.id))) return this.#add(known);
    if (known.endRest || this.#ended.signal.aborted) return;
    const rest = Math.min(FIRST_REST_MS * 2 ** (known.overwritten - 1), LONGEST_REST_MS);
    const cancel = this.#options.clock.setTimeout(() => this.#add(known), rest);
    known.endRest = () => {
      cancel();
      known.endRest = undefined;
    };
  }

  #add(known: Known): void {
    known.endRest?.();
    if (!known.wanted || known.uid === undefined || known.seen === known.wantedText) return;
    this.#due.add(laneOf(known), idKey(known.id));
    if (this.#leads && !this.#ended.signal.aborted) this.#writing ??= this.#writeAll();
  }

  async #writeAll(): Promise<void> {
    const { signal } = this.#ended;
    const { clock } = this.#options;
    // What is noted in this moment belongs together.
    await pause(clock, 0, signal);
    for (let wait = this.#due.wait; wait !== undefined && this.#leads && !signal.aborted; wait = this.#due.wait) {
      if (wait > 0) {
        await pause(clock, Math.min(wait, LOOK_MS), signal);
        continue;
      }
      await this.#bucket.wait(signal);
      if (!this.#leads || signal.aborted) break;
      const known = this.#known.get(this.#due.take() ?? "");
      if (known) await this.#writeOne(known);
    }
    this.#writing = undefined;
  }

  async #writeOne(known: Known): Promise<void> {
    const { id, uid, wanted, wantedText } = known;
    if (!wanted || uid === undefined || known.seen === wantedText) return;
    try {
      const object = await this.#patch(id, uid, wanted);
      this.#count("written");
      this.#due.worked(laneOf(known));
      // Another change may have been seen meanwhile; that one then comes by itself.
      if (known.uid === uid) known.seen = entryText(object.status, this.#options.namespace);
    } catch (error) {
      this.#failed(known, error);
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
    const object = await api.request<{ status?: unknown }>("PATCH", this.#statusPath(id), request);
    if (entryText(object.status, this.#options.namespace) === textOfEntry(entry)) return object;
    // The status was passed over, as the CRD has a subresource by now; or another writer, or the schema, says otherwise.
    if (!await this.#hasSubresource(watchedKind(kind)!)) return object;
    this.#whole.delete(kind);
    return await api.request("PATCH", this.#statusPath(id), request);
  }

  /** Where the status is written: the subresource, or the object itself. */
  #statusPath({ kind, namespace, name }: ResourceId): string {
    const path = `${objectsPath(watchedKind(kind)!, namespace)}/${name}`;
    return this.#whole.has(kind) ? path : `${path}/status`;
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

  #failed(known: Known, error: unknown): void {
    const { id } = known;
    const { status, retryAfterMs = 0 } = error instanceof ApiError ? error : {};
    // Gone, or another one by now: what comes next of it is seen.
    if (status === 404 || status === 409) return this.#count("obsolete");
    this.#count("failed");
    // What the API server does not understand does not get better by asking again.
    const isOwn = status === 422 || status === 400;
    const isNews = isOwn || this.#ended.signal.aborted || this.#due.failed(laneOf(known), idKey(id), retryAfterMs);
    if (!isNews) return;
    this.#options.logger.warn(`the status of ${id.kind} ${id.namespace}/${id.name} could not be written`, {
      code: "SLUICE-1113",
      error: error instanceof Error ? error.message : String(error),
    });
  }

  #count(how: string): void {
    this.#options.metrics.counter("sluice_status_writes_total", "Statuses written into Kubernetes objects.", ["how"])
      .add(1, { how });
  }
}

const laneOf = ({ id: { kind, namespace } }: Known): string => `${kind}/${namespace}`;

const positive = (value: number | undefined): number | undefined =>
  value !== undefined && value > 0 ? value : undefined;

/** Gloo's kinds but those that are no objects of their own. */
function hasStatus(kind: Kind): boolean {
  const found = watchedKind(kind);
  return found !== undefined && found.objectKind === kind && found.group.endsWith("solo.io");
}
