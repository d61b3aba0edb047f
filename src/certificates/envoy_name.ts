/** What the name in an Envoy's certificate ends in; of no domain that exists, so no public authority signs such a name. */
const SUFFIX = ".envoy.sluice";

/**
 * The DNS name in the certificate of the Envoys of a Proxy: `<proxy>.<namespace>.envoy.sluice`. A namespace has no dots, so
 * the name can be read back though the name of a proxy may have some.
 */
export function envoyName(namespace: string, proxyName: string): string {
  return `${proxyName}.${namespace}${SUFFIX}`;
}

/**
 * The roles that a name in a client's certificate gives: `<namespace>~<proxy>` for what {@link envoyName} makes, and none
 * else. It is for a server whose authority signs such names for the Envoys that they belong to, and for nobody else.
 */
export function rolesOf(name: string): readonly string[] {
  if (!name.endsWith(SUFFIX)) return [];
  const rest = name.slice(0, -SUFFIX.length);
  const dot = rest.lastIndexOf(".");
  const [proxyName, namespace] = [rest.slice(0, dot), rest.slice(dot + 1)];
  return dot > 0 && namespace !== "" ? [`${namespace}~${proxyName}`] : [];
}

/** The name by which a replica of Sluice in a namespace is known to the others. */
export const replicaName = (namespace: string): string => `replica.${namespace}.sluice`;
