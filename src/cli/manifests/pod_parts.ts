/** Parts of pods that Sluice and Envoy have in common. */

/** Of a container: nothing that it does not need; with {@link podSecurity} this is the standard `restricted`. */
export const CONTAINER_SECURITY = {
  allowPrivilegeEscalation: false,
  readOnlyRootFilesystem: true,
  capabilities: { drop: ["ALL"] },
} as const;

/** Of a pod: an own user, whose group files of volumes belong to. */
export function podSecurity(user: number): Readonly<Record<string, unknown>> {
  return {
    runAsNonRoot: true,
    runAsUser: user,
    runAsGroup: user,
    fsGroup: user,
    seccompProfile: { type: "RuntimeDefault" },
  };
}

/** Pods on machines and in zones of their own, where there are such; they run all the same where there are not. */
export function spread(labels: Readonly<Record<string, string>>): readonly unknown[] {
  return ["kubernetes.io/hostname", "topology.kubernetes.io/zone"].map((topologyKey) => ({
    maxSkew: 1,
    topologyKey,
    whenUnsatisfiable: "ScheduleAnyway",
    labelSelector: { matchLabels: labels },
    matchLabelKeys: ["pod-template-hash"],
  }));
}

/** An environment variable from what Kubernetes knows of the pod. */
export function fromPod(name: string, fieldPath: string): unknown {
  return { name, valueFrom: { fieldRef: { fieldPath } } };
}

/** Annotations by which Prometheus finds what to ask. */
export function scraped(port: number, path: string): Readonly<Record<string, string>> {
  return { "prometheus.io/scrape": "true", "prometheus.io/port": String(port), "prometheus.io/path": path };
}

/** Of pods with these labels one at a time is taken away when machines are emptied; broken ones at any time. */
export function disruptionBudget(name: string, namespace: string, labels: Readonly<Record<string, string>>) {
  return {
    apiVersion: "policy/v1",
    kind: "PodDisruptionBudget",
    metadata: { name, namespace, labels },
    spec: { maxUnavailable: 1, selector: { matchLabels: labels }, unhealthyPodEvictionPolicy: "AlwaysAllow" },
  };
}
