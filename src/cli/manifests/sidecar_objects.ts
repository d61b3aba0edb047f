import { SERVICE_ACCOUNT_FOLDER } from "../../kubernetes/mod.ts";
import { envoySecret } from "../../certificates/mod.ts";
import { DRAIN_SECONDS, envoyConfigMap, envoyContainer, envoyLabels, envoyService } from "./envoy_objects.ts";
import { PROBE_PORT } from "./envoy_bootstrap.ts";
import type { KubernetesObject } from "./kubernetes_object.ts";
import { ADMIN_PORT, SIDECAR_CONFIG_MAP, SIDECAR_SOCKET, SIDECAR_SOCKET_DIR, SLUICE } from "./names.ts";
import type { ManifestOptions } from "./options.ts";
import { CONTAINER_SECURITY, disruptionBudget, fromPod, podSecurity, scraped, spread } from "./pod_parts.ts";
import { adminProbe, STATE_DIR, USER } from "./sluice_objects.ts";

/** Where the ConfigMap of Gloo YAML is mounted. */
const CONFIG_DIR = "/etc/sluice";

/** Pods of one Envoy and one Sluice, which talk over a socket that nobody else reaches; an installation a proxy. */
export function sidecarObjects(options: ManifestOptions, proxy: string): readonly KubernetesObject[] {
  const name = envoySecret(proxy);
  return [
    envoyConfigMap(options, proxy),
    envoyService(options, proxy),
    deployment(options, proxy),
    disruptionBudget(name, options.namespace, envoyLabels(proxy)),
  ];
}

function deployment(options: ManifestOptions, proxy: string): KubernetesObject {
  const { namespace, envoyReplicas, sidecar } = options;
  const labels = envoyLabels(proxy);
  return {
    apiVersion: "apps/v1",
    kind: "Deployment",
    metadata: { name: envoySecret(proxy), namespace, labels },
    spec: {
      replicas: envoyReplicas,
      selector: { matchLabels: labels },
      strategy: { type: "RollingUpdate", rollingUpdate: { maxUnavailable: 0, maxSurge: 1 } },
      template: {
        metadata: { labels, annotations: scraped(PROBE_PORT, "/metrics") },
        spec: {
          ...(sidecar === "kubernetes" ? { serviceAccountName: SLUICE } : {}),
          // Where there is a token, it is for the container of Sluice alone.
          automountServiceAccountToken: false,
          enableServiceLinks: false,
          terminationGracePeriodSeconds: DRAIN_SECONDS + 15,
          // One user: the socket that Sluice makes is open to him and his group alone.
          securityContext: podSecurity(USER),
          topologySpreadConstraints: spread(labels),
          // A sidecar in Kubernetes' sense: it starts before Envoy, is started again by itself, and ends after Envoy.
          initContainers: [{ ...sluiceContainer(options), restartPolicy: "Always" }],
          containers: [envoyContainer(options)],
          volumes: volumes(options, proxy),
        },
      },
    },
  };
}

/** The words after `sluice`. */
export function sidecarWords({ sidecar }: ManifestOptions): readonly string[] {
  return [
    "serve",
    sidecar === "kubernetes" ? "--kubernetes" : `--config=${CONFIG_DIR}`,
    `--xds-address=${SIDECAR_SOCKET}`,
    `--admin-address=0.0.0.0:${ADMIN_PORT}`,
    `--state-dir=${STATE_DIR}`,
    "--log-format=json",
  ];
}

function sluiceContainer(options: ManifestOptions): Readonly<Record<string, unknown>> {
  const source = options.sidecar === "kubernetes"
    ? { name: "token", mountPath: SERVICE_ACCOUNT_FOLDER, readOnly: true }
    : { name: "configuration", mountPath: CONFIG_DIR, readOnly: true };
  return {
    name: SLUICE,
    image: options.image,
    command: ["sluice"],
    args: sidecarWords(options),
    env: [fromPod("POD_NAMESPACE", "metadata.namespace"), fromPod("POD_NAME", "metadata.name")],
    ports: [{ name: "http-admin", containerPort: ADMIN_PORT }],
    // No readiness of its own: while Sluice is away, Envoy serves on, and the pod is to go on getting requests.
    startupProbe: { ...adminProbe("/healthz"), periodSeconds: 1, failureThreshold: 60 },
    livenessProbe: { ...adminProbe("/healthz"), periodSeconds: 10, timeoutSeconds: 5 },
    resources: { requests: { cpu: "50m", memory: "128Mi" } },
    securityContext: CONTAINER_SECURITY,
    volumeMounts: [
      source,
      { name: "socket", mountPath: SIDECAR_SOCKET_DIR },
      { name: "state", mountPath: STATE_DIR },
    ],
  };
}

function volumes({ sidecar }: ManifestOptions, proxy: string): readonly unknown[] {
  return [
    { name: "config", configMap: { name: envoySecret(proxy) } },
    sidecar === "kubernetes" ? tokenVolume() : { name: "configuration", configMap: { name: SIDECAR_CONFIG_MAP } },
    { name: "socket", emptyDir: { medium: "Memory", sizeLimit: "1Mi" } },
    { name: "state", emptyDir: {} },
  ];
}

/** What Kubernetes mounts into each container by itself where that is not turned off. */
function tokenVolume(): unknown {
  return {
    name: "token",
    projected: {
      defaultMode: 0o440,
      sources: [
        { serviceAccountToken: { path: "token", expirationSeconds: 3607 } },
        { configMap: { name: "kube-root-ca.crt", items: [{ key: "ca.crt", path: "ca.crt" }] } },
        { downwardAPI: { items: [{ path: "namespace", fieldRef: { fieldPath: "metadata.namespace" } }] } },
      ],
    },
  };
}
