import { GLOO_KINDS, KINDS } from "../../api/mod.ts";
import { AUTHORITY_SECRET, envoySecret } from "../../certificates/mod.ts";
import { DEFAULT_SETTINGS_NAME } from "../config.ts";
import { clusterName, SLUICE } from "./names.ts";
import { hasWebhook, isNamespaced, type ManifestOptions } from "./options.ts";

/** One thing that Sluice may do in Kubernetes, and what for. */
export interface Grant {
  /**
   * Where: `watched`, in every namespace that is read (all of them, or those that are named and its own); `own`, in its own
   * namespace alone; `cluster`, on what has no namespace.
   */
  readonly scope: "watched" | "own" | "cluster";
  readonly apiGroups: readonly string[];
  readonly resources: readonly string[];
  /** Where it is about objects of these names alone. Creating cannot be limited by name. */
  readonly names?: (options: ManifestOptions) => readonly string[];
  readonly verbs: readonly string[];
  readonly why: string;
  /** Always, if there is nothing else said. */
  readonly when?: Condition;
}

/** When something is granted: as a sentence for the documentation, and as a test. */
interface Condition {
  readonly says: string;
  readonly holds: (options: ManifestOptions) => boolean;
}

const withIngress: Condition = {
  says: "unless `--without ingress`",
  holds: ({ without }) => !without.includes("ingress"),
};
const withIngressClasses: Condition = {
  says: "as above, and with `--watch-namespaces` only by `--cluster-rights`",
  holds: (options) => withIngress.holds(options) && !isNamespaced(options),
};
const withPods: Condition = { says: "unless `--without pods`", holds: ({ without }) => !without.includes("pods") };
const withSelector: Condition = {
  says: "`--watch-namespace-selector`",
  holds: ({ watchNamespaceSelectors }) => watchNamespaceSelectors.length > 0,
};
const withOwnCertificates: Condition = {
  says: "`--certificates own`",
  holds: ({ certificates }) => certificates === "own",
};
const withOwnWebhook: Condition = {
  says: "`--certificates own` with a webhook",
  holds: (options) => withOwnCertificates.holds(options) && hasWebhook(options),
};
const withGlooDefinitions: Condition = {
  says: "`--gloo-definitions`",
  holds: ({ glooDefinitions }) => glooDefinitions,
};
const withDiscoveryObjects: Condition = {
  says: "`--discovery-objects`",
  holds: ({ discoveryObjects }) => discoveryObjects,
};

/** Gloo's groups with the plurals of their kinds that have a CRD. */
export const GLOO_RESOURCES: readonly (readonly [group: string, plurals: readonly string[]])[] = groupsOfGloo();

const LIST_AND_WATCH = ["list", "watch"];

/** Everything that Sluice may do in Kubernetes. RBAC is made from it, and so is the table in docs/kubernetes.md. */
export const ACCESS: readonly Grant[] = [
  ...GLOO_RESOURCES.map(([group, plurals]): Grant => ({
    scope: "watched",
    apiGroups: [group],
    resources: plurals,
    verbs: LIST_AND_WATCH,
    why: "the configuration",
  })),
  {
    scope: "own",
    apiGroups: ["gloo.solo.io"],
    resources: ["settings"],
    names: () => [DEFAULT_SETTINGS_NAME],
    verbs: ["get"],
    why: "which namespaces to read, before any is",
  },
  ...GLOO_RESOURCES.map(([group, plurals]): Grant => ({
    scope: "watched",
    apiGroups: [group],
    resources: plurals.map((plural) => `${plural}/status`),
    verbs: ["patch"],
    why: "statuses; specs are never written",
  })),
  ...GLOO_RESOURCES.map(([group, plurals]): Grant => ({
    scope: "watched",
    apiGroups: [group],
    resources: plurals,
    verbs: ["patch"],
    why: "statuses, which are a part of the object in Gloo's own definitions",
    when: withGlooDefinitions,
  })),
  {
    scope: "watched",
    apiGroups: [""],
    resources: ["services", "secrets"],
    verbs: LIST_AND_WATCH,
    why: "back ends; certificates and other Secrets",
  },
  {
    scope: "watched",
    apiGroups: ["discovery.k8s.io"],
    resources: ["endpointslices"],
    verbs: LIST_AND_WATCH,
    why: "addresses of back ends",
  },
  {
    scope: "watched",
    apiGroups: [""],
    resources: ["pods"],
    verbs: LIST_AND_WATCH,
    why: "labels of pods, for Upstreams with `selector` or `subsetSpec`; not read where there is none",
    when: withPods,
  },
  {
    scope: "watched",
    apiGroups: ["networking.k8s.io"],
    resources: ["ingresses"],
    verbs: LIST_AND_WATCH,
    why: "Ingresses",
    when: withIngress,
  },
  {
    scope: "watched",
    apiGroups: ["networking.k8s.io"],
    resources: ["ingresses/status"],
    verbs: ["patch"],
    why: "the addresses of an Ingress",
    when: withIngress,
  },
  {
    scope: "watched",
    apiGroups: ["events.k8s.io"],
    resources: ["events"],
    verbs: ["create", "get", "patch"],
    why: "events on what is wrong; one that comes again is counted",
  },
  {
    scope: "own",
    apiGroups: ["coordination.k8s.io"],
    resources: ["leases"],
    verbs: ["create"],
    why: "to elect who writes",
  },
  {
    scope: "own",
    apiGroups: ["coordination.k8s.io"],
    resources: ["leases"],
    names: () => [SLUICE],
    verbs: ["get", "update"],
    why: "to elect who writes",
  },
  {
    scope: "own",
    apiGroups: [""],
    resources: ["secrets"],
    verbs: ["create"],
    why: "its certificate authority, and client certificates of Envoys",
    when: withOwnCertificates,
  },
  {
    scope: "own",
    apiGroups: [""],
    resources: ["secrets"],
    names: ({ proxies }) => [AUTHORITY_SECRET, ...proxies.map(envoySecret)],
    verbs: ["get", "patch"],
    why: "the same, to renew them",
    when: withOwnCertificates,
  },
  {
    scope: "own",
    apiGroups: ["gloo.solo.io"],
    resources: ["upstreams"],
    verbs: ["create", "patch", "delete"],
    why: "Upstreams that are discovered",
    when: withDiscoveryObjects,
  },
  {
    scope: "cluster",
    apiGroups: ["networking.k8s.io"],
    resources: ["ingressclasses"],
    verbs: LIST_AND_WATCH,
    why: "which Ingresses are Sluice's",
    when: withIngressClasses,
  },
  {
    scope: "cluster",
    apiGroups: [""],
    resources: ["namespaces"],
    verbs: LIST_AND_WATCH,
    why: "which namespaces have the labels",
    when: withSelector,
  },
  {
    scope: "cluster",
    apiGroups: ["admissionregistration.k8s.io"],
    resources: ["validatingwebhookconfigurations"],
    names: ({ namespace }) => [clusterName(namespace)],
    verbs: ["get", "patch"],
    why: "to tell the API server the authority of the webhook's certificate",
    when: withOwnWebhook,
  },
];

/** What is granted with these options. */
export function grantsFor(options: ManifestOptions): readonly Grant[] {
  return ACCESS.filter(({ when }) => when === undefined || when.holds(options));
}

function groupsOfGloo(): [string, string[]][] {
  const groups = new Map<string, string[]>();
  for (const kind of GLOO_KINDS) {
    const { group, plural, crd } = KINDS[kind];
    if (crd) groups.set(group, [...groups.get(group) ?? [], plural]);
  }
  return [...groups].map(([group, plurals]): [string, string[]] => [group, plurals.toSorted()])
    .toSorted(([a], [b]) => a < b ? -1 : 1);
}
