/** Names and places that objects and the program agree on. */

/** The name of what Sluice has once a namespace: Deployment, Service, ServiceAccount, Lease, IngressClass. */
export const SLUICE = "sluice";

export const XDS_PORT = 9977;
export const WEBHOOK_PORT = 8443;
export const ADMIN_PORT = 9091;

/** Where the webhook answers, as Gloo's does. */
export const WEBHOOK_PATH = "/validation";

/** The name of what has no namespace, so that two Sluices in two namespaces of a cluster do not share it. */
export function clusterName(namespace: string): string {
  return `${SLUICE}-${namespace}`;
}

/** The name of the Service within the cluster, which is in its certificate. */
export function serviceHost(namespace: string): string {
  return `${SLUICE}.${namespace}.svc`;
}
