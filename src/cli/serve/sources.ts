import { ALL_KINDS, type ResourceId, type Spec } from "../../api/mod.ts";
import { durationMs } from "../../envoy/mod.ts";
import type { Location, Report } from "../../report/mod.ts";
import type { DecodeResource } from "../../schema/mod.ts";
import { type ApiSnapshot, Emitter } from "../../snapshot/mod.ts";
import type { Clock, Logger, Metrics } from "../../telemetry/mod.ts";
import { createDirectoryClient, type DirectoryRoot, type ResourceClient } from "../../watchers/mod.ts";
import type { Root, ServeConfig } from "../config.ts";

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

/** Directory clients and the Emitter over them. A client with Settings' own folder comes first. */
export function createSources(options: SourcesOptions): Sources {
  const { config, settings, decode, after, clock, logger, metrics } = options;
  const roots = [...settingsRoot(config), ...config.roots.map(directoryRoot)];
  const client: ResourceClient = createDirectoryClient({ roots, decode, defaultNamespace: config.namespace, clock });
  const emitter = new Emitter({
    clients: [client],
    interest: { kinds: ALL_KINDS, namespaces: namespacesOf(config.namespace, settings) },
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

function directoryRoot({ path, kind }: Root): DirectoryRoot {
  return kind ? { path, layout: "one-kind", kind } : { path, layout: "mixed" };
}

function settingsRoot({ settingsDir }: ServeConfig): DirectoryRoot[] {
  return settingsDir === undefined ? [] : [{ path: settingsDir, layout: "one-kind", kind: "Settings" }];
}

/** Gloo: no namespaces means all; the namespace that Sluice writes to is always among them. */
function namespacesOf(own: string, { watchNamespaces = [] }: Spec<"Settings">): string[] | undefined {
  const named = watchNamespaces.filter((namespace) => namespace !== "");
  return named.length === 0 ? undefined : [...new Set([...named, own])];
}

export const optionalMs = (text: string | undefined): number | undefined =>
  text === undefined ? undefined : durationMs(text);
