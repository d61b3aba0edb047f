/** Names and places that objects and the program agree on. */

/** The name of what Sluice has once a namespace: Deployment, Service, ServiceAccount, Lease, IngressClass. */
export const SLUICE = "sluice";

export const XDS_PORT = 9977;
export const WEBHOOK_PORT = 8443;
export const ADMIN_PORT = 9091;

/** Where the webhook answers, as Gloo's does. */
export const WEBHOOK_PATH = "/validation";

/** Where a Sluice in the pod of its Envoy serves it. */
export const SIDECAR_SOCKET_DIR = "/run/sluice";
export const SIDECAR_SOCKET = `unix:${SIDECAR_SOCKET_DIR}/xds.sock`;

/** The ConfigMap that holds the Gloo YAML of such a Sluice; it is the user's. */
export const SIDECAR_CONFIG_MAP = "sluice-configuration";

/** The name of what has no namespace, so that two Sluices in two namespaces of a cluster do not share it. */
export function clusterName(namespace: string): string {
  return `${SLUICE}-${namespace}`;
}

/** The name of the Service within the cluster, which is in its certificate. */
export function serviceHost(namespace: string): string {
  return `${SLUICE}.${namespace}.svc`;
}
