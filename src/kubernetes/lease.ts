import { type Clock, type Logger, pause } from "../telemetry/mod.ts";
import type { ApiClient } from "./api_client.ts";
import { isConflict, isNotFound } from "./api_error.ts";

/** How long a leader that says nothing is still believed to lead, in milliseconds. client-go: 15 s. */
const DURATION_MS = 10_000;
/** After how long without a successful renewal a leader stops to lead, by its own clock. */
const RENEW_MS = 7_000;
/** How often the Lease is looked at. */
const RETRY_MS = 2_000;

/**
 * How long the API server may take to give or take the Lease: both together are over before another would take it from a
 * leader that hangs.
 */
const ANSWER_MS = 3_000;
/** The same for one that ends, and has no time. */
const LAST_ANSWER_MS = 1_000;

/** A `coordination.k8s.io/v1` Lease, as far as it matters here. */
interface Lease {
  readonly apiVersion: "coordination.k8s.io/v1";
  readonly kind: "Lease";
  readonly metadata: {
    readonly name: string;
    readonly namespace: string;
    readonly resourceVersion?: string;
  };
  readonly spec: {
    readonly holderIdentity?: string;
    readonly leaseDurationSeconds?: number;
    readonly acquireTime?: string;
    readonly renewTime?: string;
    readonly leaseTransitions?: number;
  };
}

export interface LeaderElectionOptions {
  readonly api: ApiClient;
  readonly namespace: string;
  readonly name: string;
  /** Who this is; no two may be the same. */
  readonly identity: string;
  /** Told of each change. */
  readonly onChange: (leads: boolean) => void;
  readonly clock: Clock;
  readonly logger: Logger;
}

/**
 * Elects one of several by a Lease, as client-go does: whoever holds it renews it; where it was not renewed for ten seconds,
 * judged by one's own clock since it last changed, another takes it. The API server refuses the slower of two by the Lease's
 * resourceVersion. A leader that cannot renew stops to lead before another may begin.
 */
export class LeaderElection {
  readonly #options: LeaderElectionOptions;
  #seen: { readonly version: string; readonly at: number } | undefined;
  #renewedAt = -Infinity;
  /** As this one wrote it last: while it leads, nobody else writes, and it need not be read again. */
  #own: Lease | undefined;
  #leads = false;

  constructor(options: LeaderElectionOptions) {
    this.#options = options;
  }

  get leads(): boolean {
    return this.#leads && this.#options.clock.elapsed() - this.#renewedAt < RENEW_MS;
  }

  /** Takes part until `signal` is aborted; then gives the Lease up, so that another has it at once. */
  async run(signal: AbortSignal): Promise<void> {
    const { clock, logger } = this.#options;
    while (!signal.aborted) {
      const asked = clock.elapsed();
      try {
        const holds = await this.#acquire(signal);
        if (holds) this.#renewedAt = asked;
        this.#set(holds);
      } catch (error) {
        logger.debug("the Lease could not be had", { error: String(error) });
        if (!this.leads) this.#set(false);
      }
      await pause(clock, RETRY_MS * (0.8 + 0.4 * Math.random()), signal);
    }
    if (this.#leads) await this.#release().catch(() => {});
    this.#set(false);
  }

  /** The Lease as it is; undefined where nobody made one yet. */
  async read(answerMs = ANSWER_MS, signal?: AbortSignal): Promise<Lease | undefined> {
    try {
      return await this.#options.api.request<Lease>("GET", this.#path(), { answerMs, ...(signal && { signal }) });
    } catch (error) {
      if (isNotFound(error)) return undefined;
      throw error;
    }
  }

  async #acquire(signal: AbortSignal): Promise<boolean> {
    const { api, namespace } = this.#options;
    const remembered = this.#own;
    const lease = remembered ?? await this.read(ANSWER_MS, signal);
    this.#own = undefined;
    const next = this.#next(lease);
    if (!next) return false;
    const request = { body: next, answerMs: ANSWER_MS, signal };
    try {
      this.#own = lease
        ? await api.request<Lease>("PUT", this.#path(), request)
        : await api.request<Lease>("POST", leasesPath(namespace), request);
      return true;
    } catch (error) {
      if (!isConflict(error)) throw error;
      // What was remembered is old: it is read, and decided anew. What was read a moment ago, somebody else had sooner.
      return remembered ? await this.#acquire(signal) : false;
    }
  }

  /** The Lease as this one would hold it; undefined while another does. */
  #next(lease: Lease | undefined): Lease | undefined {
    const { clock, identity, name, namespace } = this.#options;
    const { holderIdentity: holder, leaseDurationSeconds = DURATION_MS / 1000, leaseTransitions = 0 } = lease?.spec ??
      {};
    const version = lease?.metadata.resourceVersion ?? "";
    if (this.#seen?.version !== version) this.#seen = { version, at: clock.elapsed() };
    const isMine = holder === identity;
    if (holder && !isMine && clock.elapsed() - this.#seen.at < leaseDurationSeconds * 1000) return undefined;
    const now = microTime(clock.now());
    return {
      apiVersion: "coordination.k8s.io/v1",
      kind: "Lease",
      metadata: {
        ...lease?.metadata,
        name,
        namespace,
      },
      spec: {
        holderIdentity: identity,
        leaseDurationSeconds: DURATION_MS / 1000,
        acquireTime: isMine ? lease?.spec.acquireTime ?? now : now,
        renewTime: now,
        leaseTransitions: isMine || !lease ? leaseTransitions : leaseTransitions + 1,
      },
    };
  }

  async #release(): Promise<void> {
    const lease = await this.read(LAST_ANSWER_MS);
    if (lease?.spec.holderIdentity !== this.#options.identity) return;
    const spec = { ...lease.spec, holderIdentity: "", leaseDurationSeconds: 1 };
    await this.#options.api.request("PUT", this.#path(), { body: { ...lease, spec }, answerMs: LAST_ANSWER_MS });
  }

  #set(leads: boolean): void {
    if (leads === this.#leads) return;
    this.#leads = leads;
    this.#options.logger.info(leads ? "this replica leads: it writes statuses" : "this replica does not lead any more");
    this.#options.onChange(leads);
  }

  #path(): string {
    return `${leasesPath(this.#options.namespace)}/${this.#options.name}`;
  }
}

const leasesPath = (namespace: string): string => `/apis/coordination.k8s.io/v1/namespaces/${namespace}/leases`;

/** Kubernetes' MicroTime, as Leases and Events have it, of milliseconds since 1970. */
export const microTime = (ms: number): string => new Date(ms).toISOString().replace("Z", "000Z");
