import { isLocal, parseAddress } from "../../address/mod.ts";
import type { Spec } from "../../api/mod.ts";
import { EventLoop } from "../../event_loop/mod.ts";
import { plugins } from "../../plugins/mod.ts";
import { isSourceRef, makeReport, type Report } from "../../report/mod.ts";
import { createSchema, type Schema } from "../../schema/mod.ts";
import {
  type AdminServer,
  type AdminSources,
  type ClientRoles,
  DEFAULT_LIMITS,
  startAdminServer,
  startXdsServer,
  UNKNOWN_ROLE,
  type XdsServer,
  type XdsServerOptions,
} from "../../server/mod.ts";
import type { ApiSnapshot } from "../../snapshot/mod.ts";
import { type Memory, TranslatorSyncer } from "../../syncer/mod.ts";
import {
  type Clock,
  createLogger,
  type Logger,
  measureStalls,
  type Metrics,
  systemClock,
} from "../../telemetry/mod.ts";
import { createFileStatusWriter } from "../../watchers/mod.ts";
import { XdsCache } from "../../xds/mod.ts";
import { configFault, DEFAULT_SETTINGS_NAME, restartKey, type ServeConfig, withSettings } from "../config.ts";
import { parseOneDocument, settingsOf } from "../read_folders.ts";
import { noSettings } from "../settings_file.ts";
import { listening } from "./listening.ts";
import { adminPages } from "./pages.ts";
import { SecretMemory } from "./secret_memory.ts";
import { linksOf } from "./links.ts";
import { createSources, optionalMs, type Sources, sourcesKey } from "./sources.ts";

/** How long streams may take to end when Sluice does. */
const STOP_GRACE_MS = 1000;

const NONE: readonly string[] = [];

/** What the control plane needs of whoever started it. */
export interface Surroundings {
  /** What the control plane before this one left. */
  readonly memory?: Memory;
  readonly metrics: Metrics;
  /** What {@link linksOf} gave before the permissions were computed. Default: what it gives now. */
  readonly links?: string;
  /** Another control plane is wanted, with this configuration and its permissions, that goes on from this memory. */
  restart(config: ServeConfig, memory: Memory): void;
}

/** The rooms, wired together: watchers, Emitter, event loop, syncer, xds cache, servers. */
export class ControlPlane {
  readonly #config: ServeConfig;
  readonly #surroundings: Surroundings;
  readonly #clock: Clock = systemClock;
  readonly #logger: Logger;
  readonly #metrics: Metrics;
  readonly #schema: Schema = createSchema(plugins, { parseText: parseOneDocument });
  readonly #cache = new XdsCache();
  readonly #syncer: TranslatorSyncer;
  readonly #loop: EventLoop;
  readonly #ended = new AbortController();
  /** Streams read it at each use: Settings change it while they run. */
  readonly #limits = { ...DEFAULT_LIMITS };
  #settings: Spec<"Settings"> = {};
  #sources: Sources | undefined;
  #sourcesEnded = new AbortController();
  #following: Promise<void> = Promise.resolve();
  #looping: Promise<void> = Promise.resolve();
  #xds: XdsServer | undefined;
  #admin: AdminServer | undefined;
  #ready = false;
  readonly #settingsKnown = Promise.withResolvers<void>();
  #restarting = false;
  /** Why there is nothing to start with. */
  #problem: string | undefined;
  #settingsFault: readonly Report[] = [];
  #told = "";
  readonly #secrets = new SecretMemory();
  readonly #links: string;
  #endMeasuring = () => {};

  constructor(config: ServeConfig, surroundings: Surroundings) {
    this.#config = config;
    this.#surroundings = surroundings;
    this.#metrics = surroundings.metrics;
    this.#links = surroundings.links ?? linksOf(config);
    this.#logger = createLogger({
      format: config.logFormat,
      level: config.logLevel,
      clock: this.#clock,
      write: (line) => console.error(line),
    });
    this.#syncer = new TranslatorSyncer({
      cache: this.#cache,
      plugins,
      settingsOf: () => this.#settings,
      writeNamespace: config.writeNamespace,
      memory: surroundings.memory,
      sourceReports: () => this.#reports(),
      locate: (id, path) => this.#sources?.locate(id, path),
      statusWriters: [
        createFileStatusWriter(
          `${config.stateDir}/status`,
          config.writeNamespace,
          (path, error) => this.#logger.error("a status could not be written", { path, error: String(error) }),
        ),
      ],
      clock: this.#clock,
      logger: this.#logger,
      metrics: this.#metrics,
    });
    this.#loop = new EventLoop({
      syncers: [this.#syncer],
      clock: this.#clock,
      logger: this.#logger,
      metrics: this.#metrics,
    });
  }

  /**
   * Resolves when both servers listen, or another control plane is to be started in place of this one. Rejects where a
   * server cannot listen, or where Gloo's mode finds no Settings. xDS waits for the first Settings, as they may want another address.
   */
  async start(): Promise<void> {
    this.#follow(createSources({ ...this.#shared(), config: this.#config, settings: {} }));
    if (!isLocal(parseAddress(this.#config.adminAddress)!)) {
      this.#logger.warn("the admin pages can be reached from other machines, and ask nobody who he is");
    }
    this.#looping = this.#loop.run(this.#ended.signal);
    if (this.#config.measureStalls) this.#endMeasuring = measureStalls(this.#clock, this.#metrics);
    void this.#loop.ready.then(() => this.#becomeReady());
    const address = this.#config.adminAddress;
    const where = { what: "the admin server", flag: "--admin-address", address };
    this.#admin = await listening(where, () => startAdminServer(address, this.#pages()));
    await this.#settingsKnown.promise;
    if (this.#problem !== undefined) throw new Error(this.#problem);
    if (this.#restarting || this.#ended.signal.aborted) return;
    this.#xds = await this.#startXds();
    this.#logger.info("sluice serves", { xds: this.#xds.address, admin: this.#admin.address });
  }

  #pages(): AdminSources {
    return adminPages({
      ready: () => this.#ready,
      metrics: this.#metrics,
      cache: this.#cache,
      syncer: this.#syncer,
      snapshot: () => this.#sources?.emitter.current,
      sourceReports: () => this.#reports(),
      secrets: () => this.#secrets.all(),
      clients: () => this.#xds?.clients() ?? [],
      locate: (id, path) => this.#sources?.locate(id, path),
    });
  }

  /** Where both servers listen, once they do. */
  get addresses(): { readonly xds: string; readonly admin: string } {
    return { xds: this.#xds?.address ?? "", admin: this.#admin?.address ?? "" };
  }

  /** Ends streams and servers; what was being written is written. */
  async stop(): Promise<void> {
    this.#ended.abort();
    this.#sourcesEnded.abort();
    this.#settingsKnown.resolve();
    this.#endMeasuring();
    await Promise.all([this.#xds?.close(STOP_GRACE_MS), this.#admin?.close(), this.#following, this.#looping]);
    await this.#syncer.statusesWritten();
    this.#logger.info("sluice has stopped");
  }

  #shared() {
    return { decode: this.#schema.decode, clock: this.#clock, logger: this.#logger, metrics: this.#metrics };
  }

  /** Follows these sources from when the ones before have ended: a client is watched by one Emitter at a time. */
  #follow(sources: Sources): void {
    this.#sourcesEnded.abort();
    const ended = new AbortController();
    this.#sourcesEnded = ended;
    this.#sources = sources;
    sources.emitter.subscribe((snapshot, since) => this.#take(snapshot, since));
    this.#following = this.#following.then(() => sources.emitter.run(ended.signal));
  }

  /** Takes an ApiSnapshot to the event loop, unless its Settings first want other sources. */
  #take(snapshot: ApiSnapshot, since: number | undefined): boolean {
    this.#tellSourceReports();
    this.#secrets.see(snapshot);
    if (this.#refuses(snapshot)) return true;
    const settings = settingsOf(snapshot, this.#config.namespace);
    const config = this.#configWith(settings);
    if (restartKey(config) !== restartKey(this.#config) || linksOf(config) !== this.#links) {
      if (!this.#restarting) this.#surroundings.restart(config, this.#syncer.memory);
      this.#restarting = true;
      this.#settingsKnown.resolve();
      return true;
    }
    this.#settingsKnown.resolve();
    this.#settings = settings;
    this.#limits.clusterWaitMs = optionalMs(settings.sluice?.warmTimeout) ?? DEFAULT_LIMITS.clusterWaitMs;
    this.#limits.graceMs = optionalMs(settings.sluice?.removalGrace) ?? DEFAULT_LIMITS.graceMs;
    const sources = this.#sources!;
    if (sourcesKey(settings) !== sources.key) {
      this.#follow(createSources({ ...this.#shared(), config, settings, after: { sources, snapshot } }));
      return true;
    }
    return this.#loop.offer(snapshot, since);
  }

  /** Gloo's mode starts with Settings or not at all: they say where everything is. Later ones may be as they like. */
  #refuses(snapshot: ApiSnapshot): boolean {
    const { settingsDir, namespace } = this.#config;
    if (settingsDir === undefined || this.#surroundings.memory || this.#xds) return false;
    if (snapshot.get("Settings", { namespace, name: DEFAULT_SETTINGS_NAME })) return false;
    this.#problem = noSettings(settingsDir, namespace, this.#reports());
    this.#settingsKnown.resolve();
    return true;
  }

  /** The configuration that Settings want; the present one, and a report on Settings, where that cannot be had. */
  #configWith(settings: Spec<"Settings">): ServeConfig {
    const config = withSettings(this.#config, settings);
    const { refused } = this.#config;
    const unsafe = configFault(config);
    const fault = unsafe ?? (refused?.key === restartKey(config) ? refused.why : undefined);
    const ref = { kind: "Settings" as const, namespace: this.#config.namespace, name: DEFAULT_SETTINGS_NAME };
    this.#settingsFault = fault === undefined ? [] : [
      makeReport("error", "SLUICE-1502", ref, unsafe ? "gloo.xdsBindAddr" : "", `Sluice goes on as before: ${fault}`),
    ];
    return fault === undefined ? config : this.#config;
  }

  #reports(): readonly Report[] {
    return [...this.#sources?.reports() ?? [], ...this.#settingsFault];
  }

  async #startXds(): Promise<XdsServer> {
    const { xdsAddress, xdsTls, insecureXds } = this.#config;
    const where = { what: "the xDS server", flag: "--xds-address", address: xdsAddress };
    const options: XdsServerOptions = {
      address: xdsAddress,
      cache: this.#cache,
      clock: this.#clock,
      logger: this.#logger,
      metrics: this.#metrics,
      insecure: insecureXds,
      limits: this.#limits,
      inlineRouteConfigurations: () => this.#settings.sluice?.inlineRouteConfigurations ?? NONE,
      ...(xdsTls
        ? {
          tls: { certificate: xdsTls.cert, key: xdsTls.key, clientAuthority: xdsTls.clientCa },
          clients: await readRoles(xdsTls.roles),
        }
        : {}),
    };
    return await listening(where, () => startXdsServer(options));
  }

  #becomeReady(): void {
    this.#ready = true;
    this.#cache.openFallback();
    const roles = this.#cache.roles();
    // Those that came before the roles were known could not be told then.
    for (const { nodeId, role, peer, known } of this.#xds?.clients() ?? []) {
      if (!known) this.#logger.warn(UNKNOWN_ROLE, { node: nodeId, role, peer, roles });
    }
    if (roles.length > 0) this.#logger.info("ready", { roles });
    else this.#logger.warn("ready, but nothing is served: no Gateway with routes was read, and no Proxy");
  }

  /** Faults that belong to no resource become no status, so the log is where they are told. */
  #tellSourceReports(): void {
    const reports = this.#reports().filter(({ ref }) => isSourceRef(ref));
    const text = JSON.stringify(reports);
    if (text === this.#told) return;
    this.#told = text;
    for (const { code, message, location } of reports) {
      this.#logger.warn(message, { code, ...(location ? { file: location.file, line: location.line } : {}) });
    }
  }
}

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
