import { isLocal, parseAddress } from "../../address/mod.ts";
import type { Spec } from "../../api/mod.ts";
import { EventLoop } from "../../event_loop/mod.ts";
import { plugins } from "../../plugins/mod.ts";
import { makeReport, type Report, secretRedactor, SOURCE_REF } from "../../report/mod.ts";
import { createSchema, type Schema } from "../../schema/mod.ts";
import {
  type AdminServer,
  type AdminSources,
  startAdminServer,
  UNKNOWN_ROLE,
  type WebhookServer,
} from "../../server/mod.ts";
import type { ApiSnapshot } from "../../snapshot/mod.ts";
import { type Memory, TranslatorSyncer } from "../../syncer/mod.ts";
import { type Clock, type Logger, measureStalls, type Metrics } from "../../telemetry/mod.ts";
import { createFileStatusWriter, type SourceRecords } from "../../watchers/mod.ts";
import type { Copies } from "../../xds_files/mod.ts";
import { configFault, DEFAULT_SETTINGS_NAME, restartKey, type ServeConfig, withSettings } from "../config.ts";
import { parseOneDocument, settingsOf } from "../read_folders.ts";
import { noSettings, settingsFile } from "../settings_file.ts";
import { ClusterSide } from "./cluster_side.ts";
import { conditionOf } from "./condition.ts";
import { copiesOf } from "./copies_of_front.ts";
import { listening } from "./listening.ts";
import { joinedRecords, recordsOf } from "./kept_records.ts";
import { adminPages } from "./pages.ts";
import { SecretMemory } from "./secret_memory.ts";
import { linksOf } from "./links.ts";
import type { Condition } from "./messages.ts";
import { countHolds, refusalsOf } from "./refusals_of_front.ts";
import { createSources, type Sources, sourcesKey } from "./sources.ts";
import { unrecovered } from "./taken_state.ts";
import { ToldReports } from "./told_reports.ts";
import { startWebhook } from "./webhook_side.ts";
import type { XdsFront } from "./xds_front.ts";

/** How long streams may take to end when Sluice does. */
const STOP_GRACE_MS = 1000;

/** How long what Envoys refused before a start is told of those that do not come back. */
const RESTORE_MS = 60_000;

/** Whose records are kept in the state. */
const FILES = "files";
const CLUSTER = "cluster";
const SECRETS = "secrets";

/** What the control plane needs of whoever started it. */
export interface Surroundings {
  /** What the control plane before this one left, where the state folder does not say it. */
  readonly memory?: Memory;
  /** What {@link linksOf} gave before the permissions were computed. Default: what it gives now. */
  readonly links?: string;
  /** There was one before in this process. */
  readonly restarted?: boolean;
  /** The side that Envoys see, which may serve already. */
  readonly front: XdsFront;
  /**
   * Another control plane is wanted, with this configuration and its permissions. It goes on from the state folder, or from
   * this memory where that could not be written.
   */
  restart(config: ServeConfig, memory: Memory | undefined): void;
  /** Takes how this control plane fares, whenever that is another. */
  tell?(condition: Condition): void;
}

/** The rooms, wired together: watchers, Emitter, event loop, syncer, and the cache and servers. */
export class ControlPlane {
  readonly #config: ServeConfig;
  readonly #surroundings: Surroundings;
  readonly #front: XdsFront;
  readonly #clock: Clock;
  readonly #logger: Logger;
  readonly #metrics: Metrics;
  readonly #schema: Schema = createSchema(plugins, { parseText: parseOneDocument });
  readonly #syncer: TranslatorSyncer;
  readonly #loop: EventLoop;
  readonly #ended = new AbortController();
  #settings: Spec<"Settings"> = {};
  readonly #cluster: ClusterSide | undefined;
  #sources: Sources | undefined;
  #sourcesEnded = new AbortController();
  #following: Promise<void> = Promise.resolve();
  #looping: Promise<void> = Promise.resolve();
  #electing: Promise<void> | undefined;
  #admin: AdminServer | undefined;
  #webhook: WebhookServer | undefined;
  readonly #isLeader = (): boolean => this.#cluster?.leads ?? false;
  #copies: Copies | undefined;
  #ready = false;
  #syncedAt = 0;
  #hadSettings = false;
  readonly #settingsKnown = Promise.withResolvers<void>();
  #restarting = false;
  /** Why there is nothing to start with. */
  #problem: string | undefined;
  #settingsFault: readonly Report[] = [];
  readonly #told = new ToldReports();
  #unrecovered: readonly Report[] = [];
  readonly #secrets = new SecretMemory();
  readonly #links: string;
  #endMeasuring = () => {};
  #endRestore = () => {};

  constructor(surroundings: Surroundings) {
    const { config, clock, logger, metrics, cache, state } = this.#front = surroundings.front;
    this.#config = config;
    this.#surroundings = surroundings;
    this.#clock = clock;
    this.#logger = logger;
    this.#metrics = metrics;
    surroundings.front.hide = (text) => String(secretRedactor(this.#secrets.all())("", text));
    this.#links = surroundings.links ?? linksOf(config);
    const { link } = surroundings.front;
    if (link) {
      this.#cluster = new ClusterSide({
        ...{ config, api: link, decode: this.#schema.decode, clock, logger, metrics },
        former: recordsOf(CLUSTER, state.source),
        onChange: () => this.#clusterChanged(),
        onLeads: () => this.#front.certificates?.follow(this.#isLeader),
      });
    }
    this.#syncer = new TranslatorSyncer({
      cache,
      plugins,
      settingsOf: () => this.#settings,
      writeNamespace: config.writeNamespace,
      memory: async () => surroundings.memory ?? await state.memory(),
      beforeServing: (memory) => {
        state.record(memory, this.#records(), this.#settings);
        this.#front.certificates?.follow(this.#isLeader, memory.served.keys());
      },
      sourceReports: () => this.#reports(),
      refusals: () => refusalsOf(this.#front),
      locate: (id, path) => this.#sources?.locate(id, path),
      statusWriters: [
        ...this.#cluster?.statusWriters ?? [],
        createFileStatusWriter(
          `${config.stateDir}/status`,
          config.writeNamespace,
          (path, error) => this.#logger.error("a status could not be written", { path, error: String(error) }),
        ),
      ],
      ...{ clock, logger, metrics },
    });
    const condition = { name: "condition", sync: (snapshot: ApiSnapshot) => this.#synced(snapshot) };
    this.#loop = new EventLoop({ syncers: [this.#syncer, condition], clock, logger, metrics });
  }

  /**
   * Resolves when both servers listen, or another control plane is to be started in place of this one. Rejects where a
   * server cannot listen, or where Gloo's mode finds no Settings. Where nothing is served from the state, xDS waits for the
   * first Settings, as they may want another address.
   */
  async start(): Promise<void> {
    const { state, address } = this.#front;
    this.#secrets.follow(recordsOf(SECRETS, state.source));
    if (address) await this.#listen();
    if (this.#ended.signal.aborted) return;
    // Whatever it waits for, it says that it lives.
    if (this.#cluster) this.#admin ??= await this.#startAdmin();
    const settings = await this.#cluster?.settings(this.#ended.signal, state.servesFrom !== undefined) ?? {};
    if (this.#ended.signal.aborted) return;
    const former = recordsOf(FILES, state.source);
    this.#follow(createSources({ ...this.#shared(), config: this.#config, settings, former }));
    this.#electing = this.#cluster?.run(this.#ended.signal);
    if (!isLocal(parseAddress(this.#config.adminAddress)!)) {
      this.#logger.warn("the admin pages can be reached from other machines, and ask nobody who he is");
    }
    this.#copies = copiesOf(this.#front);
    this.#looping = this.#loop.run(this.#ended.signal);
    if (this.#config.measureStalls) this.#endMeasuring = measureStalls(this.#clock, this.#metrics);
    void this.#loop.ready.then(() => this.#becomeReady());
    if (address) return;
    this.#admin ??= await this.#startAdmin();
    await this.#settingsKnown.promise;
    if (this.#problem !== undefined) throw new Error(this.#problem);
    if (this.#restarting || this.#ended.signal.aborted) return;
    await this.#listen();
  }

  async #listen(): Promise<void> {
    await this.#front.listen();
    this.#admin ??= await this.#startAdmin();
    this.#webhook ??= await startWebhook({
      ...{ config: this.#config, syncer: this.#syncer, decode: this.#schema.decode },
      namespaces: () => this.#cluster?.namespaces(this.#settings),
      certificates: this.#front.certificates,
      ...{ clock: this.#clock, logger: this.#logger, metrics: this.#metrics },
    });
    this.#logger.info("sluice serves", this.addresses);
    this.#tellCondition();
  }

  async #startAdmin(): Promise<AdminServer> {
    const address = this.#config.adminAddress;
    const where = { what: "the admin server", flag: "--admin-address", address };
    return await listening(where, () => startAdminServer(address, this.#pages()));
  }

  #pages(): AdminSources {
    return adminPages({
      ready: () => this.#readiness(),
      metrics: this.#metrics,
      cache: this.#front.cache,
      syncer: this.#syncer,
      snapshot: () => this.#sources?.emitter.current,
      sourceReports: () => [...this.#reports(), ...this.#front.state.reports()],
      secrets: () => this.#secrets.all(),
      clients: () => this.#front.clients(),
      locate: (id, path) => this.#sources?.locate(id, path),
    });
  }

  /** Where both servers listen, once they do. */
  get addresses(): { readonly xds: string; readonly admin: string } {
    return { xds: this.#front.address ?? "", admin: this.#admin?.address ?? "" };
  }

  /** Compares every file with what is known of it, now and not at the next sweep; a cluster tells of every change by itself. */
  async look(): Promise<void> {
    await this.#sources?.files?.rescan?.();
    this.#logger.info("every source was looked at");
  }

  /** Ends streams and servers; what was being written is written. */
  async stop(): Promise<void> {
    this.#ended.abort();
    this.#sourcesEnded.abort();
    this.#settingsKnown.resolve();
    this.#endMeasuring();
    this.#endRestore();
    const cancel = this.#cluster?.stopLate();
    await Promise.all([
      this.#front.close(STOP_GRACE_MS),
      this.#admin?.close(),
      this.#webhook?.close(),
      this.#following,
      this.#looping,
    ]);
    await Promise.all([this.#electing, this.#syncer.statusesWritten(), this.#copies?.stop(), this.#front.state.stop()]);
    await this.#cluster?.stop();
    cancel?.();
    this.#front.link?.close();
    this.#logger.info("sluice has stopped");
  }

  #shared() {
    return {
      decode: this.#schema.decode,
      cluster: this.#cluster,
      // What is served from the state is better than what a cluster of which a kind is not known yet would come to.
      patient: this.#cluster !== undefined && this.#front.state.servesFrom !== undefined,
      ...{ clock: this.#clock, logger: this.#logger, metrics: this.#metrics },
    };
  }

  #clusterChanged(): void {
    const snapshot = this.#sources?.emitter.current;
    if (snapshot && !this.#ended.signal.aborted) this.#take(snapshot, undefined);
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
    this.#told.tell(this.#reports(), this.#logger);
    this.#secrets.see(snapshot);
    if (this.#refuses(snapshot)) return true;
    const settings = settingsOf(snapshot, this.#config.namespace);
    const config = this.#configWith(settings);
    if (restartKey(config) !== restartKey(this.#config) || linksOf(config) !== this.#links) {
      if (!this.#restarting) {
        const memory = this.#syncer.memory ?? this.#surroundings.memory;
        this.#surroundings.restart(config, this.#front.state.isUpToDate ? undefined : memory);
      }
      this.#restarting = true;
      this.#settingsKnown.resolve();
      return true;
    }
    this.#settingsKnown.resolve();
    this.#settings = settings;
    this.#front.use(settings);
    this.#cluster?.use(settings);
    this.#cluster?.see(snapshot, settings);
    const sources = this.#sources!;
    if (sourcesKey(settings, this.#cluster) !== sources.key) {
      this.#follow(createSources({ ...this.#shared(), config, settings, after: { sources, snapshot } }));
      return true;
    }
    return this.#loop.offer(snapshot, since);
  }

  #records(): SourceRecords {
    return joinedRecords({
      [FILES]: this.#sources?.files?.records,
      [CLUSTER]: this.#cluster?.records,
      [SECRETS]: this.#secrets,
    });
  }

  /**
   * Gloo's mode starts with Settings or not at all: they say where everything is. Without them what the state holds is served
   * on. Later ones may be as they like.
   */
  #refuses(snapshot: ApiSnapshot): boolean {
    const { settingsDir, namespace } = this.#config;
    if (settingsDir === undefined || this.#surroundings.restarted || this.#hadSettings) return false;
    this.#hadSettings = snapshot.get("Settings", { namespace, name: DEFAULT_SETTINGS_NAME }) !== undefined;
    if (this.#hadSettings) return false;
    const problem = noSettings(settingsDir, namespace, this.#reports());
    if (!this.#front.state.servesFrom) this.#problem = problem;
    else {
      // There is no sync and no status of Settings: it is told of their file.
      const report = makeReport(
        "error",
        "SLUICE-1502",
        SOURCE_REF,
        "",
        `Sluice serves what it served last: ${problem}`,
      );
      this.#settingsFault = [{ ...report, location: { file: settingsFile(settingsDir, namespace) } }];
      this.#told.tell(this.#reports(), this.#logger);
    }
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
    const others = [...this.#settingsFault, ...this.#unrecovered, ...this.#cluster?.reports() ?? []];
    return [...this.#sources?.reports() ?? [], ...others];
  }

  #synced(snapshot: ApiSnapshot): Promise<void> {
    if (this.#syncer.synced?.snapshot === snapshot) this.#syncedAt = this.#clock.now();
    return Promise.resolve(this.#tellCondition());
  }

  #tellCondition(): void {
    const synced = { ready: this.#ready, at: this.#syncedAt, statuses: this.#syncer.statuses };
    this.#surroundings.tell?.(conditionOf(this.#front, synced, this.#reports(), this.addresses.admin));
  }

  /** An Envoy that comes now is served, if only what was served last. */
  #readiness(): string | undefined {
    const from = this.#front.state.servesFrom;
    if (this.#ready) return "ready";
    return from && `ready: serving the state of ${from.toISOString()}; the first sync is not done`;
  }

  /** Statuses are made by syncs. Where nothing else changed, one costs next to nothing. */
  #tellRefusals(): void {
    countHolds(this.#front);
    const snapshot = this.#sources?.emitter.current;
    if (snapshot && this.#ready) this.#loop.offer(snapshot);
  }

  #becomeReady(): void {
    this.#ready = true;
    const { state, cache, refusals } = this.#front;
    state.synced();
    cache.openFallback();
    refusals.follow(() => this.#tellRefusals());
    if (refusals.present().length > 0) this.#tellRefusals();
    this.#unrecovered = unrecovered(this.#front.takenState, this.#syncer.statuses);
    this.#told.tell(this.#reports(), this.#logger);
    this.#endRestore = this.#clock.setTimeout(() => refusals.endRestore(), RESTORE_MS);
    this.#tellCondition();
    const roles = cache.roles();
    // Those that came before the roles were known could not be told then.
    for (const { nodeId, role, peer, known } of this.#front.clients()) {
      if (!known) this.#logger.warn(UNKNOWN_ROLE, { node: nodeId, role, peer, roles });
    }
    if (roles.length > 0) this.#logger.info("ready", { roles });
    else this.#logger.warn("ready, but nothing is served: no Gateway with routes was read, and no Proxy");
  }
}
