/** Views of a cluster in the process of the test, without the rest of Sluice. */
import type { AnyResource, Kind } from "../../src/api/mod.ts";
import { idKey, idOf } from "../../src/api/mod.ts";
import { ApiClient, type CredentialsSource } from "../../src/kubernetes/mod.ts";
import { plugins } from "../../src/plugins/mod.ts";
import type { Report } from "../../src/report/mod.ts";
import { createSchema } from "../../src/schema/mod.ts";
import { type Clock, createMetrics, silentLogger, systemClock } from "../../src/telemetry/mod.ts";
import { KubeView, watchedKind } from "../../src/watchers/kube/mod.ts";
import type { FormerRecords, Transaction } from "../../src/watchers/mod.ts";
import type { KubeServer } from "./kube_server.ts";

export const { decode } = createSchema(plugins, { parseText: JSON.parse });

/** Credentials of an administrator, by token; `port` where the way leads through a relay. */
export async function adminCredentials({ ready }: KubeServer, port?: number): Promise<CredentialsSource> {
  const credentials = {
    server: port === undefined ? ready.url : `https://127.0.0.1:${port}`,
    headers: { authorization: `Bearer ${ready.token}` },
    caCerts: [await Deno.readTextFile(ready.ca)],
  };
  return { current: () => Promise.resolve(credentials), renew: () => {} };
}

export async function apiClient(credentials: CredentialsSource, clock: Clock = systemClock): Promise<ApiClient> {
  return new ApiClient({ credentials, userAgent: "test", clock, metrics: await createMetrics() });
}

/** What a view has told, replayed: the resources that whoever listens believes to be there. */
export class Follower {
  readonly view: KubeView;
  readonly resources = new Map<string, AnyResource>();
  reports: readonly Report[] = [];
  transactions = 0;
  /** How often each resource was put. */
  readonly puts = new Map<string, number>();
  readonly #ended = new AbortController();

  constructor(api: ApiClient, kind: Kind, clock: Clock = systemClock, former?: FormerRecords) {
    this.view = new KubeView({
      kind: watchedKind(kind)!,
      ...{ api, decode, clock, logger: silentLogger },
      ...(former && { former }),
    });
  }

  /** Lists and goes on to watch. */
  async follow(namespaces?: readonly string[]): Promise<void> {
    this.view.register({ kinds: [this.view.kind], ...(namespaces && { namespaces }) });
    this.resources.clear();
    this.#take(await this.view.list(this.#ended.signal));
    void this.view.watch((transaction) => this.#take(transaction), this.#ended.signal);
  }

  get names(): string[] {
    return [...this.resources.values()].map(({ metadata }) => metadata.name).sort();
  }

  stop(): void {
    this.#ended.abort();
    this.view.close();
  }

  #take({ put, removed, reports }: Transaction): void {
    this.transactions++;
    for (const resource of put) {
      const key = idKey(idOf(resource));
      this.resources.set(key, resource);
      this.puts.set(key, (this.puts.get(key) ?? 0) + 1);
    }
    for (const id of removed) this.resources.delete(idKey(id));
    this.reports = reports;
  }
}
