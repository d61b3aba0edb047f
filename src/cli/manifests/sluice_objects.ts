import { envoyName as certificateName } from "../../certificates/mod.ts";
import { type KubernetesObject, labelsOf } from "./kubernetes_object.ts";
import { ADMIN_PORT, SLUICE, WEBHOOK_PORT, XDS_PORT } from "./names.ts";
import { hasWebhook, type ManifestOptions } from "./options.ts";
import { CONTAINER_SECURITY, disruptionBudget, fromPod, podSecurity, scraped, spread } from "./pod_parts.ts";
import { SERVER_SECRET } from "./cert_manager_objects.ts";

const LABELS = labelsOf(SLUICE, SLUICE);
/** Where the volume of the state is mounted. */
export const STATE_DIR = "/var/lib/sluice";
const TLS_DIR = "/etc/sluice/tls";
const ROLES_DIR = "/etc/sluice/roles";
const ROLES_MAP = "sluice-xds-roles";
/** A user that no image has a file of. */
export const USER = 65532;

/** Sluice itself: Deployment, PodDisruptionBudget and Service, and with cert-manager the table of roles. */
export function sluiceObjects(options: ManifestOptions): readonly KubernetesObject[] {
  const { namespace, certificates } = options;
  return [
    ...(certificates === "cert-manager" ? [rolesMap(options)] : []),
    service(options),
    deployment(options),
    disruptionBudget(SLUICE, namespace, LABELS),
  ];
}

/** Settings that say what is not to be read as there is no right to; none where everything is. */
export function settingsObjects(options: ManifestOptions): readonly KubernetesObject[] {
  const { namespace, watchNamespaces, watchNamespaceSelectors, without } = options;
  const spec = {
    ...(watchNamespaces.length > 0 && { watchNamespaces: [...new Set([namespace, ...watchNamespaces])] }),
    ...(watchNamespaceSelectors.length > 0 && {
      watchNamespaceSelectors: watchNamespaceSelectors.map((matchLabels) => ({ matchLabels })),
    }),
    ...(without.includes("ingress") && { sluice: { ingress: { enabled: false } } }),
  };
  if (Object.keys(spec).length === 0) return [];
  return [{
    apiVersion: "gloo.solo.io/v1",
    kind: "Settings",
    metadata: { name: "default", namespace, labels: LABELS },
    spec,
  }];
}

/** The words after `sluice` in the Deployment. */
export function serveWords(options: ManifestOptions): readonly string[] {
  const words = [
    "serve",
    "--kubernetes",
    `--xds-address=0.0.0.0:${XDS_PORT}`,
    `--admin-address=0.0.0.0:${ADMIN_PORT}`,
    `--state-dir=${STATE_DIR}`,
    "--log-format=json",
  ];
  const webhook = hasWebhook(options) ? [`--webhook-address=0.0.0.0:${WEBHOOK_PORT}`] : [];
  switch (options.certificates) {
    case "own":
      return [...words, ...webhook, "--kube-certificates"];
    case "cert-manager":
      return [
        ...words,
        `--xds-tls-cert=${TLS_DIR}/tls.crt`,
        `--xds-tls-key=${TLS_DIR}/tls.key`,
        `--xds-client-ca=${TLS_DIR}/ca.crt`,
        `--xds-roles=${ROLES_DIR}/roles.json`,
        ...webhook,
        ...(webhook.length > 0
          ? [`--webhook-tls-cert=${TLS_DIR}/tls.crt`, `--webhook-tls-key=${TLS_DIR}/tls.key`]
          : []),
      ];
    case "none":
      return [...words, "--insecure-xds"];
  }
}

/** Which role the holder of each client certificate may have. */
function rolesMap({ namespace, proxies }: ManifestOptions): KubernetesObject {
  const roles = Object.fromEntries(
    proxies.map((proxy) => [certificateName(namespace, proxy), [`${namespace}~${proxy}`]]),
  );
  return {
    apiVersion: "v1",
    kind: "ConfigMap",
    metadata: { name: ROLES_MAP, namespace, labels: LABELS },
    data: { "roles.json": JSON.stringify(roles, null, 2) + "\n" },
  };
}

function service(options: ManifestOptions): KubernetesObject {
  return {
    apiVersion: "v1",
    kind: "Service",
    metadata: { name: SLUICE, namespace: options.namespace, labels: LABELS },
    spec: {
      selector: LABELS,
      ports: [
        { name: "grpc-xds", port: XDS_PORT, targetPort: "grpc-xds" },
        ...(hasWebhook(options) ? [{ name: "https-webhook", port: 443, targetPort: "https-webhook" }] : []),
      ],
    },
  };
}

function deployment(options: ManifestOptions): KubernetesObject {
  const { namespace, replicas } = options;
  return {
    apiVersion: "apps/v1",
    kind: "Deployment",
    metadata: { name: SLUICE, namespace, labels: LABELS },
    spec: {
      replicas,
      selector: { matchLabels: LABELS },
      strategy: { type: "RollingUpdate", rollingUpdate: { maxUnavailable: 0, maxSurge: 1 } },
      template: {
        metadata: { labels: LABELS, annotations: scraped(ADMIN_PORT, "/metrics") },
        spec: {
          serviceAccountName: SLUICE,
          enableServiceLinks: false,
          terminationGracePeriodSeconds: 30,
          securityContext: podSecurity(USER),
          topologySpreadConstraints: spread(LABELS),
          containers: [container(options)],
          volumes: volumes(options),
        },
      },
    },
  };
}

function container(options: ManifestOptions): unknown {
  return {
    name: SLUICE,
    image: options.image,
    command: ["sluice"],
    args: serveWords(options),
    env: [
      fromPod("POD_NAMESPACE", "metadata.namespace"),
      fromPod("POD_NAME", "metadata.name"),
      fromPod("POD_IP", "status.podIP"),
    ],
    ports: [
      { name: "grpc-xds", containerPort: XDS_PORT },
      { name: "http-admin", containerPort: ADMIN_PORT },
      ...(hasWebhook(options) ? [{ name: "https-webhook", containerPort: WEBHOOK_PORT }] : []),
    ],
    // What is ready serves something; what is alive works. An API server that is away makes neither false.
    startupProbe: { ...adminProbe("/healthz"), periodSeconds: 1, failureThreshold: 60 },
    livenessProbe: { ...adminProbe("/healthz"), periodSeconds: 10, timeoutSeconds: 5 },
    readinessProbe: { ...adminProbe("/readyz"), periodSeconds: 2, timeoutSeconds: 2 },
    resources: { requests: { cpu: "100m", memory: "256Mi" } },
    securityContext: CONTAINER_SECURITY,
    volumeMounts: volumes(options).map(({ name }) => ({ name, ...MOUNTS[name] })),
  };
}

/** A probe of one of the admin pages. */
export const adminProbe = (path: string): Readonly<Record<string, unknown>> => ({
  httpGet: { path, port: "http-admin" },
});

const MOUNTS: Readonly<Record<string, { readonly mountPath: string; readonly readOnly?: boolean }>> = {
  state: { mountPath: STATE_DIR },
  tls: { mountPath: TLS_DIR, readOnly: true },
  roles: { mountPath: ROLES_DIR, readOnly: true },
};

interface Volume {
  readonly name: string;
  readonly [source: string]: unknown;
}

function volumes({ certificates }: ManifestOptions): readonly Volume[] {
  return [
    { name: "state", emptyDir: {} },
    ...(certificates === "cert-manager"
      ? [
        { name: "tls", secret: { secretName: SERVER_SECRET, defaultMode: 0o440 } },
        { name: "roles", configMap: { name: ROLES_MAP } },
      ]
      : []),
  ];
}
