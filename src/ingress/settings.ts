import { idOf, type Ref, type Resource, type Spec } from "../api/mod.ts";
import { makeReport, type Report } from "../report/mod.ts";

/** `spec.controller` of an IngressClass whose Ingresses are served here. */
export const CONTROLLER = "sluice.dev/ingress";

const DEFAULT_CLASS = "sluice";
const GLOO_CLASS = "gloo";
const DEFAULT_PROXY = "ingress-proxy";
/** Gloo's; a Service in front maps 80 and 443 to them. */
const DEFAULT_HTTP_PORT = 8080;
const DEFAULT_HTTPS_PORT = 8443;

/** `settings.sluice.ingress` with defaults filled in. */
export interface IngressSettings {
  /** `false`: never; `true`: listen even without Ingresses; undefined: where there is one of our class. */
  readonly enabled: boolean | undefined;
  /** Classes that are ours by name alone. */
  readonly classNames: readonly string[];
  /** Paths are regexes, as in Gloo. */
  readonly regexPaths: boolean;
  /** What the listener without TLS does for hosts that have TLS. */
  readonly tlsHosts: "REDIRECT" | "BOTH" | "HTTPS_ONLY";
  /** Whether Envoy is what clients connect to, so that only what it sees itself is believed. */
  readonly isEdge: boolean;
  readonly httpPort: number;
  readonly httpsPort: number;
  readonly proxyName: string;
  /** Largest regex, as in `regexFault`. */
  readonly regexMaxProgramSize: number | undefined;
}

export function ingressSettings({ sluice, gloo }: Spec<"Settings">): IngressSettings {
  const given = sluice?.ingress ?? {};
  const asGloo = given.gloo === true;
  return {
    enabled: given.enabled,
    classNames: [given.className || DEFAULT_CLASS, ...(asGloo ? [GLOO_CLASS] : [])],
    regexPaths: asGloo,
    tlsHosts: given.tlsHosts ?? (asGloo ? "HTTPS_ONLY" : "REDIRECT"),
    isEdge: !asGloo,
    httpPort: given.httpPort || DEFAULT_HTTP_PORT,
    httpsPort: given.httpsPort || DEFAULT_HTTPS_PORT,
    proxyName: given.proxyName || DEFAULT_PROXY,
    regexMaxProgramSize: gloo?.regexMaxProgramSize,
  };
}

/**
 * The Service whose addresses are those of Ingresses; undefined where Settings name none, or no proper one. A name
 * without namespace is one of `writeNamespace`.
 */
export function publishServiceOf({ sluice }: Spec<"Settings">, writeNamespace: string): Ref | undefined {
  const parts = (sluice?.ingress?.publishService ?? "").split("/");
  if (parts.length > 2 || parts.includes("")) return undefined;
  const [first = "", second] = parts;
  return second === undefined ? { namespace: writeNamespace, name: first } : { namespace: first, name: second };
}

/** What is wrong with `sluice.ingress` of Settings. */
export function ingressSettingsReports(settings: Resource<"Settings">): Report[] {
  const { publishService } = settings.spec.sluice?.ingress ?? {};
  if (!publishService || publishServiceOf(settings.spec, "any")) return [];
  const text = `${JSON.stringify(publishService)} is not the name of a Service; write namespace/name`;
  return [makeReport("error", "SLUICE-1278", idOf(settings), "sluice.ingress.publishService", text)];
}
