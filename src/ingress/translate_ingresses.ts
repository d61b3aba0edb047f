import {
  idOf,
  isMadeProxy,
  type Lookup,
  type ProxySslConfig,
  type Resource,
  sameItems,
  sameValue,
  type Spec,
} from "../api/mod.ts";
import { ClaimBook, type Claims } from "../gateway/mod.ts";
import type { Revision } from "../incremental/mod.ts";
import { compareReports, makeReport, type Report } from "../report/mod.ts";
import { settleCertificates } from "./certificates.ts";
import { type Run, settleHosts } from "./host_claims.ts";
import { listenerOf, securedGroups } from "./listeners.ts";
import type { HostPart, TlsPart, TranslatedIngress } from "./parts.ts";
import { type IngressSettings, ingressSettings } from "./settings.ts";
import { translateIngress } from "./translate_ingress.ts";
import { hostGroups, virtualHostsOf } from "./virtual_hosts.ts";

export interface IngressInput {
  readonly revision: Revision;
  readonly settings: Spec<"Settings">;
  /** Where the Proxy is made. */
  readonly writeNamespace: string;
  /** Of the last translation; empty at the first. */
  readonly claims: Claims;
}

/** What Ingresses become. */
export interface IngressTranslation {
  /** One, or none where no Ingress is ours and Settings do not ask for it either. */
  readonly proxies: readonly Resource<"Proxy">[];
  /** Sorted; all on Ingresses but those on a Proxy written by hand. */
  readonly reports: readonly Report[];
  /** For the next translation; scopes of their own beside those of Gateways. */
  readonly claims: Claims;
}

const NOTHING: IngressTranslation = { proxies: [], reports: [], claims: new Map() };

const NO_CERTIFICATES: readonly ProxySslConfig[] = [];

/** Tells a Proxy of Ingresses from one written by hand. */
const LABELS = { created_by: "sluice-ingress" } as const;

/**
 * Ingress translation (networking.k8s.io/v1): all Ingresses of our class become one Proxy with a listener for HTTP and,
 * where there are certificates, one for HTTPS. Each Ingress is translated by itself; what several ask for goes to one of
 * them. Pure; yields between Ingresses and hosts, so that the caller can slice the work.
 */
export function* translateIngresses(input: IngressInput): Generator<void, IngressTranslation> {
  const { revision, writeNamespace, claims } = input;
  const settings = revision.table<string, IngressSettings>("ingress settings")
    .keep("", ingressSettings(input.settings), sameValue);
  if (settings.enabled === false) return NOTHING;
  const ours = yield* translateEach(revision, settings);
  if (ours.length === 0 && settings.enabled !== true) return NOTHING;
  const { proxyName } = settings;
  const run: Run = { revision, proxy: proxyName, book: new ClaimBook(claims) };
  const parts = revision.table<string, HostPart>("ingress host parts").flatMap("", ours, ({ hosts }) => hosts);
  const tlsParts = revision.table<string, TlsPart>("ingress TLS parts").flatMap("", ours, ({ tls }) => tls);
  const { byHost: outcomes, reports: hostReports } = yield* settleHosts(run, parts);
  const { configs, reports: tlsReports } = yield* settleCertificates(run, tlsParts);
  const groups = yield* hostGroups(revision, proxyName, parts);
  const hosts = { revision, proxy: proxyName, outcomes };
  const plain = yield* virtualHostsOf({ ...hosts, listener: "http", groups });
  const listeners = [listenerOf(revision, settings, "http", plain, NO_CERTIFICATES)];
  if (configs.length > 0) {
    const secured = securedGroups(revision, proxyName, groups, configs);
    const virtualHosts = yield* virtualHostsOf({ ...hosts, listener: "https", groups: secured });
    listeners.push(listenerOf(revision, settings, "https", virtualHosts, configs));
  }
  const own = revision.table<string, Report>("ingress reports of each").flatMap("", ours, ({ reports }) => reports);
  const overshadowing = overshadowed(revision.lookup, writeNamespace, proxyName);
  const reports = sorted(revision, [own, hostReports, tlsReports, overshadowing]);
  return { proxies: [proxyOf(revision, proxyName, writeNamespace, listeners)], reports, claims: run.book.claims };
}

/** Those that are ours, in order of namespace and name. One that did not change is the same object as before. */
function* translateEach(
  revision: Revision,
  settings: IngressSettings,
): Generator<void, readonly TranslatedIngress[]> {
  const items = revision.lookup.select("Ingress", {});
  const all = yield* revision.table<string, TranslatedIngress>("ingress")
    .recallEach("", { items }, [settings], function* (i) {
      return translateIngress(items[i]!, revision.lookup, settings);
    });
  return revision.table<string, TranslatedIngress>("ingresses of ours").flatMap(
    "",
    all,
    (one) => one.isOurs ? [one] : [],
  );
}

function proxyOf(
  revision: Revision,
  name: string,
  namespace: string,
  listeners: NonNullable<Spec<"Proxy">["listeners"]>,
): Resource<"Proxy"> {
  const metadata = { name, namespace, labels: LABELS };
  return revision.table<string, Resource<"Proxy">>("ingress proxy", namespace)
    .recall(name, listeners, () => ({ kind: "Proxy", metadata, spec: { listeners } }));
}

/** A Proxy that a user wrote under our name is not served; one that a control plane made is no fault. */
function overshadowed(lookup: Lookup, namespace: string, name: string): Report[] {
  const written = lookup.get("Proxy", { namespace, name });
  if (!written || isMadeProxy(written.metadata)) return [];
  const text = `Ingresses make a Proxy ${namespace}/${name}, and that one is served; give this one another name`;
  return [makeReport("error", "SLUICE-1208", idOf(written), "", text)];
}

/** The same list as before while there is nothing new to tell. */
function sorted({ table }: Revision, lists: readonly (readonly Report[])[]): readonly Report[] {
  const told = lists.filter(({ length }) => length > 0);
  return table<string, readonly Report[]>("ingress reports").recall(
    "",
    told,
    () => told.flat().sort(compareReports),
    sameLists,
  );
}

const sameLists = (before: readonly Report[], now: readonly Report[]): boolean => sameItems(before, now, sameValue);
