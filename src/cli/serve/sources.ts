import { ALL_KINDS, type ResourceId, type Spec } from "../../api/mod.ts";
import type { DecodeResource, Location, Report } from "../../report/mod.ts";
import { type ApiSnapshot, Emitter } from "../../snapshot/mod.ts";
import type { Clock, Logger, Metrics } from "../../telemetry/mod.ts";
import { createDirectoryClient, type FormerRecords, type ResourceClient } from "../../watchers/mod.ts";
import type { ServeConfig } from "../config.ts";
import { directoryRoots, watchedNamespaces } from "../roots.ts";
import type { ClusterSide } from "./cluster_side.ts";
import { optionalMs } from "./optional_ms.ts";

/** Where the ApiSnapshots of one configuration come from; made anew when Settings want other sources. */
export interface Sources {
  readonly emitter: Emitter;
  readonly files: ResourceClient | undefined;
  /** Equal for Settings that need the same sources. */
  readonly key: string;
  locate(id: ResourceId, path: string): Location | undefined;
  reports(): readonly Report[];
}

export interface SourcesOptions {
  readonly cluster?: ClusterSide;
  /** Nothing is emitted before all clients have listed, however late: something better is served meanwhile. */
  readonly patient?: boolean;
  readonly config: ServeConfig;
  readonly settings: Spec<"Settings">;
  readonly decode: DecodeResource;
  /** What the sources of the last process kept. */
  readonly former?: FormerRecords;
  /** What these sources follow. */
  readonly after?: { readonly sources: Sources; readonly snapshot: ApiSnapshot };
  readonly clock: Clock;
  readonly logger: Logger;
  readonly metrics: Metrics;
}

/** What of Settings (and of the cluster's namespaces) decides the sources, as text. */
export function sourcesKey(settings: Spec<"Settings">, cluster?: ClusterSide): string {
  const { watchNamespaces = [], sluice, discovery, upstreamOptions } = settings;
  const { discoveredUpstreams } = sluice ?? {};
  return JSON.stringify([
    watchNamespaces,
    sluice?.settleTime,
    sluice?.firstListTimeout,
    cluster && [
      cluster.namespaces(settings),
      cluster.kinds(settings),
      [discovery?.udsOptions, upstreamOptions?.globalAnnotations, discoveredUpstreams],
    ],
  ]);
}

/** The clients of files and of the cluster, and the Emitter over them. Folders are fixed: a change of those is another Worker's. */
export function createSources(options: SourcesOptions): Sources {
  const { config, settings, after, cluster, patient, clock, logger, metrics } = options;
  // The same client goes on, so that what it holds at its last good form is held on when Settings change.
  const files = after?.sources.files ?? fileClient(options);
  const emitter = new Emitter({
    clients: [...(files ? [files] : []), ...cluster?.clients(settings) ?? []],
    interest: {
      kinds: cluster?.kinds(settings) ?? ALL_KINDS,
      namespaces: cluster ? cluster.namespaces(settings) : watchedNamespaces(config.writeNamespace, settings),
    },
    settleMs: optionalMs(settings.sluice?.settleTime),
    firstListTimeoutMs: patient ? Infinity : optionalMs(settings.sluice?.firstListTimeout),
    after: after?.snapshot,
    clock,
    logger,
    metrics,
  });
  return {
    emitter,
    files,
    key: sourcesKey(settings, cluster),
    locate: (id, path) => files?.locate?.(id, path),
    reports: () => emitter.reports(),
  };
}

function fileClient({ config, decode, former, clock }: SourcesOptions): ResourceClient | undefined {
  const roots = directoryRoots(config);
  if (roots.length === 0) return undefined;
  return createDirectoryClient({ roots, decode, defaultNamespace: config.writeNamespace, former, clock });
}
