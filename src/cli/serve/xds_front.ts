import { resolve } from "node:path";
import type { Spec } from "../../api/mod.ts";
import type { ApiClient } from "../../kubernetes/mod.ts";
import {
  type ClientRoles,
  DEFAULT_LIMITS,
  startXdsServer,
  type XdsServer,
  type XdsServerOptions,
} from "../../server/mod.ts";
import { type Clock, createLogger, type Logger, type Metrics, systemClock } from "../../telemetry/mod.ts";
import { type ClientInfo, RefusalBook, XdsCache } from "../../xds/mod.ts";
import type { ServeConfig } from "../config.ts";
import { keepRefusals, keepRemovals } from "./kept_slots.ts";
import { KeptState } from "./kept_state.ts";
import type { AskMain } from "./asked_credentials.ts";
import type { ClusterCertificates } from "./cluster_certificates.ts";
import { openLink } from "./cluster_link.ts";
import { listening } from "./listening.ts";
import { logPath, type TakenState, takeState } from "./taken_state.ts";
import { optionalMs } from "./optional_ms.ts";

const NONE: readonly string[] = [];

/** What of Settings concerns streams. */
type StreamSettings = Pick<Spec<"Settings">, "sluice">;

/**
 * The side that Envoys see: the cache, the state that it begins with, and the xDS server. It needs neither translation nor
 * sources, so a start has it before the rest of the control plane is even loaded.
 */
export class XdsFront {
  readonly clock: Clock = systemClock;
  readonly cache = new XdsCache();
  readonly config: ServeConfig;
  readonly logger: Logger;
  readonly metrics: Metrics;
  /** The way to the cluster, where there is one. */
  readonly link: ApiClient | undefined;
  /** Of the cluster's own authority, where that gives them. */
  certificates: ClusterCertificates | undefined;
  /** Where another replica was asked for its state: what came of that. */
  takenState: TakenState | undefined;
  /** Streams read it at each use: Settings change it while they run. */
  readonly limits = { ...DEFAULT_LIMITS };
  readonly refusals = new RefusalBook();
  /** Hides secrets in what Envoys say; whoever knows the Secrets sets it. */
  hide: (text: string) => string = (text) => text;
  #inline = NONE;
  #state: KeptState | undefined;
  #server: XdsServer | undefined;

  private constructor(config: ServeConfig, metrics: Metrics, askMain: AskMain) {
    this.config = config;
    this.metrics = metrics;
    this.link = config.cluster && openLink(config.cluster, askMain, this.clock, metrics);
    this.logger = createLogger({
      format: config.logFormat,
      level: config.logLevel,
      priorities: config.journal,
      clock: this.clock,
      write: (line) => console.error(line),
    });
  }

  /**
   * Reads the state, and listens where it holds anything to serve. Rejects where another Sluice uses the state folder, and
   * where the server cannot listen.
   * @param isStale The state is older than what was served last, as it could not be written: it is not served.
   */
  static async open(
    config: ServeConfig,
    metrics: Metrics,
    isStale = false,
    askMain: AskMain = noCredentials,
  ): Promise<XdsFront> {
    const front = new XdsFront(config, metrics, askMain);
    if (config.peer !== undefined) {
      await front.#openCertificates();
      front.takenState = await takeState(config, front.certificates, front.logger);
    }
    const state = front.#state = await KeptState.open(front, isStale);
    front.use(state.settings);
    keepRefusals(front.refusals, state, front.logger);
    keepRemovals(front.cache, state, front.logger);
    if (state.servesFrom) await front.listen();
    return front;
  }

  get state(): KeptState {
    return this.#state!;
  }

  /** Where it listens, once it does. */
  get address(): string | undefined {
    return this.#server?.address;
  }

  clients(): ClientInfo[] {
    return this.#server?.clients() ?? [];
  }

  /** Goes by these Settings from now on. */
  use({ sluice }: StreamSettings): void {
    this.limits.clusterWaitMs = optionalMs(sluice?.warmTimeout) ?? DEFAULT_LIMITS.clusterWaitMs;
    this.limits.graceMs = optionalMs(sluice?.removalGrace) ?? DEFAULT_LIMITS.graceMs;
    this.#inline = sluice?.inlineRouteConfigurations ?? NONE;
  }

  /** Listens, if it does not yet. Rejects where it cannot. */
  async listen(): Promise<void> {
    this.#server ??= await this.#start();
  }

  /** Ends all streams. The state is left open. */
  async close(graceMs: number): Promise<void> {
    await this.#server?.close(graceMs);
    await this.certificates?.close();
  }

  /** The library behind it is large, so it is loaded where it is wanted. */
  async #openCertificates(): Promise<void> {
    const { config, link, clock, logger, metrics } = this;
    const { clusterCertificates, webhookAddress, webhookTls, namespace, stateDir } = config;
    if (!clusterCertificates || !link || this.certificates) return;
    const hasWebhook = webhookAddress !== undefined && webhookTls === undefined;
    const { ClusterCertificates } = await import("./cluster_certificates.ts");
    this.certificates = await ClusterCertificates.open({
      ...{ api: link, namespace, stateDir, hasWebhook, clock, logger, metrics },
    });
  }

  async #clusterTls(): Promise<Pick<XdsServerOptions, "tls" | "clients">> {
    const { certificates, config: { namespace } } = this;
    if (!certificates) return {};
    const { ClusterCertificates } = await import("./cluster_certificates.ts");
    return { tls: certificates, clients: await ClusterCertificates.roles(namespace) };
  }

  async #start(): Promise<XdsServer> {
    await this.#openCertificates();
    const { xdsAddress, xdsTls, insecureXds, stateDir } = this.config;
    const where = { what: "the xDS server", flag: "--xds-address", address: xdsAddress };
    const options: XdsServerOptions = {
      address: xdsAddress,
      // The state folder is one Sluice's alone, and this is the one.
      isOwnSocket: xdsAddress.startsWith(`unix:${resolve(stateDir)}/`),
      cache: this.cache,
      clock: this.clock,
      logger: this.logger,
      metrics: this.metrics,
      insecure: insecureXds,
      limits: this.limits,
      refusals: this.refusals,
      hide: (text) => this.hide(text),
      inlineRouteConfigurations: () => this.#inline,
      replicaState: () => Deno.readFile(logPath(this.config)).catch(() => undefined),
      ...await this.#clusterTls(),
      ...(xdsTls
        ? {
          tls: { certificate: xdsTls.cert, key: xdsTls.key, clientAuthority: xdsTls.clientCa },
          clients: await readRoles(xdsTls.roles),
        }
        : {}),
    };
    return await listening(where, () => startXdsServer(options));
  }
}

const noCredentials: AskMain = () => Promise.reject(new Error("there is no kubeconfig"));

/** The roles file: a JSON object of lists of texts. Throws with what is wrong. */
async function readRoles(file: string): Promise<ClientRoles> {
  const wanted = `${file}: it should be a JSON object from certificate names to lists of roles`;
  let value: unknown;
  try {
    value = JSON.parse(await Deno.readTextFile(file));
  } catch (error) {
    throw new Error(`${wanted} (${error instanceof Error ? error.message : error})`);
  }
  const isRoles = typeof value === "object" && value !== null && !Array.isArray(value) &&
    Object.values(value).every((list) => Array.isArray(list) && list.every((role) => typeof role === "string"));
  if (!isRoles) throw new Error(wanted);
  return value as ClientRoles;
}
