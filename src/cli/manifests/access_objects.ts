import { type Grant, grantsFor } from "./access.ts";
import { type KubernetesObject, labelsOf } from "./kubernetes_object.ts";
import { clusterName, SLUICE } from "./names.ts";
import type { ManifestOptions } from "./options.ts";

/**
 * ServiceAccount and RBAC: one Role in Sluice's own namespace, and for what it reads either one ClusterRole, or, where
 * namespaces are named, a Role in each. A ClusterRole for what has no namespace is there only where something is granted.
 */
export function accessObjects(options: ManifestOptions): readonly KubernetesObject[] {
  const { namespace, watchNamespaces } = options;
  const grants = grantsFor(options);
  const of = (...scopes: readonly Grant["scope"][]): readonly Rule[] =>
    grants.filter(({ scope }) => scopes.includes(scope)).map((grant) => ruleOf(grant, options));
  const account: KubernetesObject = {
    apiVersion: "v1",
    kind: "ServiceAccount",
    metadata: metadata(SLUICE, namespace),
  };
  if (watchNamespaces.length === 0) {
    return [account, ...role("Role", SLUICE, of("own"), namespace), ...clusterRole(of("watched", "cluster"), options)];
  }
  const read = [...new Set([namespace, ...watchNamespaces])];
  return [
    account,
    ...role("Role", SLUICE, of("own"), namespace),
    ...read.flatMap((one) => role("Role", clusterName(namespace), of("watched"), namespace, one)),
    ...clusterRole(of("cluster"), options),
  ];
}

interface Rule {
  readonly apiGroups: readonly string[];
  readonly resources: readonly string[];
  readonly resourceNames?: readonly string[];
  readonly verbs: readonly string[];
}

function ruleOf({ apiGroups, resources, names, verbs }: Grant, options: ManifestOptions): Rule {
  return { apiGroups, resources, ...(names ? { resourceNames: names(options) } : {}), verbs };
}

function clusterRole(rules: readonly Rule[], { namespace }: ManifestOptions): readonly KubernetesObject[] {
  return rules.length === 0 ? [] : role("ClusterRole", clusterName(namespace), rules, namespace);
}

/** A role with these rules, and its binding to the ServiceAccount in `account`; `where` is the namespace of a Role. */
function role(
  kind: "Role" | "ClusterRole",
  name: string,
  rules: readonly Rule[],
  account: string,
  where = account,
): readonly KubernetesObject[] {
  const apiVersion = "rbac.authorization.k8s.io/v1";
  const meta = kind === "Role" ? metadata(name, where) : metadata(name);
  return [{ apiVersion, kind, metadata: meta, rules }, {
    apiVersion,
    kind: `${kind}Binding`,
    metadata: meta,
    roleRef: { apiGroup: "rbac.authorization.k8s.io", kind, name },
    subjects: [{ kind: "ServiceAccount", name: SLUICE, namespace: account }],
  }];
}

function metadata(name: string, namespace?: string): KubernetesObject["metadata"] {
  return { name, ...(namespace ? { namespace } : {}), labels: labelsOf(SLUICE, SLUICE) };
}
