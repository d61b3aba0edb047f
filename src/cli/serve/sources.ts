import { ALL_KINDS, type ResourceId, type Spec } from "../../api/mod.ts";
import type { DecodeResource, Location, Report } from "../../report/mod.ts";
import { type ApiSnapshot, Emitter } from "../../snapshot/mod.ts";
import type { Clock, Logger, Metrics } from "../../telemetry/mod.ts";
import { createDirectoryClient, type FormerRecords, type ResourceClient } from "../../watchers/mod.ts";
import type { ServeConfig } from "../config.ts";
import { directoryRoots, watchedNamespaces } from "../roots.ts";
import { optionalMs } from "./optional_ms.ts";

/** Where the ApiSnapshots of one configuration come from; made anew when Settings want other sources. */
export interface Sources {
  readonly emitter: Emitter;
  readonly client: ResourceClient;
  /** Equal for Settings that need the same sources. */
  readonly key: string;
  locate(id: ResourceId, path: string): Location | undefined;
  reports(): readonly Report[];
}

export interface SourcesOptions {
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

/** What of Settings decides the sources, as text. */
export function sourcesKey({ watchNamespaces = [], sluice }: Spec<"Settings">): string {
  return JSON.stringify([watchNamespaces, sluice?.settleTime, sluice?.firstListTimeout]);
}

/** A directory client and the Emitter over it. Folders and namespace are fixed: a change of those is another Worker's. */
export function createSources(options: SourcesOptions): Sources {
  const { config, settings, decode, former, after, clock, logger, metrics } = options;
  // The same client goes on, so that what it holds at its last good form is held on when Settings change.
  const client = after?.sources.client ??
    createDirectoryClient({
      roots: directoryRoots(config),
      decode,
      defaultNamespace: config.writeNamespace,
      former,
      clock,
    });
  const emitter = new Emitter({
    clients: [client],
    interest: { kinds: ALL_KINDS, namespaces: watchedNamespaces(config.writeNamespace, settings) },
    settleMs: optionalMs(settings.sluice?.settleTime),
    firstListTimeoutMs: optionalMs(settings.sluice?.firstListTimeout),
    after: after?.snapshot,
    clock,
    logger,
    metrics,
  });
  return {
    emitter,
    client,
    key: sourcesKey(settings),
    locate: (id, path) => client.locate?.(id, path),
    reports: () => emitter.reports(),
  };
}
