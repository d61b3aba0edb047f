import type { Spec } from "../../api/mod.ts";
import {
  createUpstreamDiscovery,
  DiscoveryWriter,
  type UpstreamDiscovery,
  type UpstreamObject,
  upstreamWrites,
} from "../../discovery/mod.ts";
import {
  type ApiClient,
  APPLY,
  isConflict,
  isNotFound,
  type KubeObject,
  type ObjectChange,
  Reflector,
} from "../../kubernetes/mod.ts";
import type { DecodeResource, Report } from "../../report/mod.ts";
import type { Clock, Logger } from "../../telemetry/mod.ts";
import { objectsPath, type ResourceClient, watchedKind } from "../../watchers/mod.ts";
import { DEFAULT_SETTINGS_NAME } from "../config.ts";

export interface DiscoverySideOptions {
  readonly api: ApiClient;
  /** Gives Services; for this one alone. */
  readonly services: () => ResourceClient;
  readonly decode: DecodeResource;
  readonly namespace: string;
  readonly writeNamespace: string;
  readonly isLeader: () => boolean;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** Of Settings, what discovery goes by. */
type DiscoverySettings = Pick<Spec<"Settings">, "discovery" | "upstreamOptions" | "sluice" | "kubernetes">;

/** Upstream discovery in a cluster: the client of discovered Upstreams and, where Settings want them as objects, their writer. */
export class DiscoverySide {
  readonly #options: DiscoverySideOptions;
  #key: string | undefined;
  #discovery: UpstreamDiscovery | undefined;
  #namespaces: readonly string[] | undefined;
  #objects: DiscoveredObjects | undefined;

  constructor(options: DiscoverySideOptions) {
    this.#options = options;
  }

  /** The client for these Settings: the same one for as long as they say the same. */
  client(settings: DiscoverySettings, namespaces: readonly string[] | undefined): ResourceClient {
    const { discovery, upstreamOptions, sluice, kubernetes } = settings;
    const key = JSON.stringify([discovery?.udsOptions, upstreamOptions?.globalAnnotations]);
    this.#namespaces = namespaces;
    if (key !== this.#key) {
      this.#key = key;
      const { services, decode, namespace, writeNamespace } = this.#options;
      this.#discovery = createUpstreamDiscovery({
        ...{ services: services(), settings, decode, writeNamespace },
        settingsId: { kind: "Settings", namespace, name: DEFAULT_SETTINGS_NAME },
        onChange: () => this.#objects?.changed(),
      });
    }
    const wanted = sluice?.discoveredUpstreams === "OBJECTS" && discovery?.udsOptions?.enabled !== false;
    if (wanted && !this.#objects) this.#objects = this.#writeObjects(kubernetes?.rateLimits);
    if (!wanted) {
      void this.#objects?.stop();
      this.#objects = undefined;
    }
    return this.#discovery!;
  }

  reports(): readonly Report[] {
    return this.#objects?.reports() ?? [];
  }

  async stop(): Promise<void> {
    await this.#objects?.stop();
  }

  #writeObjects(limits: { readonly QPS?: number; readonly burst?: number } | undefined): DiscoveredObjects {
    const { api, writeNamespace, isLeader, clock, logger } = this.#options;
    return new DiscoveredObjects({
      ...{ api, writeNamespace, isLeader, clock, logger, limits },
      found: () => this.#discovery?.found(),
      namespaces: () => this.#namespaces,
    });
  }
}

interface DiscoveredObjectsOptions {
  readonly api: ApiClient;
  readonly writeNamespace: string;
  readonly isLeader: () => boolean;
  readonly found: () => ReturnType<UpstreamDiscovery["found"]>;
  readonly namespaces: () => readonly string[] | undefined;
  readonly limits: { readonly QPS?: number; readonly burst?: number } | undefined;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** Discovered Upstreams as objects: what there are of them is watched, with who wrote which field, and brought to what was found. */
class DiscoveredObjects {
  readonly #objects = new Map<string, UpstreamObject>();
  readonly #writer: DiscoveryWriter;
  readonly #ended = new AbortController();
  #isListed = false;

  constructor({ api, writeNamespace, isLeader, found, namespaces, limits, clock, logger }: DiscoveredObjectsOptions) {
    this.#writer = new DiscoveryWriter({
      objects: {
        apply: (path, body, fieldManager) =>
          api.request("PATCH", path, { query: { fieldManager, force: "true" }, contentType: APPLY, body }),
        delete: async (path, uid) => {
          try {
            await api.request("DELETE", path, { body: { preconditions: { uid } } });
          } catch (error) {
            if (!isNotFound(error) && !isConflict(error)) throw error;
          }
        },
      },
      plan: () => {
        const now = this.#isListed ? found() : undefined;
        const read = namespaces();
        return now &&
          upstreamWrites({
            found: now,
            objects: this.#objects.values(),
            writeNamespace,
            ...(read && { namespaces: read }),
          });
      },
      ...{ isLeader, clock, logger },
      ...(limits?.QPS && { perSecond: limits.QPS }),
      ...(limits?.burst && { burst: limits.burst }),
    });
    const reflector = new Reflector<UpstreamObject>({
      ...{ api, clock, logger },
      path: objectsPath(watchedKind("Upstream")!, writeNamespace),
      events: {
        take: ({ metadata, spec }: KubeObject) => ({ metadata, spec }) as unknown as UpstreamObject,
        replace: (all) => {
          this.#objects.clear();
          for (const one of all) this.#objects.set(one.metadata.name, one);
          this.#isListed = true;
          this.changed();
        },
        change: (changes: readonly ObjectChange<UpstreamObject>[]) => {
          for (const { gone, object } of changes) {
            if (gone) this.#objects.delete(object.metadata.name);
            else this.#objects.set(object.metadata.name, object);
          }
          this.changed();
        },
        fault: () => {},
      },
    });
    void reflector.run(this.#ended.signal);
  }

  changed(): void {
    this.#writer.changed();
  }

  reports(): readonly Report[] {
    return this.#writer.reports();
  }

  async stop(): Promise<void> {
    this.#ended.abort();
    await this.#writer.stop();
  }
}
