import { envoySecret } from "../../certificates/mod.ts";
import { dumpYaml } from "../../watchers/mod.ts";
import { ENVOY_CONFIG_DIR, ENVOY_TLS_DIR, envoyFiles, PROBE_PORT } from "./envoy_bootstrap.ts";
import { type KubernetesObject, labelsOf } from "./kubernetes_object.ts";
import { SIDECAR_SOCKET_DIR } from "./names.ts";
import type { ManifestOptions } from "./options.ts";
import { CONTAINER_SECURITY, disruptionBudget, fromPod, podSecurity, scraped, spread } from "./pod_parts.ts";

/** The user of the stock image. */
const USER = 101;

/** How long a pod that is to go goes on taking requests: load balancers hear of it meanwhile, connections are asked to end. */
export const DRAIN_SECONDS = 20;

/** The Envoys of a proxy: bootstrap, Deployment, PodDisruptionBudget and Service. */
export function envoyObjects(options: ManifestOptions, proxy: string): readonly KubernetesObject[] {
  const name = envoySecret(proxy);
  const labels = envoyLabels(proxy);
  return [
    envoyConfigMap(options, proxy),
    envoyService(options, proxy),
    deployment(options, name, labels),
    disruptionBudget(name, options.namespace, labels),
  ];
}

export const envoyLabels = (proxy: string): Readonly<Record<string, string>> => labelsOf("envoy", proxy);

/** The bootstrap of the Envoys of a proxy. */
export function envoyConfigMap(options: ManifestOptions, proxy: string): KubernetesObject {
  const { namespace } = options;
  const data = Object.fromEntries(
    Object.entries(envoyFiles(options, proxy)).map(([file, content]) => [file, dumpYaml(content)]),
  );
  return {
    apiVersion: "v1",
    kind: "ConfigMap",
    metadata: { name: envoySecret(proxy), namespace, labels: envoyLabels(proxy) },
    data,
  };
}

/** Where the Envoys of a proxy are reached. */
export function envoyService(options: ManifestOptions, proxy: string): KubernetesObject {
  const labels = envoyLabels(proxy);
  return {
    apiVersion: "v1",
    kind: "Service",
    metadata: { name: envoySecret(proxy), namespace: options.namespace, labels },
    spec: {
      type: options.envoyService,
      selector: labels,
      ports: [
        { name: "http", port: 80, targetPort: "http" },
        { name: "https", port: 443, targetPort: "https" },
      ],
    },
  };
}

function deployment(
  options: ManifestOptions,
  name: string,
  labels: Readonly<Record<string, string>>,
): KubernetesObject {
  const tls = options.certificates !== "none";
  return {
    apiVersion: "apps/v1",
    kind: "Deployment",
    metadata: { name, namespace: options.namespace, labels },
    spec: {
      replicas: options.envoyReplicas,
      selector: { matchLabels: labels },
      strategy: { type: "RollingUpdate", rollingUpdate: { maxUnavailable: 0, maxSurge: 1 } },
      template: {
        metadata: { labels, annotations: scraped(PROBE_PORT, "/metrics") },
        spec: {
          automountServiceAccountToken: false,
          enableServiceLinks: false,
          terminationGracePeriodSeconds: DRAIN_SECONDS + 15,
          securityContext: podSecurity(USER),
          topologySpreadConstraints: spread(labels),
          containers: [envoyContainer(options)],
          volumes: [
            { name: "config", configMap: { name } },
            ...(tls ? [{ name: "tls", secret: { secretName: name, defaultMode: 0o440 } }] : []),
          ],
        },
      },
    },
  };
}

/** The container of an Envoy, beside a Sluice in its pod or by itself. */
export function envoyContainer({ envoyImage, certificates, sidecar }: ManifestOptions): unknown {
  const tls = certificates !== "none";
  return {
    name: "envoy",
    image: envoyImage,
    command: ["envoy"],
    args: [
      "--config-path",
      `${ENVOY_CONFIG_DIR}/envoy.yaml`,
      // Each pod is a client of its own on Sluice's page /clients.
      "--service-node",
      "$(POD_NAME)",
      "--disable-hot-restart",
    ],
    env: [fromPod("POD_NAME", "metadata.name")],
    ports: [
      { name: "http", containerPort: 8080 },
      { name: "https", containerPort: 8443 },
      { name: "http-probes", containerPort: PROBE_PORT },
    ],
    // Envoy opens no port, this one neither, before it has its configuration. That may take as long as Sluice is away;
    // after ten minutes a new start does no harm.
    startupProbe: { ...probe("/ready"), periodSeconds: 1, failureThreshold: 600 },
    livenessProbe: { ...probe("/live"), periodSeconds: 10, timeoutSeconds: 5 },
    readinessProbe: { ...probe("/ready"), periodSeconds: 2, timeoutSeconds: 2 },
    lifecycle: { preStop: { exec: { command: ["/bin/bash", "-c", drainScript()] } } },
    resources: { requests: { cpu: "100m", memory: "128Mi" } },
    securityContext: CONTAINER_SECURITY,
    volumeMounts: [
      { name: "config", mountPath: ENVOY_CONFIG_DIR, readOnly: true },
      ...(tls ? [{ name: "tls", mountPath: ENVOY_TLS_DIR, readOnly: true }] : []),
      // A socket is connected to by writing to it, whether its folder may be written to or not.
      ...(sidecar ? [{ name: "socket", mountPath: SIDECAR_SOCKET_DIR, readOnly: true }] : []),
    ],
  };
}

const probe = (path: string): Readonly<Record<string, unknown>> => ({ httpGet: { path, port: "http-probes" } });

/**
 * Before an Envoy is stopped: it says that it is not ready, goes on serving, and asks its clients with each answer to close
 * their connections. The image has bash, but no program that speaks HTTP.
 */
export function drainScript(admin = "127.0.0.1/19000", seconds = DRAIN_SECONDS): string {
  return [
    `exec 3<>/dev/tcp/${admin}`,
    "printf '%s\\r\\n' 'POST /healthcheck/fail HTTP/1.1' 'host: envoy' 'connection: close' '' >&3",
    "cat <&3",
    `sleep ${seconds}`,
    "",
  ].join("\n");
}
