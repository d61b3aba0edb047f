import { idKey, idOf, type ProxyVirtualHost, type Resource, type Spec, type VirtualHost } from "../api/mod.ts";
import type { Revision } from "../incremental/mod.ts";
import { makeReport, type Report } from "../report/mod.ts";
import { type TranslatedRoutes, translateRoutes } from "./delegation.ts";
import { claimantOf, type Member } from "./domains.ts";
import { virtualHostName } from "./names.ts";
import { delegatedOptions, type ResolvedOptions } from "./options.ts";
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
  readonly revision: Revision;
}

/** A VirtualService with its delegation tree as a virtual host, with all domains it asks for; no member without any. */
export interface JoinedVirtualService {
  readonly member?: Member;
  readonly reports: readonly Report[];
}

const NO_REPORTS: readonly Report[] = [];

/**
 * Translates one VirtualService. Without a `virtualHost` (a warning, as in Gloo) or with nothing but empty domains it
 * becomes nothing. Whether other VirtualServices hold its domains is settled afterwards (domains.ts). Yields now and
 * then.
 */
export function* translateVirtualService(input: VirtualServiceInput): Generator<void, JoinedVirtualService> {
  const { virtualService, revision } = input;
  const id = idOf(virtualService);
  const { virtualHost } = virtualService.spec;
  if (!virtualHost) {
    const text = "the VirtualService has no virtualHost; nothing is served from it";
    return { reports: [makeReport("warning", "SLUICE-1210", id, "virtualHost", text)] };
  }
  const told: Report[] = [];
  const domains = ownDomains(virtualService, virtualHost, told);
  const { optionsConfigRefs: refs, options: own } = virtualHost;
  const path = "virtualHost";
  const resolved = delegatedOptions(
    { owner: virtualService, path, own, refs, kind: "VirtualHostOption" },
    revision.lookup,
    (code, at, text) => told.push(makeReport("warning", code, id, at, text)),
  );
  const { routes, reports: routeReports } = yield* routesOf(input, resolved);
  for (const report of routeReports) told.push(report);
  if (input.warnsOfShadowing) told.push(...shadowedRoutes(virtualService, routes));
  const reports = told.length > 0 ? told : NO_REPORTS;
  if (domains.length === 0) return { reports };
  const host: ProxyVirtualHost = {
    name: virtualHostName(virtualService.metadata),
    domains,
    routes,
    ...(Object.keys(resolved.options).length > 0 ? { options: resolved.options } : {}),
    metadataStatic: provenance(idKey(id), [sourceOf(virtualService, path)], resolved.sources),
  };
  return { member: memberOf(virtualService, host, domains), reports };
}

/** With VirtualHostOptions in between, the routes are remembered by themselves: most options are nothing to them. */
function* routesOf(input: VirtualServiceInput, { options }: ResolvedOptions): Generator<void, TranslatedRoutes> {
  const { virtualService, gateway, proxy, revision } = input;
  const { stagedTransformations } = options;
  const make = () => translateRoutes({ virtualService, stagedTransformations, gateway, proxy, revision });
  if (!virtualService.spec.virtualHost?.optionsConfigRefs) return yield* make();
  return yield* revision.table<Resource<"VirtualService">, TranslatedRoutes>("routes", `${proxy} ${gateway}`)
    .recallInSlices(virtualService, [stagedTransformations], make);
}

function memberOf(
  virtualService: Resource<"VirtualService">,
  virtualHost: ProxyVirtualHost,
  written: readonly string[],
): Member {
  const lower = written.map((domain) => domain.toLowerCase());
  const domains = lower.every((domain, i) => domain === written[i]) ? written : lower;
  return { virtualService, virtualHost, claimant: claimantOf(virtualService), domains };
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
