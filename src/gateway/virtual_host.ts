import {
  idKey,
  idOf,
  type Lookup,
  type ProxyVirtualHost,
  type Resource,
  type Spec,
  type VirtualHost,
} from "../api/mod.ts";
import { makeReport, type Report } from "../report/mod.ts";
import { translateRoutes } from "./delegation.ts";
import { virtualHostName } from "./names.ts";
import { delegatedOptions } from "./options.ts";
import { provenance, sourceOf } from "./provenance.ts";
import { shadowedRoutes } from "./shadowing.ts";

/** All that the translation of one VirtualService depends on; no other VirtualService is part of it. */
export interface VirtualServiceInput {
  readonly virtualService: Resource<"VirtualService">;
  /** Names of the Gateway that it joins and of the proxy: part of the names of its routes. */
  readonly gateway: string;
  readonly proxy: string;
  /** Whether routes that an earlier one hides are told: {@link warnsOfShadowing}. */
  readonly warnsOfShadowing: boolean;
  readonly lookup: Lookup;
}

/** A VirtualService with its delegation tree as a virtual host, with all domains it asks for; no host without any. */
export interface VirtualServiceResult {
  readonly virtualHost?: ProxyVirtualHost;
  readonly reports: readonly Report[];
}

/**
 * Translates one VirtualService. Without a `virtualHost` (a warning, as in Gloo) or with nothing but empty domains it
 * becomes nothing. Whether other VirtualServices hold its domains is settled afterwards (domains.ts).
 */
export function translateVirtualService(input: VirtualServiceInput): VirtualServiceResult {
  const { virtualService, gateway, proxy, lookup } = input;
  const id = idOf(virtualService);
  const { virtualHost } = virtualService.spec;
  if (!virtualHost) {
    const text = "the VirtualService has no virtualHost; nothing is served from it";
    return { reports: [makeReport("warning", "SLUICE-1210", id, "virtualHost", text)] };
  }
  const reports: Report[] = [];
  const domains = ownDomains(virtualService, virtualHost, reports);
  const { optionsConfigRefs: refs, options: own } = virtualHost;
  const path = "virtualHost";
  const resolved = delegatedOptions(
    { owner: virtualService, path, own, refs, kind: "VirtualHostOption" },
    lookup,
    (code, at, text) => reports.push(makeReport("warning", code, id, at, text)),
  );
  const { routes, reports: routeReports } = translateRoutes({
    virtualService,
    virtualHostOptions: resolved.options,
    gateway,
    proxy,
    lookup,
  });
  reports.push(...routeReports);
  if (input.warnsOfShadowing) reports.push(...shadowedRoutes(virtualService, routes));
  if (domains.length === 0) return { reports };
  return {
    virtualHost: {
      name: virtualHostName(virtualService.metadata),
      domains,
      routes,
      ...(Object.keys(resolved.options).length > 0 ? { options: resolved.options } : {}),
      metadataStatic: provenance(idKey(id), [sourceOf(virtualService, path)], resolved.sources),
    },
    reports,
  };
}

/** The domains written, each once; `*` where none is written. Envoy matches without regard to case. */
function ownDomains(owner: Resource<"VirtualService">, { domains = [] }: VirtualHost, reports: Report[]): string[] {
  if (domains.length === 0) return ["*"];
  const kept: string[] = [];
  const seen = new Set<string>();
  domains.forEach((domain, i) => {
    const at = `virtualHost.domains[${i}]`;
    if (domain === "") {
      const text = "a domain may not be empty; for every domain write * or leave domains out";
      reports.push(makeReport("error", "SLUICE-1212", idOf(owner), at, text));
    } else if (seen.has(domain.toLowerCase())) {
      const text = `domain ${JSON.stringify(domain)} is written twice; once is enough`;
      reports.push(makeReport("error", "SLUICE-1213", idOf(owner), at, text));
    } else {
      seen.add(domain.toLowerCase());
      kept.push(domain);
    }
  });
  return kept;
}

/** Gloo's `gateway.validation.warnRouteShortCircuiting`, off by default. */
export function warnsOfShadowing({ gateway }: Spec<"Settings">): boolean {
  const validation = gateway?.validation;
  return typeof validation === "object" && validation !== null &&
    (validation as { readonly warnRouteShortCircuiting?: unknown }).warnRouteShortCircuiting === true;
}
