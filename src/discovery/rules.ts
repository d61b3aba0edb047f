import type { ResourceId, Spec } from "../api/mod.ts";
import { SOURCE_REF } from "../report/mod.ts";
import type { DecodeResource, Report } from "../report/mod.ts";
import { ANNOTATIONS, annotationSet, switchOf } from "./annotations.ts";
import { readUpstreamConfig, type UpstreamConfig } from "./upstream_config.ts";

export interface DiscoveryOptions {
  readonly settings: Spec<"Settings">;
  /** Whose faults those in Settings are. Default: nobody's, so that they are told without a resource. */
  readonly settingsId?: ResourceId;
  /** Namespace of discovered Upstreams. */
  readonly writeNamespace: string;
  /** Decodes an Upstream with the options of all plugins. */
  readonly decode: DecodeResource;
}

/** How Services become Upstreams: what Settings say, read once. */
export interface DiscoveryRules {
  readonly writeNamespace: string;
  readonly decode: DecodeResource;
  /** `discovery.udsOptions.enabled`. */
  readonly enabled: boolean;
  /** `discovery.udsOptions.watchLabels`: only Services with these. */
  readonly watchLabels: Readonly<Record<string, string>>;
  /** Of annotations that count for every Service without its own. */
  readonly defaults: { readonly http2?: boolean; readonly config?: UpstreamConfig };
  /** What is wrong in Settings. */
  readonly reports: readonly Report[];
}

const GLOBAL: ReadonlySet<string> = new Set<string>([
  ANNOTATIONS.http2,
  ANNOTATIONS.upstreamConfig,
  ANNOTATIONS.deepMerge,
]);

export function discoveryRules(options: DiscoveryOptions): DiscoveryRules {
  const { settings, settingsId = SOURCE_REF, writeNamespace, decode } = options;
  const { enabled = true, watchLabels = {} } = settings.discovery?.udsOptions ?? {};
  const annotations = settings.upstreamOptions?.globalAnnotations;
  const reports: Report[] = [];
  const set = annotationSet(annotations, settingsId, "upstreamOptions.globalAnnotations", reports);
  for (const name of Object.values(ANNOTATIONS)) {
    if (GLOBAL.has(name) || set.get(name) === undefined) continue;
    set.idle(
      name,
      `this has no effect for all Services at once; of global annotations ${[...GLOBAL].join(", ")} count`,
    );
  }
  const defaults = { http2: switchOf(set, ANNOTATIONS.http2), config: readUpstreamConfig(set, decode) };
  return { writeNamespace, decode, enabled, watchLabels, defaults, reports };
}
