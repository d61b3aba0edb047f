import { type Lookup, refKey, type Resource, type ServicePort, servicePort } from "../../api/mod.ts";
import type { KubeUpstream } from "./options.ts";

/** A port of a Service that is there. */
export interface ServiceTarget {
  readonly service: Resource<"Service">;
  readonly port: ServicePort;
}

/** Why there is none: the field of `kube` that leads to nothing, and a sentence. */
export interface MissingTarget {
  readonly field: "serviceName" | "servicePort";
  readonly message: string;
}

const CONSEQUENCE = "until it does, requests are answered 503";

/** The Service and port of a kube Upstream; `namespace` is that of the Upstream. */
export function serviceTarget(spec: KubeUpstream, namespace: string, lookup: Lookup): ServiceTarget | MissingTarget {
  const ref = { name: spec.serviceName ?? "", namespace: spec.serviceNamespace || namespace };
  const service = lookup.get("Service", ref);
  if (!service) {
    return { field: "serviceName", message: `Service ${refKey(ref)} does not exist; ${CONSEQUENCE}` };
  }
  const port = servicePort(service, spec.servicePort ?? 0);
  return typeof port === "string" ? { field: "servicePort", message: port } : { service, port };
}
