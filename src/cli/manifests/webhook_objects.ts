import { SECRETS_OF_OTHERS } from "../../watchers/mod.ts";
import { GLOO_RESOURCES } from "./access.ts";
import { SERVER_SECRET } from "./cert_manager_objects.ts";
import { type KubernetesObject, labelsOf } from "./kubernetes_object.ts";
import { clusterName, SLUICE, WEBHOOK_PATH } from "./names.ts";
import { hasWebhook, type ManifestOptions } from "./options.ts";

/** Kinds that the webhook is not asked about: Proxies are made by machines, and the others decide nothing of their own. */
const NOT_VALIDATED = ["proxies", "settings", "graphqlapis", "authconfigs"];

/** Gateways may always go: Gloo does not ask about that either. */
const NOT_ON_DELETE = ["gateways"];

/** Namespaces of the cluster itself, whose objects are not held up by anything. */
const SYSTEM_NAMESPACES = ["kube-node-lease", "kube-public", "kube-system"];

const TIMEOUT_SECONDS = 5;

/**
 * The configuration of the webhook. It is about Gloo's kinds, and about Secrets that are deleted. What Kubernetes itself
 * does is never held up by a Sluice that does not answer: Secrets are ignored then whatever `--failure-policy` says, and a
 * namespace that is being deleted takes all that is in it along.
 */
export function webhookObjects(options: ManifestOptions): readonly KubernetesObject[] {
  if (!hasWebhook(options)) return [];
  const { namespace, certificates, failurePolicy } = options;
  return [{
    apiVersion: "admissionregistration.k8s.io/v1",
    kind: "ValidatingWebhookConfiguration",
    metadata: {
      name: clusterName(namespace),
      labels: labelsOf(SLUICE, SLUICE),
      ...(certificates === "cert-manager"
        ? { annotations: { "cert-manager.io/inject-ca-from": `${namespace}/${SERVER_SECRET}` } }
        : {}),
    },
    webhooks: [
      { name: "configuration.sluice.webhook", ...common(options), failurePolicy, rules: configurationRules() },
      {
        name: "secrets.sluice.webhook",
        ...common(options),
        failurePolicy: "Ignore",
        rules: [rule("", ["v1"], ["DELETE"], ["secrets"])],
        matchConditions: [...notTheCluster(namespace), {
          name: "holds-something-for-envoy",
          expression: `!(oldObject.type in ${JSON.stringify(SECRETS_OF_OTHERS)})`,
        }],
      },
    ],
  }];
}

function common(options: ManifestOptions): Readonly<Record<string, unknown>> {
  return {
    clientConfig: {
      service: { namespace: options.namespace, name: SLUICE, path: WEBHOOK_PATH, port: 443 },
    },
    admissionReviewVersions: ["v1"],
    sideEffects: "None",
    matchPolicy: "Equivalent",
    timeoutSeconds: TIMEOUT_SECONDS,
    namespaceSelector: namespaceSelector(options),
    matchConditions: notTheCluster(options.namespace),
  };
}

/** Only what Sluice reads. Of several label selectors a webhook can have none: it is asked about all namespaces then. */
function namespaceSelector(options: ManifestOptions): unknown {
  const { namespace, watchNamespaces, watchNamespaceSelectors } = options;
  const [only, ...more] = watchNamespaceSelectors;
  if (watchNamespaces.length > 0) {
    return { matchExpressions: [byName("In", [...new Set([namespace, ...watchNamespaces])])] };
  }
  return {
    ...(only && more.length === 0 ? { matchLabels: only } : {}),
    matchExpressions: [byName("NotIn", SYSTEM_NAMESPACES)],
  };
}

/** By the label that Kubernetes gives every namespace. */
function byName(operator: "In" | "NotIn", values: readonly string[]): unknown {
  return { key: "kubernetes.io/metadata.name", operator, values };
}

/** Requests of Kubernetes' own controllers, and of Sluice, are not asked about. */
function notTheCluster(namespace: string): readonly unknown[] {
  const users = [
    "system:serviceaccount:kube-system:namespace-controller",
    "system:serviceaccount:kube-system:generic-garbage-collector",
    `system:serviceaccount:${namespace}:${SLUICE}`,
  ];
  return [{
    name: "neither-the-cluster-nor-sluice",
    expression: `!(request.userInfo.username in ${JSON.stringify(users)})`,
  }];
}

function configurationRules(): readonly unknown[] {
  return GLOO_RESOURCES.flatMap(([group, plurals]) => {
    const asked = plurals.filter((plural) => !NOT_VALIDATED.includes(plural));
    const kept = asked.filter((plural) => NOT_ON_DELETE.includes(plural));
    const rest = asked.filter((plural) => !NOT_ON_DELETE.includes(plural));
    return [
      ...(kept.length > 0 ? [rule(group, ["*"], ["CREATE", "UPDATE"], kept)] : []),
      ...(rest.length > 0 ? [rule(group, ["*"], ["CREATE", "UPDATE", "DELETE"], rest)] : []),
    ];
  });
}

function rule(
  group: string,
  apiVersions: readonly string[],
  operations: readonly string[],
  resources: readonly string[],
): unknown {
  return { apiGroups: [group], apiVersions, operations, resources, scope: "Namespaced" };
}
