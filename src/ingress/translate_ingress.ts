import {
  idKey,
  idOf,
  type Lookup,
  type ProxyRoute,
  type RedirectAction,
  type Resource,
  type ResourceId,
  type Spec,
} from "../api/mod.ts";
import { claimantOf, provenance, sourceOf } from "../gateway/mod.ts";
import { type Code, makeReport, type Report, type Severity } from "../report/mod.ts";
import { backendOf, type IngressBackend } from "./backends.ts";
import { covers, EVERY_HOST, hostCondition, hostFault } from "./hosts.ts";
import { isOurs } from "./ownership.ts";
import type { HostPart, HostRoute, TranslatedIngress } from "./parts.ts";
import { DEFAULT_PATH, matcherOf, type PathMatch, pathMatch, wishOf } from "./paths.ts";
import type { IngressSettings } from "./settings.ts";
import { tlsNames, tlsPartsOf } from "./tls_parts.ts";

type Rule = NonNullable<Spec<"Ingress">["rules"]>[number];
type IngressPath = NonNullable<NonNullable<Rule["http"]>["paths"]>[number];

/** 308 keeps method and body, as a client that was to use TLS from the start needs it. */
const TO_HTTPS: RedirectAction = { httpsRedirect: true, responseCode: "PERMANENT_REDIRECT" };

const NOT_OURS: TranslatedIngress = { isOurs: false, hosts: [], tls: [], reports: [] };

/** Translates one Ingress, whatever others ask for. What is faulty in it is left out or answers 503, and is reported. */
export function translateIngress(
  ingress: Resource<"Ingress">,
  lookup: Lookup,
  settings: IngressSettings,
): TranslatedIngress {
  if (!isOurs(ingress, lookup, settings)) return NOT_OURS;
  return new Draft(ingress, lookup, settings).result();
}

/** The routes of a host, while they are gathered. */
interface Gathered {
  /** Of the rule in which the host stands first. */
  readonly path: string;
  readonly routes: Map<string, HostRoute>;
}

/** One Ingress, while it is translated. */
class Draft {
  readonly #ingress: Resource<"Ingress">;
  readonly #lookup: Lookup;
  readonly #settings: IngressSettings;
  readonly #id: ResourceId;
  readonly #tlsNames: readonly string[];
  readonly #hosts = new Map<string, Gathered>();
  readonly #reports: Report[] = [];

  constructor(ingress: Resource<"Ingress">, lookup: Lookup, settings: IngressSettings) {
    this.#ingress = ingress;
    this.#lookup = lookup;
    this.#settings = settings;
    this.#id = idOf(ingress);
    this.#tlsNames = (ingress.spec.tls ?? []).flatMap(tlsNames);
  }

  result(): TranslatedIngress {
    const { rules = [], defaultBackend } = this.#ingress.spec;
    rules.forEach((rule, i) => this.#addRule(rule, `rules[${i}]`));
    if (defaultBackend) this.#addDefault(defaultBackend, rules.length === 0);
    else if (rules.length === 0) {
      this.#report(
        "warning",
        "SLUICE-1270",
        "",
        "the Ingress has neither rules nor a defaultBackend: nothing is served",
      );
    }
    const claimant = claimantOf(this.#ingress);
    const hosts: HostPart[] = [];
    for (const [host, { path, routes }] of this.#hosts) {
      const source = sourceOf(this.#ingress, path);
      if (routes.size > 0) hosts.push({ id: this.#id, claimant, host, source, routes: [...routes.values()] });
    }
    const { parts, reports } = tlsPartsOf(this.#ingress);
    return { isOurs: true, hosts, tls: parts, reports: [...this.#reports, ...reports] };
  }

  #addRule({ host: given = "", http }: Rule, at: string): void {
    const host = given.toLowerCase();
    const fault = host === "" ? undefined : hostFault(host);
    if (fault) return this.#report("error", "SLUICE-1271", `${at}.host`, fault);
    const { routes } = this.#gathered(host || EVERY_HOST, at);
    http?.paths?.forEach((path, i) => this.#addPath(path, host || EVERY_HOST, routes, `${at}.http.paths[${i}]`));
  }

  #addPath(
    { path = "", pathType, backend = {} }: IngressPath,
    host: string,
    routes: Gathered["routes"],
    at: string,
  ): void {
    const match = pathMatch(path, pathType, this.#settings);
    if ("fault" in match) return this.#report("error", "SLUICE-1272", `${at}.${match.field}`, match.fault);
    const wish = wishOf(match);
    const earlier = routes.get(wish);
    if (earlier) {
      const text = `${earlier.path} has this path of this host already; that one is served`;
      return this.#report("warning", "SLUICE-1275", `${at}.path`, text);
    }
    const action = this.#backend(backend, `${at}.backend`);
    routes.set(wish, this.#route(host, match, at, action));
  }

  /** For all hosts of the Ingress; for every host where it names none. */
  #addDefault(backend: IngressBackend, isAll: boolean): void {
    const at = "defaultBackend";
    const action = this.#backend(backend, at);
    if (isAll) this.#gathered(EVERY_HOST, at);
    for (const [host, { routes }] of this.#hosts) {
      routes.set(wishOf(DEFAULT_PATH), this.#route(host, DEFAULT_PATH, at, action));
    }
  }

  #gathered(host: string, path: string): Gathered {
    let gathered = this.#hosts.get(host);
    if (!gathered) this.#hosts.set(host, gathered = { path, routes: new Map() });
    return gathered;
  }

  #backend(backend: IngressBackend, at: string): Partial<ProxyRoute> {
    const { action, fault } = backendOf(backend, this.#id.namespace, this.#lookup);
    if (fault) this.#report(fault.severity, fault.code, `${at}.${fault.at}`, fault.text);
    return action;
  }

  #route(host: string, match: PathMatch, path: string, action: Partial<ProxyRoute>): HostRoute {
    const condition = this.#settings.regexPaths ? {} : hostCondition(host);
    const wish = wishOf(match);
    const rest = {
      matchers: [{ ...matcherOf(match), ...condition }],
      metadataStatic: provenance(`${idKey(this.#id)}#${escapeKey(`${host} ${wish}`)}`, [sourceOf(this.#ingress, path)]),
    };
    const route = { ...rest, ...action };
    return {
      match,
      wish,
      path,
      route,
      plainRoute: this.#plainRoute(host, route, { ...rest, redirectAction: TO_HTTPS }),
    };
  }

  #plainRoute(host: string, route: ProxyRoute, redirect: ProxyRoute): ProxyRoute | undefined {
    const { tlsHosts } = this.#settings;
    if (tlsHosts === "BOTH" || !this.#tlsNames.some((name) => covers(name, host))) return route;
    return tlsHosts === "REDIRECT" ? redirect : undefined;
  }

  #report(severity: Severity, code: Code, path: string, text: string): void {
    this.#reports.push(makeReport(severity, code, this.#id, path, text));
  }
}

/** What has a meaning in keys of a Proxy's pieces must not be in a part of one. */
function escapeKey(text: string): string {
  return text.replace(/[%>#|]/g, (char) => encodeURIComponent(char));
}
