import type { Clock, Logger, Metrics } from "../telemetry/mod.ts";
import { AUTHORITY_SECRET, authorityData, authorityState } from "./authority_secret.ts";
import { type AuthorityState, bundleOf, firstState, nextState } from "./authority_state.ts";
import { envoySecret, keepEnvoySecret } from "./envoy_secrets.ts";
import { issueCertificate, type KeyPair } from "./issue.ts";
import { BACKDATE_MS, checkLifetimes, DEFAULT_LIFETIMES, type Lifetimes } from "./lifetimes.ts";
import { readCertificate } from "./read_certificate.ts";
import { type SecretObject, type SecretStore, TLS_SECRET } from "./secret_store.ts";
import { ServerCertificate } from "./server_certificate.ts";
import { caBundleOf, keepWebhookBundle, type WebhookStore } from "./webhook_bundle.ts";

/** What certificates in a cluster rest on. */
export interface ClusterAuthorityOptions {
  /** The namespace that Sluice, its Proxies and its Secrets are in. */
  readonly namespace: string;
  /** The Secrets of that namespace. */
  readonly store: SecretStore;
  /** Whether this replica may write: asked at each look. Only the first authority is made without it. */
  readonly isLeader: () => boolean;
  /** Names of the Proxies whose Envoys get a certificate: asked at each look. */
  readonly proxyNames: () => Iterable<string>;
  /** DNS names of the certificate for the xDS server and the webhook; see `serviceNames`. */
  readonly serverNames: readonly string[];
  /** ValidatingWebhookConfigurations whose webhooks are to trust the authorities. Default: none. */
  readonly webhooks?: { readonly store: WebhookStore; readonly names: readonly string[] };
  readonly clock: Clock;
  readonly logger: Logger;
  readonly metrics: Metrics;
  readonly lifetimes?: Partial<Lifetimes>;
  /** Milliseconds from one look at the Secrets to the next. Default 30,000. */
  readonly lookMs?: number;
}

const LOOK_MS = 30_000;
const HOUR_MS = 3_600_000;
/** Somebody else may write in between each time; so often in a row nobody does. */
const MOST_TRIES = 5;

/**
 * The authority of a cluster: a Secret that all replicas share, a certificate in the memory of each, a Secret for the Envoys
 * of each Proxy. It looks at the Secrets from time to time, and when {@link look} is called. What cannot be read or written is
 * logged once and counted, and what there was last stays in use.
 */
export class ClusterAuthority {
  /** What the xDS server and the webhook show, and whom they let in. */
  readonly server: ServerCertificate;
  readonly #options: ClusterAuthorityOptions;
  readonly #lifetimes: Lifetimes;
  readonly #faults = new Map<string, string>();
  /** What this look, or the last one, was concerned with. */
  readonly #attempted = new Set<string>();
  /** Envoys' Secrets whose end is among the metrics. */
  readonly #shown = new Set<string>();
  readonly #expiry: ReturnType<Metrics["gauge"]>;
  readonly #faultCount: ReturnType<Metrics["gauge"]>;
  #state: AuthorityState;
  /** The last look that was asked for, and, while it has not begun, that look once more. */
  #looking = Promise.resolve();
  #waiting: Promise<void> | undefined;
  #cancel = () => {};
  #closed = false;

  private constructor(options: ClusterAuthorityOptions, state: AuthorityState, server: ServerCertificate) {
    this.#options = options;
    this.#lifetimes = lifetimesOf(options);
    this.#state = state;
    this.server = server;
    this.#expiry = options.metrics.gauge(
      "sluice_certificate_expiry_timestamp_seconds",
      "When a certificate ends, in seconds since the epoch",
      ["certificate"],
    );
    this.#faultCount = options.metrics.gauge(
      "sluice_certificate_faults",
      "Secrets and webhooks of certificates that cannot be read, used or written",
    );
  }

  /**
   * Makes the authority, or takes the one that is there, and begins to look. Rejects where the store cannot be asked, and with
   * a SecretFault where the Secret is damaged or not ours: nothing is served without an authority, so the caller tries again.
   */
  static async open(options: ClusterAuthorityOptions): Promise<ClusterAuthority> {
    const lifetimes = lifetimesOf(options);
    checkLifetimes(lifetimes);
    const { state } = await readOrCreate(options);
    const server = await ServerCertificate.issue(options.serverNames, state, options.clock.now(), lifetimes);
    const authority = new ClusterAuthority(options, state, server);
    await authority.look();
    return authority;
  }

  /** PEM of all authorities that are to be trusted now. */
  get authorities(): string {
    return bundleOf(this.#state);
  }

  /** A certificate for this process as a client of another replica, for an hour. It is kept nowhere. */
  async clientCertificate(dnsName: string): Promise<KeyPair> {
    const now = this.#options.clock.now();
    const wish = { commonName: dnsName, dnsNames: [dnsName], usage: "client" } as const;
    return await issueCertificate(this.#state.signing, {
      ...wish,
      notBefore: now - BACKDATE_MS,
      notAfter: now + HOUR_MS,
    });
  }

  /** What cannot be read, used or written, in sentences. */
  get faults(): string[] {
    return [...this.#faults.values()];
  }

  /** Looks at all Secrets and does what is due. Never rejects. Calls while it looks are answered by one more look. */
  look(): Promise<void> {
    this.#waiting ??= this.#looking.then(() => {
      this.#waiting = undefined;
      return this.#closed ? undefined : this.#look();
    });
    this.#looking = this.#waiting;
    return this.#waiting;
  }

  /** Looks no more; resolves when a look on its way has ended. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#cancel();
    await this.#looking;
  }

  async #look(): Promise<void> {
    this.#cancel();
    const { clock, isLeader, lookMs, webhooks } = this.#options;
    this.#attempted.clear();
    await this.#attempt(`Secret ${AUTHORITY_SECRET}`, () => this.#followAuthority());
    const now = clock.now();
    await this.#attempt("the server's certificate", () => this.server.follow(this.#state, now, this.#lifetimes));
    this.#expiry.set(readCertificate(this.#state.signing.cert).notAfter / 1000, { certificate: "authority" });
    this.#expiry.set(this.server.notAfter / 1000, { certificate: "server" });
    if (isLeader()) {
      for (const proxyName of new Set(this.#options.proxyNames())) await this.#keepEnvoy(proxyName);
      const caBundle = caBundleOf(this.authorities);
      for (const name of webhooks?.names ?? []) {
        await this.#attempt(
          `ValidatingWebhookConfiguration ${name}`,
          () => settled(() => keepWebhookBundle(webhooks!.store, name, caBundle)),
        );
      }
    }
    this.#forget();
    this.#faultCount.set(this.#faults.size);
    if (!this.#closed) this.#cancel = clock.setTimeout(() => void this.look(), lookMs ?? LOOK_MS);
  }

  /** Drops what is told of things that are no concern of this replica any more, so that nobody is alarmed by it. */
  #forget(): void {
    for (const what of this.#faults.keys()) if (!this.#attempted.has(what)) this.#faults.delete(what);
    for (const name of this.#shown) {
      if (this.#attempted.has(`Secret ${name}`)) continue;
      this.#expiry.set(NaN, { certificate: name });
      this.#shown.delete(name);
    }
  }

  async #followAuthority(): Promise<void> {
    await settled(async () => {
      const { state, secret } = await readOrCreate(this.#options);
      this.#state = state;
      const { clock, isLeader, namespace, store, logger } = this.#options;
      if (!isLeader()) return true;
      const next = await nextState(state, namespace, clock.now(), this.#lifetimes);
      if (next === undefined) return true;
      const outcome = await store.update(AUTHORITY_SECRET, authorityData(next), secret.resourceVersion);
      if (outcome === "conflict") return false;
      this.#state = next;
      logger.info("the certificate authority was renewed by one step", stepOf(next));
      return false;
    });
  }

  async #keepEnvoy(proxyName: string): Promise<void> {
    const { store, namespace, clock } = this.#options;
    const issuer = { store, namespace, lifetimes: this.#lifetimes };
    const name = envoySecret(proxyName);
    await this.#attempt(`Secret ${name}`, () =>
      settled(async () => {
        const notAfter = await keepEnvoySecret(issuer, proxyName, this.#state, clock.now());
        if (notAfter === undefined) return false;
        this.#expiry.set(notAfter / 1000, { certificate: name });
        this.#shown.add(name);
        return true;
      }));
  }

  async #attempt(what: string, act: () => Promise<void>): Promise<void> {
    this.#attempted.add(what);
    try {
      await act();
      if (this.#faults.delete(what)) {
        this.#options.logger.info("certificates: what was at fault is well again", { what });
      }
    } catch (error) {
      const text = error instanceof Error ? error.message : String(error);
      if (this.#faults.get(what) !== text) {
        this.#options.logger.error("certificates: what there was last stays in use", { what, error: text });
      }
      this.#faults.set(what, text);
    }
  }
}

function lifetimesOf({ lifetimes }: ClusterAuthorityOptions): Lifetimes {
  return { ...DEFAULT_LIFETIMES, ...lifetimes };
}

function stepOf({ signing, next, former }: AuthorityState): Record<string, unknown> {
  return {
    signs: readCertificate(signing.cert).subject,
    next: next && readCertificate(next.cert).subject,
    former: former.map((pem) => readCertificate(pem).subject),
  };
}

/** The authority that is there, or a new one; where two make one at the same time, both end with that of the first. */
async function readOrCreate(
  options: ClusterAuthorityOptions,
): Promise<{ readonly state: AuthorityState; readonly secret: SecretObject }> {
  const { store, namespace, clock, logger } = options;
  for (let tries = 0; tries < MOST_TRIES; tries++) {
    const secret = await store.get(AUTHORITY_SECRET);
    if (secret !== undefined) return { state: authorityState(secret), secret };
    const data = authorityData(await firstState(namespace, clock.now(), lifetimesOf(options)));
    const outcome = await store.create(AUTHORITY_SECRET, data, TLS_SECRET);
    if (outcome === "created") logger.info("a certificate authority was made", { secret: AUTHORITY_SECRET, namespace });
  }
  throw new Error(`Secret ${AUTHORITY_SECRET}: it is gone again each time that it was made`);
}

/** Does it again while somebody else writes at the same time (false). */
async function settled(act: () => Promise<boolean>): Promise<void> {
  for (let tries = 0; tries < MOST_TRIES; tries++) if (await act()) return;
  throw new Error("others wrote at the same time, again and again");
}
