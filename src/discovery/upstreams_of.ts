import { idOf, matchesLabels, speaksHttp2 } from "../api/mod.ts";
import type { Resource, Spec } from "../api/mod.ts";
import type { Report } from "../report/mod.ts";
import { ANNOTATIONS, type AnnotationSet, annotationSet, switchOf } from "./annotations.ts";
import type { DiscoveryRules } from "./rules.ts";
import { tlsByPort } from "./tls_annotations.ts";
import { decodeUpstream, overlay, readUpstreamConfig, tellFault } from "./upstream_config.ts";
import type { UpstreamConfig, UpstreamSpec } from "./upstream_config.ts";
import { upstreamName } from "./upstream_name.ts";

/** Labels of what this discovery made: Gloo's, so that what goes by them in a cluster finds both. */
export const DISCOVERED_LABELS = { discovered_by: "kubernetesplugin" } as const;

export interface Discovered {
  /** In the order of the Service's ports. */
  readonly upstreams: readonly Resource<"Upstream">[];
  /** Faults of annotations; what they say is then left out. */
  readonly reports: readonly Report[];
}

const NOTHING: Discovered = { upstreams: [], reports: [] };

/**
 * The Upstreams that discovery makes of a Service: one a port, as Gloo makes them, with what the annotations of the
 * Service and of Settings say. An ExternalName Service has no endpoints of its own and gives none, unless its annotation
 * `gloo.solo.io/discover` says "true"; with "false" no Service does.
 */
export function upstreamsOf(service: Resource<"Service">, rules: DiscoveryRules): Discovered {
  const { labels = {}, annotations, namespace } = service.metadata;
  if (!rules.enabled || !matchesLabels(labels, rules.watchLabels)) return NOTHING;
  const reports: Report[] = [];
  const set = annotationSet(annotations, idOf(service), "metadata.annotations", reports);
  const wanted = switchOf(set, ANNOTATIONS.discover) ?? service.spec.type !== "ExternalName";
  const ports = wanted ? portsOf(service) : [];
  if (ports.length === 0) return { upstreams: [], reports };
  const http2 = switchOf(set, ANNOTATIONS.http2) ?? rules.defaults.http2;
  const tls = tlsByPort(set, namespace, ports.map(({ port }) => port));
  const config = readUpstreamConfig(set, rules.decode);
  const upstreams = ports.flatMap((port) => {
    const useHttp2 = http2 ?? speaksHttp2(port);
    const sslConfig = tls.get(port.port);
    const base = {
      ...baseOf(service, port.port),
      ...(useHttp2 !== undefined && { useHttp2 }),
      ...(sslConfig && { sslConfig }),
    };
    return made(base, upstreamName(service.metadata, port.port), { rules, config, set }) ?? [];
  });
  return { upstreams, reports: once(reports) };
}

/** A port of a Service. */
type ServicePort = NonNullable<Spec<"Service">["ports"]>[number];

interface NumberedPort extends ServicePort {
  readonly port: number;
}

/** The ports, each number once: of DNS over TCP and UDP the one over TCP. */
function portsOf({ spec }: Resource<"Service">): readonly NumberedPort[] {
  const byNumber = new Map<number, NumberedPort>();
  for (const port of spec.ports ?? []) {
    const number = port.port;
    if (number === undefined) continue;
    const { protocol = "TCP" } = port;
    if (!byNumber.has(number) || protocol === "TCP") byNumber.set(number, { ...port, port: number });
  }
  return [...byNumber.values()];
}

/** What is known of a port without any annotation. */
function baseOf({ metadata, spec }: Resource<"Service">, servicePort: number): UpstreamSpec {
  const { name: serviceName, namespace: serviceNamespace, labels } = metadata;
  return {
    discoveryMetadata: labels ? { labels } : {},
    kube: { serviceName, serviceNamespace, servicePort, ...(spec.selector && { selector: spec.selector }) },
  };
}

interface Making {
  readonly rules: DiscoveryRules;
  /** The Service's own. */
  readonly config: UpstreamConfig | undefined;
  readonly set: AnnotationSet;
}

/**
 * The Upstream, with as much configuration as it can have: what is right by itself may still not go with what the Service
 * is or says elsewhere.
 */
function made(base: UpstreamSpec, name: string, { rules, config, set }: Making): Resource<"Upstream"> | undefined {
  const metadata = { name, namespace: rules.writeNamespace, labels: DISCOVERED_LABELS };
  const general = overlay(base, rules.defaults.config);
  const whole = decodeUpstream(rules.decode, metadata, overlay(general, config));
  if (whole.upstream) return whole.upstream;
  const without = decodeUpstream(rules.decode, metadata, general);
  const culprit = config && without.upstream ? "" : "with the annotations of Settings, ";
  for (const fault of whole.reports) set.fault(ANNOTATIONS.upstreamConfig, culprit + tellFault(fault));
  return without.upstream ?? decodeUpstream(rules.decode, metadata, base).upstream;
}

/** Each report once: what several ports have in common is found at each of them. */
function once(reports: readonly Report[]): Report[] {
  return [...new Map(reports.map((report) => [`${report.path} ${report.message}`, report])).values()];
}
