/** The names under which a Service is found in a cluster, shortest first. */
export function serviceNames(service: string, namespace: string, clusterDomain = "cluster.local"): string[] {
  const long = `${service}.${namespace}`;
  return [service, long, `${long}.svc`, `${long}.svc.${clusterDomain}`];
}
