import { idKey, type ResourceId } from "../../api/mod.ts";
import { type ApiClient, isConflict, MERGE } from "../../kubernetes/mod.ts";
import type { ResourceStatus, StatusWriter } from "../../report/mod.ts";
import { type Clock, type Logger, TokenBucket } from "../../telemetry/mod.ts";
import { watchedKind } from "./watched_kinds.ts";

/** How often Events may be written, a second and at once: they are for people. */
const RATE = { qps: 5, burst: 50 };
/** How long the same is not said again of the same object, in milliseconds. */
const AGAIN_MS = 600_000;
/** How much is remembered of what was said. */
const MOST_SAID = 5_000;
/** Kubernetes takes so many characters. */
const LONGEST_NOTE = 1024;

export interface EventWriterOptions {
  readonly api: ApiClient;
  /** Which replica tells. */
  readonly identity: string;
  /** The uid of the object that a resource was read from; undefined where it is not there (any more). */
  readonly uidOf: (id: ResourceId) => string | undefined;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** An `events.k8s.io/v1` Event, as far as it is read again. */
interface StoredEvent {
  readonly series?: { readonly count: number };
}

/**
 * Tells of faults by Kubernetes Events, which `kubectl describe` shows: one for each object and fault. What is said again
 * within ten minutes is not written; what is said again later counts up the Event that there is. Only while this replica
 * leads. https://kubernetes.io/docs/reference/kubernetes-api/cluster-resources/event-v1/
 */
export class EventWriter implements StatusWriter {
  readonly #options: EventWriterOptions;
  readonly #bucket: TokenBucket;
  readonly #ended = new AbortController();
  /** When what was said last, by the name of the Event; the oldest first. */
  readonly #said = new Map<string, number>();
  readonly #due = new Map<string, ResourceStatus>();
  #leads = false;
  #writing: Promise<void> | undefined;

  constructor(options: EventWriterOptions) {
    this.#options = options;
    this.#bucket = new TokenBucket(options.clock, RATE.qps, RATE.burst);
  }

  write(changed: readonly ResourceStatus[], removed: readonly ResourceId[]): Promise<void> {
    for (const status of changed) {
      const key = idKey(status);
      if (status.state === "Rejected" || status.state === "Warning") this.#due.set(key, status);
      else this.#due.delete(key);
    }
    for (const id of removed) this.#due.delete(idKey(id));
    this.#begin();
    return Promise.resolve();
  }

  setLeads(leads: boolean): void {
    this.#leads = leads;
    this.#begin();
  }

  async stop(): Promise<void> {
    this.#ended.abort();
    await this.#writing;
  }

  #begin(): void {
    if (this.#leads && !this.#ended.signal.aborted && this.#due.size > 0) this.#writing ??= this.#writeAll();
  }

  async #writeAll(): Promise<void> {
    const { signal } = this.#ended;
    while (this.#leads && !signal.aborted) {
      const next = this.#due.entries().next().value;
      if (!next) break;
      const [key, status] = next;
      this.#due.delete(key);
      const uid = this.#options.uidOf(status);
      const name = uid && `${status.name.slice(0, 230)}.${await hashOf(`${uid} ${status.state} ${status.reason}`)}`;
      if (!name || !uid || this.#wasSaid(name)) continue;
      await this.#bucket.wait(signal);
      if (signal.aborted) break;
      try {
        await this.#tell(name, uid, status);
        this.#remember(name);
      } catch (error) {
        // An Event is a courtesy: the status says the same, and is written again until it is there.
        this.#options.logger.debug("an Event could not be written", { error: String(error) });
      }
    }
    this.#writing = undefined;
  }

  async #tell(name: string, uid: string, status: ResourceStatus): Promise<void> {
    const { api, identity, clock } = this.#options;
    const { kind, state, reason } = status;
    const found = watchedKind(kind)!;
    // Objects without a namespace have their Events in `default`.
    const namespace = status.namespace || "default";
    const path = `/apis/events.k8s.io/v1/namespaces/${namespace}/events`;
    const now = new Date(clock.now()).toISOString().replace("Z", "000Z");
    const regarding = {
      apiVersion: found.apiVersion,
      kind: found.objectKind,
      ...(status.namespace && { namespace }),
      name: status.name,
      uid,
    };
    const event = {
      ...{ apiVersion: "events.k8s.io/v1", kind: "Event", metadata: { name, namespace }, eventTime: now, regarding },
      ...{ reportingController: "sluice.dev/sluice", reportingInstance: identity.slice(0, 128) },
      ...{ action: "Translate", reason: state, type: "Warning", note: reason.slice(0, LONGEST_NOTE) },
    };
    try {
      await api.request("POST", path, { body: event });
    } catch (error) {
      if (!isConflict(error)) throw error;
      const { series } = await api.request<StoredEvent>("GET", `${path}/${name}`);
      await api.request("PATCH", `${path}/${name}`, {
        contentType: MERGE,
        body: { series: { count: (series?.count ?? 1) + 1, lastObservedTime: now } },
      });
    }
  }

  #wasSaid(name: string): boolean {
    return this.#options.clock.elapsed() - (this.#said.get(name) ?? -Infinity) < AGAIN_MS;
  }

  #remember(name: string): void {
    this.#said.delete(name);
    this.#said.set(name, this.#options.clock.elapsed());
    if (this.#said.size > MOST_SAID) this.#said.delete(this.#said.keys().next().value!);
  }
}

async function hashOf(text: string): Promise<string> {
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text));
  return new Uint8Array(digest, 0, 8).toHex();
}
