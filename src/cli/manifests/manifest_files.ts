import { dumpYaml } from "../../watchers/mod.ts";
import { accessObjects } from "./access_objects.ts";
import { certManagerObjects } from "./cert_manager_objects.ts";
import { envoyObjects } from "./envoy_objects.ts";
import { type KubernetesObject, labelsOf } from "./kubernetes_object.ts";
import { SLUICE } from "./names.ts";
import { isNamespaced, type ManifestOptions, type Part } from "./options.ts";
import { sidecarObjects } from "./sidecar_objects.ts";
import { settingsObjects, sluiceObjects } from "./sluice_objects.ts";
import { webhookObjects } from "./webhook_objects.ts";

/**
 * Everything to run Sluice in Kubernetes but the CRDs, by the name of the file that it belongs in, in the order in which it
 * is to be applied. Files that would be empty are left out.
 */
export function manifestFiles(options: ManifestOptions): ReadonlyMap<string, readonly KubernetesObject[]> {
  const unless = (part: Part, objects: () => readonly KubernetesObject[]): readonly KubernetesObject[] =>
    options.without.includes(part) ? [] : objects();
  const { sidecar, proxies } = options;
  const inCluster = (objects: () => readonly KubernetesObject[]): readonly KubernetesObject[] =>
    sidecar === "files" ? [] : objects();
  const files: [string, readonly KubernetesObject[]][] = [
    ["namespace.yaml", unless("namespace", () => [namespaceObject(options)])],
    ["access.yaml", inCluster(() => accessObjects(options))],
    ["settings.yaml", inCluster(() => unless("settings", () => settingsObjects(options)))],
    ["certificates.yaml", options.certificates === "cert-manager" ? certManagerObjects(options) : []],
    ["sluice.yaml", sidecar ? [] : sluiceObjects(options)],
    ["sidecar.yaml", sidecar ? proxies.flatMap((proxy) => sidecarObjects(options, proxy)) : []],
    ["ingress_class.yaml", options.ingressClass && !isNamespaced(options) ? [ingressClass()] : []],
    ["envoy.yaml", sidecar ? [] : unless("envoy", () => proxies.flatMap((proxy) => envoyObjects(options, proxy)))],
    // Last: from here on writes of Gloo's kinds are asked about.
    ["webhook.yaml", webhookObjects(options)],
  ];
  return new Map(files.filter(([, objects]) => objects.length > 0));
}

/** Objects as one YAML file, a document each. */
export function yamlOf(objects: readonly unknown[]): string {
  return objects.map((object) => dumpYaml(object)).join("---\n");
}

function namespaceObject({ namespace }: ManifestOptions): KubernetesObject {
  return { apiVersion: "v1", kind: "Namespace", metadata: { name: namespace, labels: labelsOf(SLUICE, SLUICE) } };
}

function ingressClass(): KubernetesObject {
  return {
    apiVersion: "networking.k8s.io/v1",
    kind: "IngressClass",
    metadata: { name: SLUICE, labels: labelsOf(SLUICE, SLUICE) },
    spec: { controller: INGRESS_CONTROLLER },
  };
}

/** What an IngressClass names that is Sluice's. */
export const INGRESS_CONTROLLER = "sluice.dev/ingress";
