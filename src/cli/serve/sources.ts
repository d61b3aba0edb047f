import { ALL_KINDS, type AnyResource, type ResourceId, type Spec } from "../../api/mod.ts";
import { durationMs } from "../../envoy/mod.ts";
import type { DecodeResource, Location, Report } from "../../report/mod.ts";
import { type ApiSnapshot, Emitter } from "../../snapshot/mod.ts";
import type { Clock, Logger, Metrics } from "../../telemetry/mod.ts";
import { createDirectoryClient, type ResourceClient } from "../../watchers/mod.ts";
import type { ServeConfig } from "../config.ts";
import { directoryRoots, watchedNamespaces } from "../roots.ts";

/** Where the ApiSnapshots of one configuration come from; made anew when Settings want other sources. */
export interface Sources {
  readonly emitter: Emitter;
  /** Equal for configurations that need the same sources. */
  readonly key: string;
  locate(id: ResourceId, path: string): Location | undefined;
  reports(): readonly Report[];
}

export interface SourcesOptions {
  readonly config: ServeConfig;
  readonly settings: Spec<"Settings">;
  readonly decode: DecodeResource;
  readonly after?: ApiSnapshot;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly metrics: Metrics;
}

/** What of the configuration decides the sources, as text. */
export function sourcesKey({ roots, settingsDir, namespace }: ServeConfig, settings: Spec<"Settings">): string {
  const { watchNamespaces, sluice } = settings;
  const times = [sluice?.settleTime, sluice?.firstListTimeout];
  return JSON.stringify([roots, settingsDir, namespace, watchNamespaces ?? [], times]);
}

/** A directory client and the Emitter over it. */
export function createSources(options: SourcesOptions): Sources {
  const { config, settings, decode, after, clock, logger, metrics } = options;
  const roots = directoryRoots(config);
  const client: ResourceClient = createDirectoryClient({
    roots,
    decode,
    defaultNamespace: config.namespace,
    // What was held at its last good form is held on when Settings change the sources.
    lastGood: ({ kind, namespace, name }) => after?.get(kind, { namespace, name }) as AnyResource | undefined,
    clock,
  });
  const emitter = new Emitter({
    clients: [client],
    interest: { kinds: ALL_KINDS, namespaces: watchedNamespaces(config.namespace, settings) },
    settleMs: optionalMs(settings.sluice?.settleTime),
    firstListTimeoutMs: optionalMs(settings.sluice?.firstListTimeout),
    after,
    clock,
    logger,
    metrics,
  });
  return {
    emitter,
    key: sourcesKey(config, settings),
    locate: (id, path) => client.locate?.(id, path),
    reports: () => emitter.reports(),
  };
}

export const optionalMs = (text: string | undefined): number | undefined =>
  text === undefined ? undefined : durationMs(text);
