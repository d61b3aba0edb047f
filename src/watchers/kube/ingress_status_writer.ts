import { idKey, refKey, type ResourceId } from "../../api/mod.ts";
import { type ApiClient, ApiError, MERGE } from "../../kubernetes/mod.ts";
import { type Clock, type Logger, pause, TokenBucket } from "../../telemetry/mod.ts";
import { objectsPath, watchedKind } from "./watched_kinds.ts";

/** An address at which Ingresses are reached. */
export interface LoadBalancerAddress {
  readonly ip?: string;
  readonly hostname?: string;
}

/** Addresses that Ingresses are to show. */
export interface WantedAddresses {
  readonly ref: ResourceId;
  readonly loadBalancer: readonly LoadBalancerAddress[];
}

export interface IngressStatusWriterOptions {
  readonly api: ApiClient;
  readonly clock: Clock;
  readonly logger: Logger;
}

const RATE = { qps: 20, burst: 50 };
const RETRY_MS = 1_000;

/**
 * Writes `status.loadBalancer.ingress` of Ingresses: one merge patch for each whose addresses are others than they should be,
 * while this replica leads. Those that no addresses are wanted for are left alone.
 */
export class IngressStatusWriter {
  readonly #options: IngressStatusWriterOptions;
  readonly #bucket: TokenBucket;
  readonly #ended = new AbortController();
  /** What Ingresses show, as text, by {@link idKey}. */
  readonly #seen = new Map<string, string>();
  #wanted: ReadonlyMap<string, WantedAddresses> = new Map();
  readonly #due = new Map<string, WantedAddresses>();
  #leads = false;
  #writing: Promise<void> | undefined;

  constructor(options: IngressStatusWriterOptions) {
    this.#options = options;
    this.#bucket = new TokenBucket(options.clock, RATE.qps, RATE.burst);
  }

  /** What all Ingresses are to show from now on. */
  want(addresses: readonly WantedAddresses[]): void {
    this.#wanted = new Map(addresses.map((one) => [idKey(one.ref), one]));
    this.#due.clear();
    for (const one of addresses) this.#compare(one);
  }

  /** An Ingress was seen, with this status. */
  seen(id: ResourceId, status: unknown): void {
    const key = idKey(id);
    this.#seen.set(key, textOfStatus(status));
    const wanted = this.#wanted.get(key);
    if (wanted) this.#compare(wanted);
  }

  gone(id: ResourceId): void {
    this.#seen.delete(idKey(id));
    this.#due.delete(idKey(id));
  }

  setLeads(leads: boolean): void {
    this.#leads = leads;
    if (leads) { for (const one of this.#wanted.values()) this.#compare(one); }
  }

  async stop(): Promise<void> {
    this.#ended.abort();
    await this.#writing;
  }

  #compare(wanted: WantedAddresses): void {
    const key = idKey(wanted.ref);
    const seen = this.#seen.get(key);
    if (seen === undefined || seen === textOf(wanted.loadBalancer)) {
      this.#due.delete(key);
      return;
    }
    this.#due.set(key, wanted);
    if (this.#leads && !this.#ended.signal.aborted) this.#writing ??= this.#writeAll();
  }

  async #writeAll(): Promise<void> {
    const { signal } = this.#ended;
    await pause(this.#options.clock, 0, signal);
    while (this.#leads && !signal.aborted) {
      const next = this.#due.entries().next().value;
      if (!next) break;
      const [key, wanted] = next;
      await this.#bucket.wait(signal);
      if (signal.aborted) break;
      this.#due.delete(key);
      if (!await this.#writeOne(key, wanted)) await pause(this.#options.clock, RETRY_MS, signal);
    }
    this.#writing = undefined;
  }

  async #writeOne(key: string, { ref, loadBalancer }: WantedAddresses): Promise<boolean> {
    const path = `${objectsPath(watchedKind("Ingress")!, ref.namespace)}/${ref.name}/status`;
    try {
      const body = { status: { loadBalancer: { ingress: loadBalancer } } };
      const { status } = await this.#options.api.request<{ status: unknown }>("PATCH", path, {
        contentType: MERGE,
        body,
      });
      this.#seen.set(key, textOfStatus(status));
      return true;
    } catch (error) {
      const code = error instanceof ApiError ? error.status : undefined;
      if (code === 404) return true;
      const why = error instanceof Error ? error.message : String(error);
      this.#options.logger.warn(`the addresses of Ingress ${refKey(ref)} could not be written: ${why}`);
      if (code === undefined || code >= 429) this.#due.set(key, { ref, loadBalancer });
      return false;
    }
  }
}

function textOfStatus(status: unknown): string {
  const { loadBalancer } = (status ?? {}) as {
    readonly loadBalancer?: { readonly ingress?: readonly LoadBalancerAddress[] };
  };
  return textOf(loadBalancer?.ingress ?? []);
}

const textOf = (addresses: readonly LoadBalancerAddress[]): string =>
  JSON.stringify(addresses.map(({ ip, hostname }) => [ip ?? "", hostname ?? ""]));
