import type { ResourceSet, XdsResource } from "./resource.ts";
import { warmsByEndpoints } from "./warms_by_endpoints.ts";

interface Wait {
  /** The response that first carried the cluster; undefined until it is sent. */
  sequence?: number;
  /** The response that carried it in its present form. */
  latest?: number;
  /** When waiting ends, on the clock of the stream. */
  until?: number;
}

/**
 * New clusters that a client has not said are ready. Envoy holds back the ACK of a cluster response while any cluster in it
 * warms (measured with Envoy 1.40), so the ACK is the sign. It does not come while any other cluster warms, though, so one
 * that needs nothing but its endpoints is ready once they are accepted. Nor does it say that secrets were taken: a cluster is
 * warm as soon as one was refused. Since one cluster may never be ready, the wait has an end.
 */
export class WaitingClusters {
  readonly #waits = new Map<string, Wait>();
  /** The latest response of clusters that was accepted. */
  #accepted = 0;

  get names(): ReadonlySet<string> {
    return new Set(this.#waits.keys());
  }

  get size(): number {
    return this.#waits.size;
  }

  /** The earliest end of a wait. */
  get next(): number | undefined {
    const ends = [...this.#waits.values()].flatMap(({ until }) => until ?? []);
    return ends.length === 0 ? undefined : ends.reduce((first, end) => Math.min(first, end));
  }

  expect(name: string): void {
    if (!this.#waits.has(name)) this.#waits.set(name, {});
  }

  /** Forgets the clusters that are no longer wanted. */
  retain(wanted: (name: string) => boolean): void {
    for (const name of this.#waits.keys()) {
      if (!wanted(name)) this.#waits.delete(name);
    }
  }

  /** A response was sent with all clusters that are new, and `changed` among those that were sent before. */
  sent(sequence: number, until: number, changed: readonly XdsResource[]): void {
    for (const wait of this.#waits.values()) {
      if (wait.sequence !== undefined) continue;
      wait.sequence = wait.latest = sequence;
      wait.until = until;
    }
    for (const { name } of changed) {
      const wait = this.#waits.get(name);
      if (wait) wait.latest = sequence;
    }
  }

  /** The client took over endpoints of a response: clusters that were sent before it and need no more are ready. */
  endpointsAccepted(sequence: number, endpoints: readonly XdsResource[], clusters: ResourceSet): void {
    const names = new Set(endpoints.map(({ name }) => name));
    for (const [name, { latest }] of this.#waits) {
      const cluster = clusters.get(name);
      if (latest === undefined || latest > sequence || cluster === undefined || !warmsByEndpoints(cluster)) continue;
      if (cluster.refs.endpoints!.every((endpoint) => names.has(endpoint))) this.#waits.delete(name);
    }
  }

  /** The client accepted clusters; those that `lacks` says lack a secret are not ready all the same. */
  accepted(sequence: number, lacks: (name: string) => boolean): void {
    this.#accepted = sequence;
    this.secretsAccepted(lacks);
  }

  /** The client accepted secrets. */
  secretsAccepted(lacks: (name: string) => boolean): void {
    for (const [name, wait] of this.#waits) {
      if (wait.sequence !== undefined && wait.sequence <= this.#accepted && !lacks(name)) this.#waits.delete(name);
    }
  }

  /** Ends the waits that are over and names their clusters. */
  expire(now: number): string[] {
    const over = [...this.#waits].filter(([, { until }]) => until !== undefined && until <= now).map(([name]) => name);
    for (const name of over) this.#waits.delete(name);
    return over;
  }
}
