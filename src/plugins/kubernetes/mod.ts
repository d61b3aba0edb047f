import type { Resource } from "../../api/mod.ts";
import { definePlugin, type UpstreamFragment } from "../contract.ts";
import { Faults } from "../faults.ts";
import { serviceEndpoints } from "./endpoints.ts";
import { externalNameFault } from "./external_name.ts";
import { type KubeUpstream, upstreamOptions } from "./options.ts";
import { serviceTarget } from "./service_target.ts";

/** Served with no endpoints, so that Envoy answers 503. */
const NOBODY: UpstreamFragment["endpoints"] = { discovery: "discovered", list: [] };

/**
 * Upstreams of type `kube`: a port of a Kubernetes Service, with the endpoints of its EndpointSlices over EDS; where the
 * Service is an ExternalName, the name that it leads to. Errors: no serviceName or servicePort. What is wrong with the
 * Service is a warning, and the cluster is there without endpoints: an error would hold the last form, and send requests to
 * addresses that may be somebody else's by now. Gloo: the plugin `kubernetes`.
 */
export const plugin = definePlugin({
  name: "kubernetes",
  options: { upstream: upstreamOptions },
  upstream({ options: { kube }, upstream, lookup }) {
    if (kube === undefined) return undefined;
    const faults = new Faults();
    if (!kube.serviceName) faults.error("SLUICE-1480", "kube.serviceName", "the name of a Service is wanted");
    const { servicePort: port = 0 } = kube;
    if (port < 1 || port > 65535) {
      faults.error("SLUICE-1480", "kube.servicePort", "the port of the Service is wanted, a number from 1 to 65535");
    }
    if (kube.serviceSpec !== undefined && needsServing(kube.serviceSpec)) {
      faults.warning("SLUICE-1401", "kube.serviceSpec", "functions of a serviceSpec are not served");
    }
    if (faults.reports.some(({ severity }) => severity === "error")) return faults.result({});
    return faults.result({ endpoints: endpointsField(kube, upstream, lookup, faults) });
  },
  endpointDiscovery({ options: { kube }, upstream, allSettings, lookup }) {
    if (kube === undefined) return undefined;
    const target = serviceTarget(kube, upstream.metadata.namespace, lookup);
    if ("field" in target || target.service.spec.type === "ExternalName") return undefined;
    const faults = new Faults();
    const locality = allSettings.sluice?.endpointLocality ?? "ZONE";
    return faults.result({ list: serviceEndpoints(kube, target, locality, lookup, faults) });
  },
});

function endpointsField(
  kube: KubeUpstream,
  { metadata, spec }: Resource<"Upstream">,
  lookup: Parameters<typeof serviceTarget>[2],
  faults: Faults,
): UpstreamFragment["endpoints"] {
  const target = serviceTarget(kube, metadata.namespace, lookup);
  if ("field" in target) {
    faults.warning("SLUICE-1481", `kube.${target.field}`, target.message);
    return NOBODY;
  }
  const { type, externalName: host = "" } = target.service.spec;
  if (type !== "ExternalName") return NOBODY;
  const fault = externalNameFault(host);
  if (fault) {
    faults.warning("SLUICE-1482", "kube.serviceName", fault);
    return NOBODY;
  }
  // As hosts of a static Upstream do, it gets its own name as TLS server name.
  const sni = spec.sslConfig?.sni ? {} : { sni: host };
  const address = { host, port: target.port.port ?? 0 };
  return { discovery: "names", list: [{ address, hostname: host, ...sni }] };
}

/** A bare `grpc` or an empty serviceSpec asks for nothing beyond HTTP/2, which the plugin `protocoloptions` sees to. */
function needsServing(serviceSpec: unknown): boolean {
  const { grpc: _, ...rest } = serviceSpec as Record<string, unknown>;
  return Object.keys(rest).length > 0;
}
