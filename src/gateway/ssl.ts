import { idKey, idOf, type ProxySslConfig, type Resource, type Spec, type SslConfig } from "../api/mod.ts";
import { fillGaps, isAbsent, stableText } from "./merge.ts";
import { type OptionSource, provenance, sourceOf } from "./provenance.ts";

/**
 * An ssl config as it stands in a Proxy: a secret without namespace is looked for beside its holder, and `metadataStatic`
 * says whose it is.
 */
export function proxySsl(owner: Resource, path: string, config: SslConfig): ProxySslConfig {
  const { secretRef } = config;
  const settled = secretRef?.name && !secretRef.namespace
    ? { secretRef: { ...secretRef, namespace: owner.metadata.namespace } }
    : {};
  const metadataStatic = provenance(`${idKey(idOf(owner))}#ssl`, [sourceOf(owner, path)]);
  return { ...config, ...settled, metadataStatic };
}

/** The ssl config of a VirtualService; `oneWayTls` defaults to `gateway.virtualServiceOptions.oneWayTls` of Settings. */
export function virtualServiceSsl(
  virtualService: Resource<"VirtualService">,
  settings: Spec<"Settings">,
): ProxySslConfig | undefined {
  const { sslConfig } = virtualService.spec;
  if (!sslConfig) return undefined;
  const oneWayTls = settings.gateway?.virtualServiceOptions?.oneWayTls;
  const config = sslConfig.oneWayTls === undefined && oneWayTls !== undefined ? { ...sslConfig, oneWayTls } : sslConfig;
  return proxySsl(virtualService, "sslConfig", config);
}

/** `nearer` with the fields that only `farther` sets; the owner stays that of `nearer`. */
export function mergeSsl(nearer: ProxySslConfig, farther: ProxySslConfig | undefined): ProxySslConfig {
  if (!farther) return nearer;
  const { metadataStatic: near, ...own } = nearer;
  const { metadataStatic: far, ...theirs } = farther;
  const place = far?.sources?.[0];
  const optionSources: Record<string, OptionSource> = { ...near?.optionSources };
  for (const field of Object.keys(theirs)) {
    if (!isAbsent(own, field)) continue;
    const { resourceRef, resourceKind, path } = far?.optionSources?.[field] ?? place ?? {};
    optionSources[field] = { resourceRef, resourceKind, path };
  }
  const sources = [...near?.sources ?? [], ...far?.sources ?? []];
  return { ...fillGaps(own, theirs), metadataStatic: provenance(near?.key ?? "", sources, optionSources) };
}

/** What tells ssl configs apart when only their SNI domains may differ (Gloo puts such into one filter chain). */
export function certificateText({ sniDomains: _, metadataStatic: __, ...rest }: ProxySslConfig): string {
  return stableText(rest);
}

/** One config for configs that differ in SNI domains only: for all of these, for every name if one has none. */
export function uniteSsl(configs: readonly [ProxySslConfig, ...ProxySslConfig[]]): ProxySslConfig {
  const [first, ...others] = configs;
  if (others.length === 0) return first;
  const { sniDomains: _, ...rest } = first;
  const everyName = configs.some(({ sniDomains }) => !sniDomains?.length);
  const names = [...new Set(configs.flatMap(({ sniDomains }) => sniDomains ?? []))];
  const sources = configs.flatMap(({ metadataStatic }) => metadataStatic?.sources ?? []);
  const { key = "", optionSources } = first.metadataStatic ?? {};
  return {
    ...rest,
    ...(everyName ? {} : { sniDomains: names }),
    metadataStatic: provenance(key, sources, optionSources),
  };
}
