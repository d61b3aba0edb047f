/** Kubernetes' own kinds, with the fields that Sluice reads; what else they have is passed over. */
import { bool, boolValue, int32, list, map, message, string } from "../shape.ts";

const protocol = { protocol: string({ doc: "TCP, UDP or SCTP. Default TCP." }), appProtocol: string() };

/** v1 Service. */
export const serviceSpec = message({
  type: string({ doc: "ClusterIP, NodePort, LoadBalancer or ExternalName. Default ClusterIP." }),
  clusterIP: string({ doc: "`None` for a headless Service." }),
  externalName: string({ doc: "Of type ExternalName: a DNS name." }),
  selector: map(string()),
  publishNotReadyAddresses: bool(),
  ports: list(message({
    name: string(),
    port: int32(),
    ...protocol,
  })),
  /** `status.loadBalancer.ingress`. */
  loadBalancerIngress: list(message({ ip: string(), hostname: string() })),
});

/** discovery.k8s.io/v1 EndpointSlice. Its Service is named by the label `kubernetes.io/service-name`. */
export const endpointSliceSpec = message({
  addressType: string({ doc: "IPv4, IPv6 or FQDN." }),
  endpoints: list(message({
    addresses: list(string()),
    conditions: message({
      ready: boolValue({ doc: "Default true." }),
      serving: boolValue({ doc: "As ready, but for what terminates." }),
      terminating: boolValue({ doc: "Default false." }),
    }),
    hostname: string(),
    nodeName: string(),
    zone: string(),
    targetRef: message({ kind: string(), namespace: string(), name: string() }),
  })),
  ports: list(message({ name: string(), port: int32(), ...protocol })),
});

/** v1 Pod: of pods, labels alone are read. */
export const podSpec = message({});

const ingressBackend = message({
  service: message({ name: string(), port: message({ name: string(), number: int32() }) }),
  resource: message({ apiGroup: string(), kind: string(), name: string() }),
});

/** networking.k8s.io/v1 Ingress. */
export const ingressSpec = message({
  ingressClassName: string(),
  defaultBackend: ingressBackend,
  tls: list(message({ hosts: list(string()), secretName: string() })),
  rules: list(message({
    host: string(),
    http: message({
      paths: list(message({
        path: string(),
        pathType: string({ doc: "Exact, Prefix or ImplementationSpecific." }),
        backend: ingressBackend,
      })),
    }),
  })),
});

/** networking.k8s.io/v1 IngressClass; it has no namespace. */
export const ingressClassSpec = message({ controller: string() });
