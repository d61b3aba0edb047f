import { type Kind, KINDS, refKey, type Resource, type ResourceId, type Spec } from "../../api/mod.ts";
import { type ApiClient, Backoff, isNotFound, type KubeObject, LeaderElection } from "../../kubernetes/mod.ts";
import { ingressStatuses } from "../../ingress/mod.ts";
import { needsPods } from "../../plugins/mod.ts";
import type { DecodeResource, Report, StatusWriter } from "../../report/mod.ts";
import type { ApiSnapshot } from "../../snapshot/mod.ts";
import type { Clock, Logger, Metrics } from "../../telemetry/mod.ts";
import {
  EventWriter,
  type FormerRecords,
  IngressStatusWriter,
  KubeStatusWriter,
  KubeView,
  objectsPath,
  type ResourceClient,
  type SourceRecords,
  WATCHED_KINDS,
  watchedKind,
} from "../../watchers/mod.ts";
import { DEFAULT_SETTINGS_NAME, type ServeConfig } from "../config.ts";
import { SLUICE } from "../manifests/names.ts";
import { watchedNamespaces } from "../roots.ts";
import { DiscoverySide } from "./discovery_side.ts";
import { joinedRecords, recordsOf } from "./kept_records.ts";
import { NamespaceLabels } from "./namespace_labels.ts";

/** How long a start without a state waits for the namespaces that Settings choose; as long as an Emitter for its sources. */
const FIRST_LIST_MS = 30_000;

/** How long what waits for the API server may take when Sluice stops, in milliseconds; one that hangs would take longer. */
const STOP_MS = 3_000;

export interface ClusterSideOptions {
  readonly config: ServeConfig;
  readonly api: ApiClient;
  /** This replica leads now, or does not any more. */
  readonly onLeads: (leads: boolean) => void;
  readonly decode: DecodeResource;
  readonly former?: FormerRecords;
  /** The cluster wants other sources, as its namespaces are others. */
  readonly onChange: () => void;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly metrics: Metrics;
}

/** All that Sluice has to do with a Kubernetes cluster: its objects as sources, their statuses, and who of several writes. */
export class ClusterSide {
  readonly statusWriters: readonly StatusWriter[];
  readonly records: SourceRecords;
  readonly #options: ClusterSideOptions;
  readonly #views: ReadonlyMap<Kind, KubeView>;
  readonly #discovery: DiscoverySide;
  readonly #ingresses: IngressStatusWriter;
  /** What {@link namespaces} gave last. */
  #read: { readonly namespaces: string[] | undefined } | undefined;
  /** Whether labels of Pods are needed; once they are, they stay. */
  #needsPods = false;
  /** What was looked at last. */
  #looked: ReturnType<typeof looked> | undefined;
  readonly #statuses: KubeStatusWriter;
  readonly #events: EventWriter;
  readonly #election: LeaderElection;
  readonly #labels: NamespaceLabels;

  constructor(options: ClusterSideOptions) {
    this.#options = options;
    const { config: { cluster, writeNamespace, namespace }, api, clock, logger, metrics } = options;
    const { identity } = cluster!;
    const statuses = this.#statuses = new KubeStatusWriter({ api, namespace: writeNamespace, clock, logger, metrics });
    const views = new Map(WATCHED_KINDS.map((kind) => [kind, this.#view(kind)]));
    this.#views = views;
    const uidOf = (id: ResourceId) => views.get(id.kind)?.uidOf(refKey(id));
    const events = this.#events = new EventWriter({ api, identity, uidOf, clock, logger });
    this.statusWriters = [statuses, events];
    this.#ingresses = new IngressStatusWriter({ api, clock, logger });
    this.#discovery = new DiscoverySide({
      ...{ api, decode: options.decode, namespace, writeNamespace, clock, logger },
      services: () => views.get("Service")!.share(),
      isLeader: () => this.#election.leads,
    });
    this.records = joinedRecords(Object.fromEntries([...views.values()].map((view) => [view.name, view.records])));
    this.#labels = new NamespaceLabels({ api, onChange: options.onChange, clock, logger });
    this.#election = new LeaderElection({
      ...{ api, namespace, identity, clock, logger },
      name: SLUICE,
      onChange: (leads) => {
        statuses.setLeads(leads);
        events.setLeads(leads);
        this.#ingresses.setLeads(leads);
        options.onLeads(leads);
      },
    });
  }

  /**
   * The Settings in the cluster; `{}` where there are none. Waits for an API server that does not answer, and for the
   * namespaces that Settings choose by their labels: without them all that is theirs would be taken away.
   * @param isPatient Something is served meanwhile: it waits for namespaces for ever, and not {@link FIRST_LIST_MS}.
   */
  async settings(signal: AbortSignal, isPatient: boolean): Promise<Spec<"Settings">> {
    const settings = await this.#readSettings(signal);
    if (settings.watchNamespaceSelectors?.length) {
      await this.#labels.known(signal, isPatient ? Infinity : FIRST_LIST_MS);
    }
    return settings;
  }

  async #readSettings(signal: AbortSignal): Promise<Spec<"Settings">> {
    const { config: { namespace }, decode, clock, logger } = this.#options;
    const backoff = new Backoff(clock);
    const path = `${objectsPath(watchedKind("Settings")!, namespace)}/${DEFAULT_SETTINGS_NAME}`;
    for (let told = ""; !signal.aborted;) {
      try {
        const object = await this.#options.api.request<KubeObject>("GET", path, { signal });
        const { resource } = decode(object, { defaultNamespace: namespace });
        // Those that cannot be read are what they were in the last process, as for every other object.
        const known = resource ?? this.#former("Settings")?.get(refKey({ namespace, name: DEFAULT_SETTINGS_NAME }));
        return (known as Resource<"Settings"> | undefined)?.spec ?? {};
      } catch (error) {
        if (isNotFound(error)) return {};
        const why = error instanceof Error ? error.message : String(error);
        if (why !== told && !signal.aborted) logger.warn(`Settings of the cluster cannot be read now: ${why}`);
        told = why;
        await backoff.wait(signal);
      }
    }
    return {};
  }

  /** Goes by these Settings from now on. */
  use({ kubernetes }: Spec<"Settings">): void {
    this.#statuses.limit(kubernetes?.rateLimits?.QPS, kubernetes?.rateLimits?.burst);
  }

  /** Namespaces to read; undefined means all. Those of before, until it is known which have the labels that Settings want. */
  namespaces(settings: Spec<"Settings">): string[] | undefined {
    const { watchNamespaces = [], watchNamespaceSelectors = [] } = settings;
    const own = this.#options.config.writeNamespace;
    const chosen = this.#labels.chosen(watchNamespaceSelectors);
    if (!chosen && this.#read) return this.#read.namespaces;
    const named = watchNamespaceSelectors.length === 0 ? watchNamespaces : [...watchNamespaces, ...chosen ?? [], own];
    const namespaces = watchedNamespaces(own, { watchNamespaces: named });
    this.#read = { namespaces };
    return namespaces;
  }

  /** Kinds to read. */
  kinds({ sluice }: Spec<"Settings">): readonly Kind[] {
    const without = new Set<Kind>();
    if (!this.#needsPods) without.add("Pod");
    if (sluice?.ingress?.enabled === false) without.add("Ingress").add("IngressClass");
    return WATCHED_KINDS.filter((kind) => !without.has(kind));
  }

  /** The clients of all kinds, and that of discovered Upstreams, which gives way to them. */
  clients(settings: Spec<"Settings">): readonly ResourceClient[] {
    return [...this.#views.values(), this.#discovery.client(settings, this.namespaces(settings))];
  }

  /** What cannot be written, and namespaces that cannot be read. */
  reports(): readonly Report[] {
    return [...this.#labels.reports(), ...this.#discovery.reports()];
  }

  /** Looks at an ApiSnapshot before it is synced: what else is needed of the cluster, and what Ingresses are to show. */
  see(snapshot: ApiSnapshot, settings: Spec<"Settings">): void {
    const now = looked(snapshot, settings);
    const before = this.#looked;
    this.#looked = now;
    const newServices = now.services !== before?.services;
    if (!this.#needsPods && (newServices || now.upstreams !== before?.upstreams)) {
      this.#needsPods = needsPods(snapshot.list("Upstream"), snapshot);
    }
    const newIngresses = now.ingresses !== before?.ingresses || now.classes !== before?.classes;
    if (newServices || newIngresses || now.settings !== before?.settings) {
      this.#ingresses.want(ingressStatuses(snapshot, settings, this.#options.config.writeNamespace));
    }
  }

  get leads(): boolean {
    return this.#election.leads;
  }

  /** Takes part in the election, until `signal` is aborted. */
  async run(signal: AbortSignal): Promise<void> {
    await this.#election.run(signal);
  }

  /** Begins to stop: what still waits for the API server after {@link STOP_MS} ends without it. Gives what cancels that. */
  stopLate(): () => void {
    return this.#options.clock.setTimeout(() => {
      void this.stop();
      this.#options.api.close();
    }, STOP_MS);
  }

  /** Resolves when what is being written is. May be called again. */
  async stop(): Promise<void> {
    for (const view of this.#views.values()) view.close();
    this.#labels.close();
    await Promise.all([this.#statuses, this.#events, this.#ingresses, this.#discovery].map((one) => one.stop()));
  }

  #view(kind: Kind): KubeView {
    const { config, decode, clock, logger } = this.#options;
    const found = watchedKind(kind)!;
    const id = ({ namespace, name }: { namespace: string; name: string }): ResourceId => ({ kind, namespace, name });
    return new KubeView({
      ...{ kind: found, api: this.#options.api, decode, clock, logger },
      // They say which namespaces are read, and are found wherever these are.
      ...(kind === "Settings" && { only: config.namespace }),
      former: this.#former(kind),
      onObject: (_, entry) => {
        this.#statuses.seen(id(entry), entry.uid, entry.status);
        if (kind === "Ingress") this.#ingresses.seen(id(entry), entry.status);
      },
      onGone: (_, entry) => {
        this.#statuses.gone(id(entry));
        if (kind === "Ingress") this.#ingresses.gone(id(entry));
      },
    });
  }

  #former(kind: Kind): FormerRecords | undefined {
    return recordsOf(`kube:${KINDS[kind].plural}`, this.#options.former);
  }
}

/** What {@link ClusterSide.see} goes by. */
function looked(snapshot: ApiSnapshot, settings: Spec<"Settings">) {
  return {
    upstreams: snapshot.map("Upstream"),
    services: snapshot.map("Service"),
    ingresses: snapshot.map("Ingress"),
    classes: snapshot.map("IngressClass"),
    settings,
  };
}
