import { idKey, type ResourceId } from "../../api/mod.ts";
import { type ApiClient, isConflict, MERGE, microTime } from "../../kubernetes/mod.ts";
import type { Report, ResourceStatus, StatusWriter } from "../../report/mod.ts";
import { type Clock, type Logger, TokenBucket } from "../../telemetry/mod.ts";
import { watchedKind } from "./watched_kinds.ts";

/** How often Events may be written, a second and at once: they are for people. */
const RATE = { qps: 5, burst: 50 };
/** How long the same is not said again of the same object, in milliseconds. */
const AGAIN_MS = 600_000;
/** How many faults of one object are told, errors first: the status has them all. */
const MOST_FAULTS = 10;
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
 * Tells of faults by Kubernetes Events, which `kubectl describe` shows: one for each object and fault, a line as the log has
 * it. What is said again within ten minutes is not written; what is said again later counts up the Event that there is. Only
 * while this replica leads. https://kubernetes.io/docs/reference/kubernetes-api/cluster-resources/event-v1/
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
      if (!uid) continue;
      for (const report of mostSevere(status.reports)) await this.#tellOnce(uid, report);
    }
    this.#writing = undefined;
  }

  async #tellOnce(uid: string, report: Report): Promise<void> {
    const { severity, code, path, message, ref } = report;
    const reason = severity === "error" ? "Rejected" : "Warning";
    const note = `${code} ${path ? `${path}: ` : ""}${message}`.replaceAll("\n", " ");
    const name = `${ref.name.slice(0, 230)}.${await hashOf(`${uid} ${reason} ${note}`)}`;
    if (this.#wasSaid(name)) return;
    const { signal } = this.#ended;
    await this.#bucket.wait(signal);
    if (signal.aborted || !this.#leads) return;
    try {
      await this.#tell(name, uid, ref, { reason, note });
      this.#remember(name);
    } catch (error) {
      // An Event is a courtesy: the status says the same, and is written again until it is there.
      this.#options.logger.debug("an Event could not be written", { error: String(error) });
    }
  }

  async #tell(
    name: string,
    uid: string,
    about: ResourceId,
    { reason, note }: { readonly reason: string; readonly note: string },
  ): Promise<void> {
    const { api, identity, clock } = this.#options;
    const found = watchedKind(about.kind)!;
    // Objects without a namespace have their Events in `default`.
    const namespace = about.namespace || "default";
    const path = `/apis/events.k8s.io/v1/namespaces/${namespace}/events`;
    const now = microTime(clock.now());
    const regarding = {
      apiVersion: found.apiVersion,
      kind: found.objectKind,
      ...(about.namespace && { namespace }),
      name: about.name,
      uid,
    };
    const event = {
      ...{ apiVersion: "events.k8s.io/v1", kind: "Event", metadata: { name, namespace }, eventTime: now, regarding },
      ...{ reportingController: "sluice.dev/sluice", reportingInstance: identity.slice(0, 128) },
      ...{ action: "Translate", reason, type: "Warning", note: note.slice(0, LONGEST_NOTE) },
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

function mostSevere(reports: readonly Report[]): readonly Report[] {
  const of = (severity: Report["severity"]) => reports.filter((report) => report.severity === severity);
  return [...of("error"), ...of("warning")].slice(0, MOST_FAULTS);
}

async function hashOf(text: string): Promise<string> {
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text));
  return new Uint8Array(digest, 0, 8).toHex();
}
