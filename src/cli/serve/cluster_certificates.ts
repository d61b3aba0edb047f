import { X509Certificate } from "node:crypto";
import { type ClusterAuthority, SecretFault, serviceNames } from "../../certificates/mod.ts";
import { type ApiClient, Backoff } from "../../kubernetes/mod.ts";
import { type CertificateProvider, REPLICA_ROLE, type TlsMaterial } from "../../server/mod.ts";
import type { Clock, Logger, Metrics } from "../../telemetry/mod.ts";
import { SERVED_FOLDER } from "../decided.ts";
import { clusterName, SLUICE } from "../manifests/names.ts";
import { secretStore, webhookStore } from "./cluster_link.ts";

/** In the folder of the state, as secret as what else is there: what the next process shows while it cannot ask for its own. */
const FILE = "certificate.json";
/** How long a start waits for the API server before it goes by that, in milliseconds. */
const PATIENCE_MS = 2_000;

export interface ClusterCertificatesOptions {
  readonly api: ApiClient;
  readonly namespace: string;
  readonly stateDir: string;
  /** Whether there is a webhook with this certificate: its configuration is to name the authority then. */
  readonly hasWebhook: boolean;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly metrics: Metrics;
}

/**
 * The certificate that this replica shows, of the cluster's own authority. It is asked for at each start; where the API server
 * does not answer, the one of the process before is shown for as long as it is valid, so that Envoys are served then too.
 */
export class ClusterCertificates implements CertificateProvider {
  readonly #options: ClusterCertificatesOptions;
  readonly #listeners = new Set<() => void>();
  readonly #ended = new AbortController();
  #authority: ClusterAuthority | undefined;
  #material: TlsMaterial | undefined;
  #opening: Promise<void> | undefined;
  #isLeader: () => boolean = () => false;
  #proxyNames: readonly string[] = [];

  private constructor(options: ClusterCertificatesOptions) {
    this.#options = options;
  }

  /** Resolves when there is something to show. */
  static async open(options: ClusterCertificatesOptions): Promise<ClusterCertificates> {
    const certificates = new ClusterCertificates(options);
    const kept = certificates.#kept();
    const opening = certificates.#opening = certificates.#open();
    if (!kept) {
      await opening;
      return certificates;
    }
    const { promise: late, resolve } = Promise.withResolvers<void>();
    const cancel = options.clock.setTimeout(resolve, PATIENCE_MS);
    await Promise.race([opening, late]);
    cancel();
    if (!certificates.#material) {
      options.logger.warn("the API server does not answer: the certificate of the process before is shown meanwhile");
      certificates.#material = kept;
    }
    return certificates;
  }

  current(): TlsMaterial {
    return this.#material!;
  }

  onChange(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  /** As a client of another replica; undefined while the API server does not answer. */
  async asClient(): Promise<{ readonly cert: string; readonly key: string } | undefined> {
    const { replicaName } = await import("../../certificates/mod.ts");
    return await this.#authority?.clientCertificate(replicaName(this.#options.namespace));
  }

  /** Which roles a name in a client's certificate gives: that of its Proxy, or that of another replica. */
  static async roles(namespace: string): Promise<(name: string) => readonly string[]> {
    const { replicaName, rolesOf } = await import("../../certificates/mod.ts");
    return (name) => name === replicaName(namespace) ? [REPLICA_ROLE] : rolesOf(name);
  }

  /**
   * Looks at the Secrets now, where something that they hang on has changed.
   * @param isLeader Whether this replica may write them.
   * @param proxies `namespace/name` of Proxies whose Envoys want certificates. Default: those of before.
   */
  follow(isLeader: () => boolean, proxies?: Iterable<string>): void {
    this.#isLeader = isLeader;
    const { namespace } = this.#options;
    const names = proxies && [...proxies].filter((key) => key.startsWith(`${namespace}/`))
      .map((key) => key.slice(namespace.length + 1)).sort();
    if (names?.join() === this.#proxyNames.join()) return;
    this.#proxyNames = names ?? this.#proxyNames;
    void this.#authority?.look();
  }

  async close(): Promise<void> {
    this.#ended.abort();
    await this.#opening;
    await this.#authority?.close();
  }

  async #open(): Promise<void> {
    const { api, namespace, hasWebhook, clock, logger, metrics } = this.#options;
    const { ClusterAuthority } = await import("../../certificates/mod.ts");
    const backoff = new Backoff(clock);
    for (let told = ""; !this.#ended.signal.aborted;) {
      try {
        const authority = this.#authority = await ClusterAuthority.open({
          ...{ namespace, clock, logger, metrics, serverNames: serviceNames(SLUICE, namespace) },
          store: secretStore(api, namespace),
          ...(hasWebhook && { webhooks: { store: webhookStore(api), names: [clusterName(namespace)] } }),
          isLeader: () => this.#isLeader(),
          proxyNames: () => this.#proxyNames,
        });
        this.#show(authority.server.current());
        authority.server.onChange(() => this.#show(authority.server.current()));
        return;
      } catch (error) {
        const why = error instanceof Error ? error.message : String(error);
        if (why !== told) logger.warn(`the cluster's certificate authority cannot be had: ${why}`);
        told = why;
        await backoff.wait(this.#ended.signal, error instanceof SecretFault ? 5_000 : 0);
      }
    }
  }

  #show(material: TlsMaterial): void {
    this.#material = material;
    this.#keep(material);
    for (const listener of [...this.#listeners]) listener();
  }

  get #path(): string {
    return `${this.#options.stateDir}/${SERVED_FOLDER}/${FILE}`;
  }

  #kept(): TlsMaterial | undefined {
    try {
      const kept = JSON.parse(Deno.readTextFileSync(this.#path)) as TlsMaterial;
      return new X509Certificate(kept.cert).validToDate.getTime() > this.#options.clock.now() ? kept : undefined;
    } catch {
      return undefined;
    }
  }

  #keep(material: TlsMaterial): void {
    try {
      Deno.mkdirSync(`${this.#options.stateDir}/${SERVED_FOLDER}`, { recursive: true, mode: 0o700 });
      Deno.writeTextFileSync(`${this.#path}.new`, JSON.stringify(material), { mode: 0o600 });
      Deno.renameSync(`${this.#path}.new`, this.#path);
    } catch {
      // That the folder cannot be written is told with the state.
    }
  }
}
